"""Fleets, samples and strategies of them for the tests of health."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from microdc.health.model import Device, DeviceHealth, Fleet, Kind, Place, Reason, Sample, State, Trouble

INTERVAL = 10.0
SERVER, SWITCH = Device(Kind.SERVER, "bcn-c1", "barcelona"), Device(Kind.SWITCH, "bcn-sw1", "barcelona")
NODE = Device(Kind.NODE, "bcn-c1", "barcelona")
OTHER = Device(Kind.SERVER, "par-c1", "paris")
PAIR = Device(Kind.PAIR, "barcelona:paris")
SHAPER = Device(Kind.SHAPER, "wan1")
FLEET = Fleet(
    (Place("barcelona"), Place("paris")), (SERVER, SWITCH, NODE, OTHER, PAIR, SHAPER), "an inventory"
)

HOT = Reason("degraded", "34 °C, upper critical 30 °C", "inlet")
DEAD = Reason("down", "no power supply feeds it")
NOTE = Reason("info", "it is off")
SILENT = Trouble("unreachable", "no answer", "10.0.0.1")


def good(at: float, device: Device = SERVER, **more: float) -> Sample:
    return Sample(device.key, at, next=INTERVAL, figures=more)


def bad(at: float, *reasons: Reason, device: Device = SERVER) -> Sample:
    return Sample(device.key, at, next=INTERVAL, reasons=reasons or (HOT,))


def silent(at: float, trouble: Trouble = SILENT, device: Device = SERVER, again: float = INTERVAL) -> Sample:
    return Sample(device.key, at, next=again, trouble=trouble)


def kept(at: float, why: str = "new fans", *reasons: Reason) -> Sample:
    return Sample(SERVER.key, at, next=INTERVAL, reasons=reasons, maintenance=why)


def health(
    device: Device, state: State, *reasons: Reason, at: float | None = 0.0, **more: float
) -> DeviceHealth:
    return DeviceHealth(device, state, 0.0, at, reasons=reasons, figures=more)


# Names as the world has them: also control characters, half of a surrogate pair, words written from right to left.
NAMES = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["\u202egro", "a\nb", "\x1b[31m", "\x00", "🗼 Paris", "[bold]"]
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)
TIMES = st.floats(0, 253_402_300_799)
"""Of the years 1970 to 9999."""
SPANS = st.floats(0, 1e9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
REASONS = st.builds(Reason, st.sampled_from(["info", "degraded", "down"]), NAMES, NAMES)
TROUBLES = st.builds(
    Trouble, st.sampled_from(["unreachable", "refused", "late", "fault", "own"]), NAMES, NAMES, NAMES
)
SAMPLES = st.builds(
    Sample,
    device=NAMES,
    at=TIMES,
    took=SPANS,
    next=SPANS,
    trouble=st.none() | TROUBLES,
    reasons=st.lists(REASONS, max_size=3).map(tuple),
    figures=st.dictionaries(NAMES, NUMBERS, max_size=4),
    facts=st.dictionaries(NAMES, JSON, max_size=3),
    maintenance=NAMES,
)
DEVICES = st.builds(
    Device,
    kind=st.sampled_from(Kind),
    name=NAMES,
    site=NAMES,
    rack=NAMES,
    unit=st.none() | st.integers(1, 60),
    height=st.integers(1, 10),
    role=NAMES,
    labels=st.dictionaries(NAMES, NAMES, max_size=3),
)
PLACES = st.builds(
    Place,
    name=NAMES,
    title=NAMES,
    at=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    racks=st.dictionaries(NAMES, st.integers(0, 60), max_size=3),
)
FLEETS = st.builds(
    Fleet,
    sites=st.lists(PLACES, max_size=3).map(tuple),
    devices=st.lists(DEVICES, max_size=5).map(tuple),
    origin=NAMES,
    problems=st.lists(NAMES, max_size=2).map(tuple),
)


def course(letters: str, device: Device = SERVER) -> Sequence[Sample]:
    """Samples, one an interval: . good, d degraded, D down, x no answer, o a mistake of the program, r refused, m maintenance."""
    made = {
        ".": lambda at: good(at, device),
        "d": lambda at: bad(at, HOT, device=device),
        "D": lambda at: bad(at, DEAD, device=device),
        "x": lambda at: silent(at, device=device),
        "o": lambda at: silent(at, Trouble("own", "KeyError: 'a'", "probe"), device),
        "r": lambda at: silent(at, Trouble("refused", "login refused"), device),
        "m": lambda at: Sample(device.key, at, next=INTERVAL, maintenance="new fans"),
    }
    return [made[letter](INTERVAL * number) for number, letter in enumerate(letters)]
