"""Round trips between the sites' probes, a few packets of each pair in turn: what the WAN does, beside what it is asked to do."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Final

from microdc.errors import MicrodcError
from microdc.health.sources.intervals import Pace
from microdc.health.sources.judging_pairs import Trip, strays
from microdc.health.troubles import own
from microdc.host.address import address_of
from microdc.host.model import Host
from microdc.host.operate import connect
from microdc.measure.fping import round_trips
from microdc.measure.irtt import End
from microdc.measure.programs import Programs
from microdc.testbed.model import Site, Testbed

AT_ONCE: Final = 2
"""Pairs that are measured at the same time: packets of many would meet in one queue, and be their own trouble."""
_PACKETS: Final = 5
_APART: Final = 200_000_000
"""Ns from packet to packet."""
_LONGEST: Final = 3_000_000_000
"""Ns that an answer may take."""
_LOOK: Final = 1.0
_TURNS: Final = 3.0
"""Turns of a pair, after which what was measured last says nothing of now."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was measured. at: when it was over, and took: how long it took, in seconds of a clock that is never set."""

    trip: Trip
    at: float
    took: float


class RoundTrips:
    """Measures pairs over and over, each once in an interval, from threads of its own. `newest` is what was found last.

    A pair of which something else is asked than when it was measured comes first. now: Unix time; clock: seconds, never set back.
    """

    def __init__(
        self,
        testbed: Testbed,
        names: Sequence[str],
        pace: Pace,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._testbed = testbed
        self._names = [name for name in names if _measurable(testbed, name)]
        self._interval = pace.interval
        self._asked: Mapping[str, float | None] = {}
        self._now = now
        self._clock = clock
        self._found: dict[str, _Found] = {}
        self._round = 0.0
        self._busy: set[str] = set()
        self._order = deque(self._names)
        self._hosts: dict[str, Host] = {}
        self._lock = threading.Lock()
        self._programs = Programs()

    @property
    def names(self) -> Sequence[str]:
        """The pairs that can be measured: both sites declare a `probe` and its address."""
        return self._names

    def ask(self, asked: Mapping[str, float | None]) -> None:
        """By name, the round trip in seconds that is laid on each pair which has a way, None where none is; only these are measured."""
        self._asked = asked

    def newest(self, name: str) -> Trip | None:
        """What was found last of a pair, unless it had three turns since: an interval each, or as long as it takes to measure all pairs."""
        found = self._found.get(name)
        if found is None or self._clock() - found.at > _TURNS * max(self._interval, self._round):
            return None
        return found.trip

    def start(self, stop: threading.Event) -> None:
        """Begins; ends with `stop`. Nothing is begun where no pair can be measured."""
        for number in range(min(AT_ONCE, len(self._names))):
            threading.Thread(
                target=self._work, args=(stop,), name=f"round-trips-{number}", daemon=True
            ).start()

    def close(self) -> None:
        """Ends what runs at the probes and lets go of them."""
        self._programs.close()
        with self._lock:
            hosts = list(self._hosts.values())
            self._hosts.clear()
        for host in hosts:
            with suppress(Exception):  # it ends with the process, if not now
                host.close()

    def _work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            asked = self._asked
            name = self._next(asked)
            if name is None:
                stop.wait(_LOOK)
                continue
            began = self._clock()
            try:
                trip = self._sure(name, asked.get(name))
            except BaseException as problem:  # noqa: BLE001  the other pairs are measured on, whatever it is
                self._forget(*self._ends(name))
                trip = Trip(self._now(), asked=asked.get(name), problem=own(problem, name).what)
            self._keep(name, trip, began)

    def _keep(self, name: str, trip: Trip, began: float) -> None:
        """What was found of a pair; its turn is over."""
        at = self._clock()
        with self._lock:
            self._found[name] = _Found(trip, at, at - began)
            self._round = sum(one.took for one in self._found.values()) / AT_ONCE
            self._busy.discard(name)

    def _next(self, asked: Mapping[str, float | None]) -> str | None:
        """The pair whose turn it is. Of one without a way nothing is measured: no packet would come back."""
        with self._lock:
            due = [name for name in self._order if name not in self._busy and self._due(name, asked)]
            due.sort(key=lambda name: name in self._found and not self._changed(name, asked))
            if not due:
                return None
            self._busy.add(due[0])
            self._order.remove(due[0])
            self._order.append(due[0])
            return due[0]

    def _due(self, name: str, asked: Mapping[str, float | None]) -> bool:
        if name not in asked:
            return False
        found = self._found.get(name)
        return found is None or self._changed(name, asked) or self._clock() - found.at >= self._interval

    def _changed(self, name: str, asked: Mapping[str, float | None]) -> bool:
        found = self._found.get(name)
        return found is not None and found.trip.asked != asked.get(name)

    def _sure(self, name: str, asked: float | None) -> Trip:
        """One that strays is measured once more, and the nearer one counts: at a busy machine all packets of a moment are late."""
        found = self.measure(name, asked)
        if asked is None or found.rtt is None or not strays(found, asked):
            return found
        again = self.measure(name, asked)
        if again.rtt is None:
            return found
        nearer = abs(again.rtt - asked) < abs(found.rtt - asked)
        return again if nearer or not strays(again, asked) else found

    def measure(self, name: str, asked: float | None = None) -> Trip:
        """Round trips of a pair now, from its first site; what hinders is told. What is raised is a mistake of ours."""
        a, b = self._ends(name)
        try:
            here, there = (End(self._host(site), site.probe_ip) for site in (a, b))
            longest = _LONGEST + round((asked or 0.0) * 1e9)
            found = round_trips(self._programs, here, there, interval=_APART, count=_PACKETS, longest=longest)
        except MicrodcError as problem:
            self._forget(a, b)
            return Trip(self._now(), asked=asked, problem=str(problem))
        back = [one for one in found.round_trips if one is not None]
        lost = 1 - len(back) / len(found.round_trips) if found.round_trips else 1.0
        if not back:
            return Trip(self._now(), None, lost, asked)
        return Trip(self._now(), median(back) / 1e9, lost, asked, least=min(back) / 1e9)

    def _ends(self, name: str) -> Sequence[Site]:
        return [self._testbed.sites[site] for site in name.split(":", 1)]

    def _host(self, site: Site) -> Host:
        """A site's probe, kept open. Two threads may open it at the same time: one of both is kept."""
        with self._lock:
            known = self._hosts.get(site.name)
        if known is not None:
            return known
        assert site.probe_reach is not None  # `_measurable` saw to it
        opened = connect(address_of(site.probe_reach)).__enter__()
        with self._lock:
            kept = self._hosts.setdefault(site.name, opened)
        if kept is not opened:
            opened.close()
        return kept

    def _forget(self, *sites: Site) -> None:
        for site in sites:
            with self._lock:
                host = self._hosts.pop(site.name, None)
            if host is not None:
                with suppress(Exception):  # it is let go of because it failed
                    host.close()


def _measurable(testbed: Testbed, name: str) -> bool:
    return all(
        testbed.sites[site].probe_reach and testbed.sites[site].probe_ip for site in name.split(":", 1)
    )
