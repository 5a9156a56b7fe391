"""The hand-over from the world's threads to the UI's tick: bounded whatever comes, and what it dropped is counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from microdc.health.model import Fleet, Sample
from microdc.health.stream import Record

SAMPLES_A_DEVICE = 4
"""Kept of one device between two ticks: enough for a poll that comes early, not for a flood."""
DEVICES = 20_000
LINES = 200
"""Lines of narration kept between two ticks: more nobody reads."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came since the last one. records: in the order in which they came, for each device. lines: (when, what). lost_*: how many were not kept."""

    records: tuple[Record, ...] = ()
    lines: tuple[tuple[float, str], ...] = ()
    lost_samples: int = 0
    lost_lines: int = 0


class Feed:
    """put and say are called by any thread and never wait for the UI; take is the UI's. wake: called when something came after nothing had."""

    def __init__(self, clock: Callable[[], float], wake: Callable[[], None]) -> None:
        self._clock = clock
        self._wake = wake
        self._lock = Lock()
        self._fleet: Fleet | None = None
        self._samples: dict[str, deque[Sample]] = {}
        self._lines: deque[tuple[float, str]] = deque(maxlen=LINES)
        self._lost_samples = 0
        self._lost_lines = 0

    @property
    def waiting(self) -> int:
        """Samples that wait for the next tick."""
        with self._lock:
            return sum(map(len, self._samples.values()))

    def put(self, records: Sequence[Record]) -> None:
        """Keeps the newest samples of each device, and the last fleet."""
        with self._lock:
            empty = not self._samples and self._fleet is None
            for record in records:
                if isinstance(record, Fleet):
                    self._fleet = record
                    self._samples.clear()  # they spoke of the fleet before
                else:
                    self._keep(record)
        if empty and records:
            self._wake()

    def say(self, text: str) -> None:
        """Keeps the newest lines."""
        with self._lock:
            self._lost_lines += len(self._lines) == LINES
            self._lines.append((self._clock(), text))

    def take(self) -> Batch:
        """All that waits; the feed is empty afterwards."""
        with self._lock:
            fleet: tuple[Record, ...] = () if self._fleet is None else (self._fleet,)
            samples = tuple(sample for kept in self._samples.values() for sample in kept)
            batch = Batch((*fleet, *samples), tuple(self._lines), self._lost_samples, self._lost_lines)
            self._fleet, self._lost_samples, self._lost_lines = None, 0, 0
            self._samples.clear()
            self._lines.clear()
            return batch

    def _keep(self, sample: Sample) -> None:
        kept = self._samples.get(sample.device)
        if kept is None:
            if len(self._samples) >= DEVICES:
                self._lost_samples += 1
                return
            kept = self._samples[sample.device] = deque(maxlen=SAMPLES_A_DEVICE)
        self._lost_samples += len(kept) == SAMPLES_A_DEVICE
        kept.append(sample)
