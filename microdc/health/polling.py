"""Probes asked again and again, each in its own time and in a thread of its own for each poll: samples as they come."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from microdc.health.model import Kind, Observation, Sample, Trouble
from microdc.health.pacing import Paces, Schedule
from microdc.health.troubles import own, trouble_of

_LOOK: Final = 0.25
"""Seconds after which it is looked whether polling is to end."""


class Probe(Protocol):
    """Tells of one device or of several. A device has one probe: whoever knows of it from two sides puts both into one.

    devices: their keys (`kind/name`), by which it tells of them. interval: seconds from the beginning of a poll to that of the next; timeout: after
    which a poll is given up.
    """

    @property
    def kind(self) -> Kind: ...
    @property
    def devices(self) -> tuple[str, ...]: ...
    @property
    def interval(self) -> float: ...
    @property
    def timeout(self) -> float: ...

    def read(self) -> Iterable[Observation]:
        """One poll: an observation for each device. Of a device that is left out nothing is told, and it goes stale.

        Called in a thread, never twice at once. What it raises is the trouble of all devices that it had not told of before.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Read:
    """What came of a poll. at: when it ended, Unix seconds; took: seconds."""

    number: int
    at: float
    took: float
    told: dict[str, Observation]
    trouble: Trouble | None


@dataclass(slots=True, eq=False)
class _Job:
    """A thread at work with a poll. given_up: it took too long, and nobody waits for it any more."""

    thread: threading.Thread
    given_up: threading.Event = field(default_factory=threading.Event)


class Poller:
    """Polls probes. Raises ValueError where a device has two probes, since two polls of one device could meet."""

    def __init__(self, probes: Sequence[Probe], paces: Paces | None = None) -> None:
        self._probes = tuple(probes)
        self._devices = [frozenset(one.devices) for one in probes]
        self._paces = paces or Paces()
        twice = [
            key for key, many in Counter(key for one in probes for key in one.devices).items() if many > 1
        ]
        if twice:
            raise ValueError(f"more than one probe for {', '.join(sorted(twice))}")
        self._ran = False
        self._jobs: dict[int, _Job] = {}
        self._told: queue.SimpleQueue[_Read] = queue.SimpleQueue()

    @property
    def at_work(self) -> int:
        """Polls whose threads live, those that were given up included: at most one of each probe."""
        return len(self._jobs)

    def run(self, stop: threading.Event, *, times: int | None = None) -> Iterator[Sample]:
        """Samples as they come, until `stop` is set, or until each probe was polled so many times.

        Nothing is polled while nobody takes the samples. At the end polls that are at work have a little time (`Paces.grace`) to come back, so
        that what they use can be closed after it.
        """
        if self._ran:
            raise RuntimeError("a poller runs once: polls of its first run may still be at work")
        self._ran = True
        schedule = Schedule(self._probes, self._paces, lambda: random.uniform(-1, 1), times)  # noqa: S311  spreads polls
        try:
            while not stop.is_set() and not schedule.done:
                for number in schedule.begin(time.monotonic()):
                    self._begin(number)
                wait = min(_LOOK, schedule.wake() - time.monotonic())
                for read in self._taken(wait):
                    yield from self._samples(schedule, read)
                for number, took, again in schedule.late(time.monotonic()):
                    if number in self._jobs:
                        self._jobs[number].given_up.set()
                    yield from self._late(number, took, again)
        finally:
            self._end()

    def _begin(self, number: int) -> None:
        probe = self._probes[number]
        job = _Job(threading.Thread(target=self._poll, args=(number,), name=_name(probe), daemon=True))
        self._jobs[number] = job
        try:
            job.thread.start()
        except RuntimeError as problem:  # the system has no more threads
            self._told.put(_Read(number, time.time(), 0.0, {}, own(problem, _name(probe))))

    def _poll(self, number: int) -> None:
        """In the thread."""
        probe, job = self._probes[number], self._jobs[number]
        told: dict[str, Observation] = {}
        trouble, began = None, time.monotonic()
        try:
            for one in _observations(probe, self._devices[number]):
                told[one.device] = one
                if job.given_up.is_set():
                    break  # also out of one that never ends
        except BaseException as problem:  # noqa: BLE001  none may end the others' polls; a panic of Rust is no Exception
            trouble = trouble_of(problem, _name(probe))
        self._told.put(_Read(number, time.time(), time.monotonic() - began, told, trouble))

    def _taken(self, wait: float) -> Iterator[_Read]:
        """All polls that came back, waited for at most so long."""
        try:
            read = self._told.get(timeout=max(0.0, wait)) if wait > 0 else self._told.get_nowait()
            while True:
                self._jobs.pop(read.number)
                yield read
                read = self._told.get_nowait()
        except queue.Empty:
            return

    def _samples(self, schedule: Schedule, read: _Read) -> Iterator[Sample]:
        again = schedule.over(read.number, time.monotonic(), told=bool(read.told) or read.trouble is None)
        if again is None:
            return  # it was told as late, and what it says now is of a moment that is past
        for key in self._probes[read.number].devices:
            one = read.told.get(key)
            if one is not None:
                yield _sample(read, again, one)
            elif read.trouble is not None:
                yield Sample(key, read.at, read.took, again, read.trouble)

    def _late(self, number: int, took: float, again: float) -> Iterator[Sample]:
        probe, at = self._probes[number], time.time()
        trouble = Trouble(
            "late",
            f"no answer after {took:.3g} s",
            hint="it is not asked again until the poll that hangs is over",
        )
        for key in probe.devices:
            yield Sample(key, at, took, again, trouble)

    def _end(self) -> None:
        until = time.monotonic() + self._paces.grace
        for job in self._jobs.values():
            if job.thread.is_alive() and not job.given_up.is_set():
                job.thread.join(max(0.0, until - time.monotonic()))


def _observations(probe: Probe, devices: Collection[str]) -> Iterator[Observation]:
    for one in probe.read():
        if one.device not in devices:
            raise LookupError(f"it tells of {one.device!r}, which is none of its devices")
        yield one


def _sample(read: _Read, again: float, one: Observation) -> Sample:
    return Sample(
        one.device, read.at, read.took, again, None, one.reasons, one.figures, one.facts, one.maintenance
    )


def _name(probe: Probe) -> str:
    """By which a probe is known: its only device, or its kind."""
    return f"probe of {probe.devices[0] if len(probe.devices) == 1 else f'{probe.kind}s'}"
