"""The board that scrapes read, and the hub that readers of records are fed from: by a thread of its own, so that nobody ever waits for a device."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol, Self

from microdc.health.board import Board
from microdc.health.exporter.sharing import Hub
from microdc.health.model import DeviceHealth, Fleet, Sample, SiteHealth
from microdc.health.reducing import reduce
from microdc.health.stream import Record


class Source(Protocol):
    """What gives records: a monitor of a testbed, or the demo."""

    def run(self, stop: threading.Event) -> Generator[Record, None, None]: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known at one moment, for one scrape. polls, seconds: by kind of device; troubles: by kind of device and of trouble.

    feeding: whether records still come. readers: who read the records now; lost: samples that they were too slow for.
    """

    fleet: Fleet
    devices: Mapping[str, DeviceHealth]
    sites: tuple[SiteHealth, ...]
    polls: Mapping[str, int]
    seconds: Mapping[str, float]
    troubles: Mapping[tuple[str, str], int]
    feeding: bool
    readers: int = 0
    lost: int = 0


class Keeper:
    """Takes the records of a source in until it is stopped. A context manager: at its end the source has stopped polling.

    clock: Unix seconds.
    """

    def __init__(self, source: Source, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._clock = clock
        self._board = Board(points=2)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._polls: Counter[str] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._troubles: Counter[tuple[str, str]] = Counter()
        self._thread = threading.Thread(target=self._feed, name="feed", daemon=True)
        self.hub = Hub()
        self.ended = threading.Event()
        """Set when no more records come."""
        self.failure: Exception | None = None
        """Why they ended, where that was not asked for."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._stop.set()
        self._thread.join()

    def seen(self) -> Seen:
        """What is known now. What was not heard of for too long is told to be unknown, without its figures."""
        now = self._clock()
        with self._lock:
            self._board.tick(now)
            fleet, devices = self._board.fleet, dict(self._board.devices())
            polls, seconds, troubles = dict(self._polls), dict(self._seconds), dict(self._troubles)
        sites = reduce(fleet, devices, now)
        hub, feeding = self.hub, not self.ended.is_set()
        return Seen(fleet, devices, sites, polls, seconds, troubles, feeding, hub.readers, hub.lost)

    def _feed(self) -> None:
        try:
            with closing(self._source.run(self._stop)) as records:
                for record in records:
                    self._take(record)
                    if self._stop.is_set():
                        break
        except Exception as error:  # noqa: BLE001  whatever it is, whoever started this is to tell it and to end
            self.failure = error
        finally:
            self.ended.set()
            self.hub.end()

    def _take(self, record: Record) -> None:
        self.hub.put(record)
        with self._lock:
            self._board.apply((record,), self._clock())
            if isinstance(record, Sample):
                kind = record.device.partition("/")[0]
                self._polls[kind] += 1
                self._seconds[kind] += record.took
                if record.trouble is not None:
                    self._troubles[kind, record.trouble.kind] += 1
