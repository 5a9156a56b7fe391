"""A lab: fed by `microdc health --feed` as a child process, asked and acted on by the same command line."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from subprocess import Popen
from threading import Event, Thread
from typing import Final

from microdc.errors import InputError
from microdc.health.stream import LONGEST, Record, decode
from microdc_tui.world import child, documents
from microdc_tui.world.ports import Answer, Put, Say

SHORTEST: Final = 1.0
LONGEST_PAUSE: Final = 30.0
LOGGING_OUT: Final = 10.0
"""Seconds that a feed has to log out everywhere before another one takes its place."""
SOUND: Final = 60.0
"""Seconds that a feed must have lived for its end to count as the first."""


class LiveWorld:
    """shared: what stands before the words of every command, such as `-i DIR`. every: seconds between two polls, None for each kind's own."""

    readonly = ""

    def __init__(self, title: str, shared: Sequence[str] = (), every: float | None = None) -> None:
        self.title = title
        self.trouble = ""
        self._shared = tuple(shared)
        self._every = every
        self._closing = Event()
        self._anew = Event()
        """Set while there is a reason to begin the feed again at once: other documents, or the end."""
        self._feeder: Thread | None = None
        self._feed: Popen[bytes] | None = None

    def now(self) -> float:
        return time.time()

    def start(self, put: Put, say: Say) -> None:
        self._feeder = Thread(target=self._keep_feeding, args=(put, say), name="feed", daemon=True)
        self._feeder.start()
        if (directory := documents.directory_of(self._shared)) is not None:
            watched = (directory, self._closing, lambda: self._read_anew(say))
            Thread(target=documents.watch, args=watched, name="inventory", daemon=True).start()

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """A lab cannot be held."""

    def ask(self, argv: Sequence[str], stop: Event) -> Answer:
        return child.run(
            (*self._shared, *argv, "-o", "json", "--no-input"), _nothing, stop, patience=child.PATIENCE
        )

    def plan(self, argv: Sequence[str], stop: Event) -> Answer:
        words = (*self._shared, *argv, "-o", "table", "--no-input")
        return child.run(words, _nothing, stop, patience=child.PATIENCE, spoken=True)

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        """The person has been asked already, so the command is not to ask."""
        consent = () if "--yes" in argv else ("--yes",)
        return child.run((*self._shared, *argv, *consent, "-o", "json", "--no-input"), tell, stop)

    def close(self) -> None:
        self._closing.set()
        self._anew.set()
        feed = self._feed
        if feed is not None and feed.poll() is None:
            child.end(feed, 2.0)
        if self._feeder is not None:
            self._feeder.join(2.0)

    def _keep_feeding(self, put: Put, say: Say) -> None:
        pause = SHORTEST
        while not self._closing.is_set():
            began = time.monotonic()
            code, last = self._feed_once(put, say)
            if self._closing.is_set():
                return
            if self._anew.is_set():  # it was ended for that
                self._anew.clear()
                pause = SHORTEST
                continue
            if time.monotonic() - began > SOUND:
                pause = SHORTEST
            how, why = _ended(code), last or "it told nothing"
            self.trouble = f"the feed {how}; again in {pause:.0f} s: {why}"
            say(self.trouble)
            pause = SHORTEST if self._anew.wait(pause) else min(pause * 2, LONGEST_PAUSE)
            self._anew.clear()
            self.trouble = f"the feed {how}; it begins again: {why}"

    def _read_anew(self, say: Say) -> None:
        """Documents are read once in the life of a feed, so others need another feed."""
        say("the documents of the inventory changed: they are read anew")
        self._anew.set()
        feed = self._feed
        if feed is not None and feed.poll() is None:
            child.end(feed, LOGGING_OUT)

    def _feed_once(self, put: Put, say: Say) -> tuple[int, str]:
        """Runs one feed to its end. Its exit code and the last that it told."""
        pace = () if self._every is None else ("--every", f"{self._every}s")
        feed = self._feed = child.start((*self._shared, "health", "--feed", *pace))
        if self._closing.is_set():  # closed between its start and our knowing of it
            child.end(feed, 2.0)
        last: list[str] = []

        def tell(line: str) -> None:
            if line.strip():
                last[:] = (
                    [line.removeprefix("Error: ").strip()] if not line.startswith("  ") or not last else last
                )
            say(line)

        narrator = Thread(
            target=child.narrate, args=(feed.stderr, tell), name="feed's narration", daemon=True
        )
        narrator.start()
        if feed.stdout is not None:
            with feed.stdout as lines:
                self._read(lines.fileno(), put, say)
        code = feed.wait()
        narrator.join(1.0)
        return code, "".join(last)

    def _read(self, descriptor: int, put: Put, say: Say) -> None:
        """Lines as they come, many at a time where many are there."""
        rest = b""
        while piece := os.read(descriptor, 262_144):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > LONGEST:
                say(f"the feed sent a line of more than {LONGEST:,} bytes; it was dropped")
                rest = b""
            records = [
                record for record in (_decoded(line, say) for line in lines if line) if record is not None
            ]
            if records:
                self.trouble = ""
                put(records)


def _decoded(line: bytes, say: Say) -> Record | None:
    try:
        return decode(line.decode("ascii", "backslashreplace"))
    except InputError as error:
        say(f"the feed: {error}")
        return None


def _ended(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _nothing(_line: str) -> None:
    pass
