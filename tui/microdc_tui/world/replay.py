"""A recording, shown again at its own pace or faster: it is only watched."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Condition, Event, Thread
from typing import TextIO, cast

from microdc.errors import Exit, InputError
from microdc.health.model import Fleet, Sample
from microdc.health.stream import LONGEST, Record, decode
from microdc_tui.world.ports import Answer, Put, Say

STEP = 0.2
"""Seconds between two helpings of records."""


class ReplayWorld:
    """The file of a RecordingWorld. speed: times as fast as it was. Raises InputError where nothing in the file can be shown."""

    readonly = "a recording is only watched"
    shared: tuple[str, ...] = ()
    farewell = ""

    def __init__(self, path: Path, speed: float = 1.0) -> None:
        self.title = f"recording {path.name}" + (f" ×{speed:g}" if speed != 1.0 else "")
        self.trouble = ""
        self._path = path
        self._speed = speed
        self._turn = Condition()
        self._held = False
        self._closing = Event()
        self._thread: Thread | None = None
        self._unread = 0
        self._now = self._begin = _begins(path)

    def now(self) -> float:
        """The recording's time: that of the helping that was last given."""
        return self._now

    def start(self, put: Put, say: Say) -> None:
        self._thread = Thread(target=self._play, args=(put, say), name="replay", daemon=True)
        self._thread.start()

    def hold(self, held: bool) -> None:  # noqa: FBT001
        with self._turn:
            self._held = held
            self._turn.notify_all()

    def ask(self, argv: Sequence[str], stop: Event) -> Answer:
        """What was not recorded cannot be asked."""
        del argv, stop
        return Answer(
            code=Exit.FAILED, narration=("a recording has only what was polled; it cannot be asked",)
        )

    def plan(self, argv: Sequence[str], stop: Event) -> Answer:
        del argv, stop
        return Answer(code=Exit.LOCKED, narration=(self.readonly,))

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        del argv, tell, stop
        return Answer(code=Exit.LOCKED, narration=(self.readonly,))

    def end(self) -> None:
        self._closing.set()
        with self._turn:
            self._turn.notify_all()

    def close(self) -> None:
        self.end()
        if self._thread is not None:
            self._thread.join(2.0)

    def _play(self, put: Put, say: Say) -> None:
        """Gives what the recording's clock has come to, helping by helping."""
        until = self._begin
        newest = self._begin
        waiting: list[Record] = []
        for record in self._records(say):
            if isinstance(record, Sample) and record.at > until:
                put(waiting)
                waiting = []
                until = self._wait(record.at)
                if self._closing.is_set():
                    return
            newest = max(newest, record.at if isinstance(record, Sample) else newest)
            waiting.append(record)
        self._now = newest
        put(waiting)
        unread = f"; {self._unread:,} lines of it could not be read" if self._unread else ""
        self.trouble = f"the recording has ended{unread}"
        say(self.trouble)

    def _wait(self, at: float) -> float:
        """Lets time pass until that moment of the recording."""
        while self._now < at and not self._closing.is_set():
            with self._turn:
                self._turn.wait_for(lambda: not self._held or self._closing.is_set())
            before = time.monotonic()
            self._closing.wait(min(STEP, (at - self._now) / self._speed))
            self._now = min(at, self._now + (time.monotonic() - before) * self._speed)
        return min(at, self._now) + STEP * self._speed / 2

    def _records(self, say: Say) -> Iterator[Record]:
        for number, record in _read(self._path):
            if isinstance(record, str):
                self._unread += 1
                say(f"{self._path}:{number}: {record}")
            else:
                yield record


def _begins(path: Path) -> float:
    """The time of the first sample."""
    first: float | None = None
    told = "it has no line"
    for number, record in _read(path):
        if isinstance(record, Sample):
            return record.at
        if isinstance(record, Fleet):
            first = 0.0
        else:
            told = f"line {number}: {record}"
        if number > 10_000:
            break
    if first is None:
        raise InputError(f"this is no recording: {told}", where=str(path), hint="--record FILE makes one")
    return first


def _read(path: Path) -> Iterator[tuple[int, Record | str]]:
    """Lines by number: records, or why there is none. The end may be cut, as a killed process leaves it."""
    number = 0
    try:
        with _opened(path) as file:
            while line := file.readline(LONGEST + 1):
                number += 1
                try:
                    yield number, decode(line.rstrip("\n"))
                except InputError as error:
                    yield number, error.what
    except (EOFError, zlib.error) as problem:
        yield number + 1, f"cut off here: {problem}"
    except OSError as problem:
        if number == 0:
            raise InputError(f"cannot be read: {problem.strerror or problem}", where=str(path)) from None
        yield number + 1, f"cannot be read on: {problem}"


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="ascii", errors="backslashreplace"))
    return path.open(encoding="ascii", errors="backslashreplace")
