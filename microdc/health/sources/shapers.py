"""Shapers polled through their agents: what is laid and counted each time, what the kernel holds now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from microdc.agent.model import State
from microdc.health.model import Kind, Observation
from microdc.health.sources import judging_shapers as judging
from microdc.health.sources.intervals import Pace
from microdc.health.sources.laid import Laid
from microdc.testbed.model import Testbed
from microdc.testbed.shapers import Shaper, shapers
from microdc.wan.drift import Drifted, drift
from microdc.wan.operate import Wan, open_shaper
from microdc.wan.watch import Glance, Sample, Watcher, sample

_DRIFT_EVERY: Final = 12
"""Polls from one comparison with the kernel's qdiscs to the next: it reads all filters."""
_LEAST_WAIT = 2.0


class ShaperProbe:
    """One shaper; see `polling.Probe`. The conversation with its agent stays open from poll to poll."""

    kind = Kind.SHAPER

    def __init__(
        self,
        testbed: Testbed,
        shaper: Shaper,
        pace: Pace,
        laid: Laid,
        *,
        open_: Callable[[Testbed, Shaper], Wan] = open_shaper,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.devices = (f"{Kind.SHAPER}/{shaper.name}",)
        self.interval, self.timeout = pace.interval, pace.timeout
        self._testbed = testbed
        self._shaper = shaper
        self._laid = laid
        self._open = open_
        self._now = now
        self._lock = threading.Lock()
        self._wan: Wan | None = None
        self._watcher: Watcher | None = None
        self._before: Glance | None = None
        self._drifted: tuple[Drifted, ...] = ()
        self._polls = 0

    def read(self) -> Iterable[Observation]:
        """Raises UnreachableError, and InputError for an interface that does not fit."""
        with self._lock:
            try:
                return (self._read(),)
            except BaseException:
                with suppress(Exception):  # what was raised before is what is told
                    self._close()
                raise

    def close(self) -> None:
        """Ends the conversation; one that is going on ends with the process."""
        if self._lock.acquire(timeout=_LEAST_WAIT):
            try:
                self._close()
            finally:
                self._lock.release()

    def _read(self) -> Observation:
        if self._wan is None:
            self._wan = self._open(self._testbed, self._shaper)
            self._watcher = Watcher(self._wan, time.monotonic)
            self._watcher.choose()
            self._polls = 0
        elif self._polls % _DRIFT_EVERY == 0:
            self._wan.read()
        if self._polls % _DRIFT_EVERY == 0:
            self._drifted = tuple(drift(self._testbed, self._wan.situations, (), self._now()).differences)
        self._polls += 1
        state, samples = self._looked(self._wan)
        told = self._laid.hear(self._shaper.name, self._now(), state, samples)
        return Observation(
            self.devices[0],
            judging.reasons(state, self._drifted),
            judging.figures(state, self._drifted),
            judging.facts(self._shaper, told, self._drifted),
        )

    def _looked(self, wan: Wan) -> tuple[State, tuple[Sample, ...]]:
        """What is laid now, and what went through since the look before. A shaper whose ports carry no direction is read as it is."""
        watcher, before = self._watcher, self._before
        if watcher is None or not watcher.ports:
            wan.read()
            return wan.situations[self._shaper.name].state, ()
        self._before = after = watcher.look()
        samples = tuple(sample(place, before, after) for place in watcher.leaves) if before else ()
        return after.states[self._shaper.name], samples

    def _close(self) -> None:
        wan, self._wan, self._watcher, self._before = self._wan, None, None, None
        if wan is not None:
            wan.__exit__(None, None, None)


def shaper_probes(testbed: Testbed, pace: Pace, laid: Laid) -> list[ShaperProbe]:
    """A probe for each shaper of a testbed."""
    return [ShaperProbe(testbed, shaper, pace, laid) for shaper in shapers(testbed)]
