"""What was measured of the bare path between two sites, whether it still holds, and targets set on top of it. Pure.

A calibration hangs on the machines and lines that it went over. Each pair has a fingerprint of those, aspect by aspect,
so that a calibration that no longer holds also says why; profiles and overlays are no part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from microdc.errors import InputError
from microdc.measure.verdict import format_ns
from microdc.store.model import Calibration
from microdc.testbed.model import Reach, Testbed
from microdc.testbed.shapers import Shaper, directions, shapers
from microdc.units import Delay, Rate, format_rate
from microdc.wan.floor import NOISE, Floor, deviation
from microdc.wan.model import Asked, Direction

Calibrations = Mapping[tuple[str, str], Calibration]
"""The latest of each direction, by (source, target), as the store gives them."""

_DIGITS = 8
_WORDS = {
    "shapers": "what shapes this pair, or how it is reached, has changed",
    "networks": "the data networks of its sites have changed",
    "mtu": "the MTU of its sites has changed",
    "probes": "the probes of its sites have changed",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a pair is calibrated. at: Unix time of the measurement, host: the machine that measured; why: if it does not hold.

    "calibrated": both directions are. "stale": at least one was, and no longer holds.
    """

    state: Literal["calibrated", "stale", "uncalibrated"]
    at: float = 0.0
    host: str = ""
    why: str = ""


def fingerprint(testbed: Testbed, a: str, b: str) -> str:
    """Of what the measurements between two sites hang on: a short hash of each aspect. The same for both directions."""
    return " ".join(f"{aspect}={_digest(value)}" for aspect, value in _aspects(testbed, a, b).items())


def _aspects(testbed: Testbed, a: str, b: str) -> dict[str, object]:
    sites = [testbed.sites[name] for name in sorted((a, b))]
    between = [shaper for shaper in shapers(testbed) if _carries(testbed, shaper, {(a, b), (b, a)})]
    return {
        "shapers": [(s.name, _place(s.reach), _ports(testbed, s, {a, b})) for s in between],
        "networks": [[str(network) for network in site.data_networks] for site in sites],
        "mtu": [site.mtu for site in sites],
        "probes": [(_place(site.probe_reach), site.probe_ip) for site in sites],
    }


def _carries(testbed: Testbed, shaper: Shaper, wanted: set[tuple[str, str]]) -> bool:
    return any(not wanted.isdisjoint(directions(testbed, port)) for port in shaper.ports)


def _ports(testbed: Testbed, shaper: Shaper, names: set[str]) -> list[tuple[str, ...]]:
    """The shaper's ports between the sites; of an emulator both, since what comes in by one leaves by the other."""
    wanted = [port for port in shaper.ports if port.site in names and directions(testbed, port)]
    return sorted((port.interface, port.site, port.side) for port in wanted)


def _place(reach: Reach | None) -> tuple[object, ...]:
    """Where a host is; whose key opens it does not matter."""
    return () if reach is None else (reach.host, reach.via, _place(reach.jump))


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:_DIGITS]


def stale(testbed: Testbed, calibrations: Calibrations, here: str = "") -> dict[Direction, str]:
    """The calibrated directions of which what was measured no longer holds, and why.

    here: the name of the machine that asks; a measurement of a path on the measuring machine itself does not hold on
    another ("": not looked at).
    """
    found = {}
    for (source, target), calibration in calibrations.items():
        why = _why_stale(testbed, calibration, here)
        if why:
            found[Direction(source, target)] = why
    return found


def _why_stale(testbed: Testbed, calibration: Calibration, here: str) -> str:
    a, b = calibration.measured.source, calibration.measured.target
    gone = [name for name in (a, b) if name not in testbed.sites]
    if gone:
        return f"there is no site {gone[0]!r} any more"
    then, now = calibration.fingerprint, fingerprint(testbed, a, b)
    if then != now:
        changed = [part.partition("=")[0] for part in now.split() if part not in then.split()]
        return "; ".join(_WORDS[aspect] for aspect in changed) or "the inventory has changed"
    if here and calibration.host != here and _on_this_machine(testbed, a, b):
        return f"it was measured on {calibration.host}, and this pair is emulated on the machine itself"
    return ""


def _on_this_machine(testbed: Testbed, a: str, b: str) -> bool:
    between = [shaper for shaper in shapers(testbed) if _carries(testbed, shaper, {(a, b), (b, a)})]
    probes = [site.probe for site in (testbed.sites[a], testbed.sites[b])]
    return any(not host.startswith("ssh:") for host in [*(s.reach.host for s in between), *probes])


def floors(testbed: Testbed, calibrations: Calibrations, here: str = "") -> dict[Direction, Floor]:
    """What each direction has of itself, where that was measured and still holds. here: as for `stale`."""
    old = stale(testbed, calibrations, here)
    return {
        direction: floor_of(calibration)
        for ends, calibration in calibrations.items()
        if (direction := Direction(*ends)) not in old
    }


def floor_of(calibration: Calibration) -> Floor:
    """A calibration as what lies below the emulation."""
    measured = calibration.measured
    rate = None if measured.rate is None else Rate(measured.rate)
    return Floor(Delay(measured.delay), Delay(measured.jitter), rate, calibration.at.timestamp())


def standing(testbed: Testbed, calibrations: Calibrations, a: str, b: str, here: str = "") -> Standing:
    """Whether the pair is calibrated. here: as for `stale`."""
    known = [calibrations[ends] for ends in ((a, b), (b, a)) if ends in calibrations]
    if not known:
        return Standing("uncalibrated")
    oldest = min(known, key=lambda calibration: calibration.at)
    why = next((words for one in known if (words := _why_stale(testbed, one, here))), "")
    if len(known) < 2:
        why = why or "only one of its directions was measured"
    return Standing("stale" if why else "calibrated", oldest.at.timestamp(), oldest.host, why)


def on_floor(values: Mapping[Direction, Asked], floors: Mapping[Direction, Floor]) -> dict[Direction, Asked]:
    """The same targets, each with what its direction has of itself, which is then not emulated once more.

    Raises InputError with all targets of delay or jitter that lie below that. What asks no delay gets none on top.
    """
    too_low = [words for d, asked in values.items() if d in floors for words in _below(d, asked, floors[d])]
    if too_low:
        hint = "nothing can take delay away: ask for as much as the underlay has, or for none at all"
        raise InputError("; ".join(too_low), hint=hint)
    return {direction: replace(asked, floor=floors.get(direction)) for direction, asked in values.items()}


def _below(direction: Direction, asked: Asked, floor: Floor) -> Iterator[str]:
    """What is asked of a direction and cannot be had, in words. By less than noise nothing is below anything."""
    owd, jitter = asked.impairment.owd, round(deviation(asked.impairment))
    if owd and owd < floor.delay - NOISE:
        yield f"{direction} is asked to have {format_ns(owd)}, the underlay alone has {format_ns(floor.delay)}"
    if jitter and jitter < floor.jitter - NOISE:
        has = format_ns(floor.jitter)
        yield f"{direction} is asked to have {format_ns(jitter)} of jitter, the underlay alone has {has}"


def warnings(values: Mapping[Direction, Asked]) -> tuple[str, ...]:
    """What is asked and will not be reached, although nothing is wrong with it: rates that the underlay did not carry."""
    return tuple(
        f"{direction} is asked to carry {format_rate(rate)}, the underlay alone carried {_short(floor.rate)}"
        for direction, asked in values.items()
        if (rate := asked.impairment.rate) is not None
        and (floor := asked.floor) is not None
        and floor.rate is not None
        and rate > floor.rate
    )


def _short(rate: int) -> str:
    return format_rate(round(rate, 3 - len(str(rate))))  # three digits
