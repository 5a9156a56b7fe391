"""All probes of a testbed together: in which order they are asked once, which are asked for a part, what is stamped, and that all are closed."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from microdc.errors import UnreachableError
from microdc.health.model import Device, Fleet, Kind, Observation, Place, Sample
from microdc.health.operate import Monitor, narrowed

DEVICES = (
    Device(Kind.SERVER, "c1", "a", "r1"),
    Device(Kind.SWITCH, "sw1", "a", "r1"),
    Device(Kind.SHAPER, "wan1"),
    Device(Kind.PAIR, "a:b"),
    Device(Kind.NODE, "c1", "a", "r1"),
)
FLEET = Fleet((Place("a"), Place("b"), Place("c")), DEVICES)


@dataclass
class Probe:
    """Notes when it is asked."""

    kind: Kind
    asked: list[str]
    devices: tuple[str, ...] = ()
    interval: float = 60.0
    timeout: float = 20.0
    broken: bool = False
    hangs: threading.Event | None = None
    closed: list[str] = field(default_factory=list)

    def read(self) -> Iterable[Observation]:
        self.asked.append(self.devices[0])
        if self.broken:
            raise UnreachableError("no answer")
        return [Observation(key) for key in self.devices]

    def close(self) -> None:
        if self.hangs is not None:
            self.hangs.wait(20)
        self.closed.append(self.devices[0])


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def probes(asked: list[str]) -> list[Probe]:
    order = (Kind.PAIR, Kind.SWITCH, Kind.SHAPER, Kind.NODE, Kind.SERVER)
    return [Probe(kind, asked, tuple(one.key for one in DEVICES if one.kind is kind)) for kind in order]


@pytest.fixture
def monitor(probes: list[Probe]) -> Monitor:
    return Monitor(FLEET, probes)


def test_who_is_judged_by_what_others_tell_is_asked_after_them(monitor: Monitor, asked: list[str]) -> None:
    fleet, *samples = monitor.once(threading.Event())
    assert fleet == FLEET
    assert {one.device for one in samples if isinstance(one, Sample)} == {one.key for one in DEVICES}
    assert set(asked[:3]) == {"server/c1", "shaper/wan1", "node/c1"}
    assert set(asked[3:]) == {"switch/sw1", "pair/a:b"}


def test_one_that_fails_is_a_sample_like_others(monitor: Monitor, probes: list[Probe]) -> None:
    probes[-1].broken = True
    samples = [one for one in monitor.once(threading.Event()) if isinstance(one, Sample)]
    assert len(samples) == len(DEVICES)
    (troubled,) = [one for one in samples if one.trouble]
    assert (troubled.device, troubled.trouble and troubled.trouble.kind) == ("server/c1", "unreachable")


def test_for_a_pair_its_shapers_are_asked_and_not_shown(monitor: Monitor, asked: list[str]) -> None:
    part = narrowed(monitor, {"pair/a:b"})
    assert [site.name for site in part.fleet.sites] == ["a", "b"]
    samples = [one for one in part.once(threading.Event()) if isinstance(one, Sample)]
    assert asked == ["shaper/wan1", "pair/a:b"]
    assert [one.device for one in samples] == ["pair/a:b"]


def test_of_a_server_nobody_else_is_asked(monitor: Monitor, asked: list[str]) -> None:
    samples = list(narrowed(monitor, {"server/c1"}).once(threading.Event()))
    assert len(samples) == 2
    assert asked == ["server/c1"]


def test_it_runs_until_it_is_stopped(monitor: Monitor) -> None:
    stop = threading.Event()
    seen = set()
    for record in monitor.run(stop):
        if isinstance(record, Sample):
            seen.add(record.device)
        if len(seen) == len(DEVICES):
            stop.set()
    assert seen == {one.key for one in DEVICES}


def test_whatever_is_open_is_closed_and_one_that_hangs_holds_up_no_other(
    monitor: Monitor, probes: list[Probe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("microdc.health.operate.CLOSING", 0.05)
    probes[0].hangs = threading.Event()
    with monitor:
        pass
    assert [one.closed for one in probes[1:]] == [[one.devices[0]] for one in probes[1:]]
    assert not probes[0].closed
    probes[0].hangs.set()
