"""One poller's records for all who read them: each has what is known at once, then what comes; one that is slow holds up nobody."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from microdc.errors import RefusedError
from microdc.health.model import Fleet, Sample
from microdc.health.stream import Record, encode
from microdc.health.tracking import Rules

READERS: Final = 8
"""At the same time. Each has one of the exporter's connections for as long as it reads."""
WAITING: Final = 4
"""Samples of a device that wait for a slow reader; of more the oldest are lost to it."""
BEAT: Final = 3.0
"""Seconds without a record after which an empty line says that the feed lives."""
_LOOK: Final = 0.2
"""Seconds after which it is looked whether the reader is still there, so that his place is soon another's."""
_PLACE: Final = 1.0
"""Seconds that one more reader waits for a place: who reads what is known and leaves makes room at once, and is noticed a little later."""
_GATHER: Final = 0.05
"""Seconds that are waited for more: a poll tells of many devices, and each wake-up of a reader costs the poller some time."""
_PIECE: Final = 16_384
"""Octets that are sent at once: a reader on a thin line has as long for each as a connection may stand still."""
_DECIDE: Final = Rules().remembered
EMPTY: Final = b"\n"


class _Line:
    """A record and, once somebody wants it, its line: made once for all readers, and by them, not by who polls."""

    __slots__ = ("_text", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self._text: bytes | None = None

    def text(self) -> bytes:
        found = self._text
        if found is None:
            found = self._text = f"{encode(self.record)}\n".encode("ascii")
        return found


class _Known:
    """The last of a device: the samples that decide its state, and the last that told something where none of them did."""

    __slots__ = ("last", "told")

    def __init__(self) -> None:
        self.last: deque[_Line] = deque(maxlen=_DECIDE)
        self.told: _Line | None = None

    def put(self, line: _Line, sample: Sample) -> None:
        self.last.append(line)
        if sample.trouble is None:
            self.told = line

    def lines(self) -> Iterator[_Line]:
        if self.told is not None and self.told not in self.last:
            yield self.told
        yield from self.last


class Reader:
    """Of one who reads. lost: samples that it was too slow for."""

    def __init__(self, state: list[_Line]) -> None:
        self.lost = 0
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._fleet: _Line | None = None
        self._state = state
        self._samples: dict[str, deque[_Line]] = {}
        self._ended = False
        if state:
            self._woken.set()

    def put(self, line: _Line) -> None:
        """Keeps a record until it is read. Never waits."""
        record = line.record
        with self._lock:
            if isinstance(record, Fleet):
                self._fleet = line
                self._samples.clear()  # they spoke of the fleet before
            else:
                kept = self._samples.get(record.device)
                if kept is None:
                    kept = self._samples[record.device] = deque(maxlen=WAITING)
                self.lost += len(kept) == WAITING
                kept.append(line)
        self._woken.set()

    def end(self) -> None:
        """What waits is read, and then no more comes."""
        self._ended = True
        self._woken.set()

    def pieces(self, beat: float = BEAT, gone: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
        """Lines in pieces as they are to be sent, until the feed ends or the reader is gone.

        An empty line says that nothing waits: it comes when the state was told, the fleet with it, and where for `beat` seconds nothing came.
        """
        settled, silent = False, 0.0
        while not gone():
            look = min(_LOOK, beat)
            if not self._woken.wait(look):
                silent += look
                if silent >= beat:
                    silent = 0.0
                    yield EMPTY
                continue
            time.sleep(_GATHER)
            silent, ended = 0.0, self._ended
            lines = self._take()
            yield from _pieces(lines)
            if ended:
                return
            if not settled and any(isinstance(line.record, Fleet) for line in lines):
                settled = True
                yield EMPTY

    def _take(self) -> list[_Line]:
        with self._lock:
            self._woken.clear()
            if self._ended:
                self._woken.set()
            fleet = [] if self._fleet is None else [self._fleet]
            lines = [*self._state, *fleet, *(line for kept in self._samples.values() for line in kept)]
            self._state, self._fleet = [], None
            self._samples.clear()
        return lines


def _pieces(lines: list[_Line]) -> Iterator[bytes]:
    rest = bytearray()
    for line in lines:
        rest += line.text()
        while len(rest) >= _PIECE:
            yield bytes(rest[:_PIECE])
            del rest[:_PIECE]
    if rest:
        yield bytes(rest)


class Hub:
    """What is known, and who reads it. `put` and `end` are called by who polls, `reading` by those who read, in threads of their own."""

    def __init__(self, readers: int = READERS) -> None:
        self._most = readers
        self._lock = threading.Lock()
        self._left = threading.Condition(self._lock)
        self._fleet: _Line | None = None
        self._known: dict[str, _Known] = {}
        self._readers: list[Reader] = []
        self._lost = 0
        self._ended = False

    def put(self, record: Record) -> None:
        """Hands a record to all who read. A sample of what the fleet does not have is nobody's."""
        line = _Line(record)
        with self._lock:
            if isinstance(record, Fleet):
                self._fleet = line
                known = self._known
                self._known = {one.key: known.get(one.key) or _Known() for one in record.devices}
            elif (found := self._known.get(record.device)) is not None:
                found.put(line, record)
            else:
                return
            for reader in self._readers:
                reader.put(line)

    def end(self) -> None:
        """No more records come."""
        with self._lock:
            self._ended = True
            for reader in self._readers:
                reader.end()

    @property
    def readers(self) -> int:
        """Who read now."""
        with self._lock:
            return len(self._readers)

    @property
    def lost(self) -> int:
        """Samples that readers were too slow for, since the beginning."""
        with self._lock:
            return self._lost + sum(reader.lost for reader in self._readers)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One more who reads: first the fleet and what is known of its devices. Raises RefusedError where enough do already, for a second."""
        with self._lock:
            if not self._left.wait_for(lambda: len(self._readers) < self._most, _PLACE):
                raise RefusedError(
                    f"{self._most} programs read this feed already", hint="end one of them, or try again"
                )
            state = [line for known in self._known.values() for line in known.lines()]
            reader = Reader(state if self._fleet is None else [self._fleet, *state])
            self._readers.append(reader)
            if self._ended:
                reader.end()
        try:
            yield reader
        finally:
            with self._lock:
                self._readers.remove(reader)
                self._lost += reader.lost
                self._left.notify()
