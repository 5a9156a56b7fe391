"""All that is watched of a testbed, polled: the records that screens, exporter and command line are fed with. All that others call."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Final, Protocol, Self, runtime_checkable

from microdc.bmc.model import Limits
from microdc.deploy.operate import Deployment, open_deployment
from microdc.errors import MicrodcError
from microdc.health.fleet import fleet_of, fleet_with
from microdc.health.inventory import Inventory
from microdc.health.model import Device, Fleet, Kind
from microdc.health.polling import Poller, Probe
from microdc.health.sources.intervals import Intervals
from microdc.health.sources.laid import Laid
from microdc.health.sources.nodes import NodesProbe
from microdc.health.sources.pairs import PairsProbe, pair_name, pairs_of
from microdc.health.sources.roundtrips import RoundTrips
from microdc.health.sources.servers import LIMITS, Powers, server_probes
from microdc.health.sources.shapers import shaper_probes
from microdc.health.sources.switches import switch_probes
from microdc.health.sources.unpolled import Unpolled, told
from microdc.health.sources.windows import Calendar
from microdc.health.stream import Record
from microdc.store.pages import Book
from microdc.testbed.model import Testbed

CLOSING: Final = 5.0
"""Seconds that all BMCs together have to end our sessions. One that takes longer has its session ended by whoever comes next."""
_PATIENCE: Final = 1.0
"""Seconds that the store has to say what is under maintenance, before polling begins without knowing."""
_FIRST: Final = frozenset({Kind.SERVER, Kind.SHAPER, Kind.NODE})
"""What is polled first where each is polled once: the others are judged by what these tell."""


@runtime_checkable
class _Closed(Protocol):
    """A probe that keeps something open from poll to poll."""

    def close(self) -> None: ...


@dataclass(slots=True)
class Monitor:
    """What is watched, and who asks it. A context manager: at its end all sessions are logged out of. Its records are taken by one thread."""

    fleet: Fleet
    probes: Sequence[Probe]
    calendar: Calendar | None = None
    trips: RoundTrips | None = None
    intervals: Intervals = field(default_factory=Intervals)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def run(self, stop: threading.Event) -> Generator[Record, None, None]:
        """The fleet, then samples as they come, until `stop` is set or the iterator is closed."""
        yield self.fleet
        ending = threading.Event()  # also where the iterator is closed, and `stop` is somebody else's
        try:
            self._look(ending)
            if self.trips is not None:
                self.trips.start(ending)
            yield from self._stamped(self.probes, stop)
        finally:
            ending.set()

    def once(self, stop: threading.Event) -> Iterator[Record]:
        """The fleet, then a sample of each device that could be asked. No rates, no flaps and no cables are in it, which take a second look."""
        yield self.fleet
        first = [probe for probe in self.probes if probe.kind in _FIRST]
        then = [probe for probe in self.probes if probe.kind not in _FIRST]
        ending = threading.Event()
        try:
            self._look(ending)
            yield from self._stamped(first, stop, times=1)
            yield from self._stamped(then, stop, times=1)
        finally:
            ending.set()

    def close(self) -> None:
        """Logs out everywhere, side by side; never raises."""
        closing = [
            threading.Thread(target=_closed, args=(one,), daemon=True)
            for one in self.probes
            if isinstance(one, _Closed)
        ]
        for thread in closing:
            thread.start()
        if self.trips is not None:
            self.trips.close()
        until = time.monotonic() + CLOSING
        for thread in closing:
            thread.join(max(0.0, until - time.monotonic()))

    def _look(self, ending: threading.Event) -> None:
        """What is under maintenance, from now on until the end. What is polled first is to know of it, unless the store hangs."""
        if self.calendar is not None:
            self.calendar.start(self.intervals.store.interval, ending, patience=_PATIENCE)

    def _stamped(
        self, probes: Sequence[Probe], stop: threading.Event, times: int | None = None
    ) -> Iterator[Record]:
        known = {device.key: device for device in self.fleet.devices}
        for sample in Poller(probes).run(stop, times=times):
            device = known.get(sample.device)
            if device is not None:
                yield self.calendar.stamped(sample, device) if self.calendar else sample


def _closed(probe: _Closed) -> None:
    with suppress(Exception):
        probe.close()


def open_monitor(
    inventory: Inventory,
    *,
    book: Book | None = None,
    intervals: Intervals | None = None,
    limits: Limits = LIMITS,
    origin: str = "",
    problems: Iterable[str] = (),
) -> Monitor:
    """Whatever of an inventory can be watched; what cannot is told in `fleet.problems`. Nothing is connected to yet.

    book: the store of nodes and leases; without one there are no nodes and no maintenance. limits: of BMCs. origin: where the inventory is, for
    people.
    """
    intervals = intervals or Intervals()
    said = [*(str(problem) for problem in inventory.problems), *problems]
    testbed = inventory.testbed
    if testbed is None:
        return Monitor(fleet_of(None, origin=origin, problems=said), (), intervals=intervals)
    deployment = _deployment(testbed, book, said)
    names = [] if deployment is None else list(deployment.declared)
    probes, trips, left = _probes(testbed, inventory, intervals, limits)
    if deployment is not None and names:
        probes.append(NodesProbe(deployment, intervals.nodes))
    fleet = fleet_of(
        testbed,
        atlas=inventory.library.atlas,
        nodes=names,
        origin=origin,
        problems=[*said, *told(left)],
    )
    calendar = Calendar(book.store, testbed.name) if book is not None else None
    return Monitor(_once_each(fleet), _first_of_each(probes), calendar, trips, intervals)


def _deployment(testbed: Testbed, book: Book | None, said: list[str]) -> Deployment | None:
    """The nodes; what keeps a server from being one is told."""
    if book is None:
        return None
    try:
        deployment = open_deployment(testbed, book)
    except MicrodcError as problem:
        said.append(f"nodes are not watched: {problem}")
        return None
    said.extend(f"{name} is no node: {why}" for name, why in deployment.without.items())
    return deployment


def _probes(
    testbed: Testbed, inventory: Inventory, intervals: Intervals, limits: Limits
) -> tuple[list[Probe], RoundTrips, list[Unpolled]]:
    powers, laid = Powers(), Laid()
    servers, dumb = server_probes(testbed, intervals.servers, powers, limits)
    switches, silent = switch_probes(testbed, intervals.switches, powers)
    shapers = shaper_probes(testbed, intervals.shapers, laid)
    trips = RoundTrips(testbed, [pair_name(pair) for pair in pairs_of(testbed)], intervals.trips)
    pairs = PairsProbe(testbed, inventory.library, intervals.pairs, laid, trips)
    probes: list[Probe] = [*servers, *switches, *shapers]
    return [*probes, *([pairs] if pairs.devices else [])], trips, [*dumb, *silent]


def _once_each(fleet: Fleet) -> Fleet:
    """Without devices that bear the name of an earlier one: documents with mistakes may have them, and a problem tells of it."""
    devices: dict[str, Device] = {}
    for device in fleet.devices:
        devices.setdefault(device.key, device)
    return replace(fleet, devices=tuple(devices.values()))


def _first_of_each(probes: Iterable[Probe]) -> list[Probe]:
    known: set[str] = set()
    found: list[Probe] = []
    for probe in probes:
        if known.isdisjoint(probe.devices):
            found.append(probe)
        known.update(probe.devices)
    return found


def narrowed(monitor: Monitor, devices: Collection[str]) -> Monitor:
    """The same for these devices only, by their keys; where pairs are among them, those who shape the WAN are asked as well, unseen."""
    wan = any(key.startswith(f"{Kind.PAIR}/") for key in devices)
    probes = [
        probe
        for probe in monitor.probes
        if not set(devices).isdisjoint(probe.devices) or (wan and probe.kind is Kind.SHAPER)
    ]
    fleet = fleet_with(monitor.fleet, devices)
    return replace(monitor, fleet=fleet, probes=probes, trips=monitor.trips if wan else None)
