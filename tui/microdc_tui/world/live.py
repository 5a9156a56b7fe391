"""A lab: fed by `microdc health --feed` as a child process, asked and acted on by the same command line."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from subprocess import Popen
from threading import Event, Lock, Thread
from typing import Final

from microdc.errors import InputError
from microdc.health.stream import LONGEST, Record, decode
from microdc_tui.world import child, documents
from microdc_tui.world.ports import Answer, Put, Say

SHORTEST: Final = 1.0
LONGEST_PAUSE: Final = 30.0
LONGEST_OF_REMOTE: Final = 5.0
"""Of a feed that an exporter serves: to look whether it is there again asks no device."""
LOGGING_OUT: Final = 10.0
"""Seconds that a feed has to end before it is killed: polls that are at work have a moment to come back, and only then all BMCs are logged out of
(`Paces.grace` and `operate.CLOSING` in microdc.health, which are 7 s together)."""
_MOMENT: Final = 1.0
"""Seconds that a thread has to notice that its feed is gone."""
SOUND: Final = 60.0
"""Seconds that a feed must have lived for its end to count as the first."""


class LiveWorld:
    """shared: what stands before the words of every command, such as `-i DIR`. every: seconds between two polls, None for each kind's own.

    remote: the exporter whose records are shown, "" where the feed polls by itself.
    """

    readonly = ""
    farewell = "it goes on to its end; `microdc log` tells what came of it"

    def __init__(
        self, title: str, shared: Sequence[str] = (), every: float | None = None, remote: str = ""
    ) -> None:
        self.title = title
        self.trouble = ""
        self.shared = tuple(shared)
        self._every = every
        self._remote = remote
        self._closing = Event()
        self._anew = Event()
        """Set while there is a reason to begin the feed again at once: other documents, or the end."""
        self._feeder: Thread | None = None
        self._feed: Popen[bytes] | None = None
        self._interrupted: Popen[bytes] | None = None
        self._lock = Lock()

    def now(self) -> float:
        return time.time()

    def start(self, put: Put, say: Say) -> None:
        self._feeder = Thread(target=self._keep_feeding, args=(put, say), name="feed", daemon=True)
        self._feeder.start()
        if self._remote:
            return  # what is watched is what the exporter has read
        if (directory := documents.directory_of(self.shared)) is not None:
            watched = (directory, self._closing, lambda: self._read_anew(say))
            Thread(target=documents.watch, args=watched, name="inventory", daemon=True).start()

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """A lab cannot be held."""

    def ask(self, argv: Sequence[str], stop: Event) -> Answer:
        return child.run((*self.shared, *argv, "-o", "json", "--no-input"), stop)

    def plan(self, argv: Sequence[str], stop: Event) -> Answer:
        words = (*self.shared, *argv, "-o", "table", "--no-input")
        return child.run(words, stop, spoken=True)

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        """The person has been asked already, so the command is not to ask."""
        consent = () if "--yes" in argv else ("--yes",)
        return child.act((*self.shared, *argv, *consent, "-o", "json", "--no-input"), tell, stop)

    def end(self) -> None:
        self._closing.set()
        self._anew.set()
        feed = self._feed
        if feed is not None:
            self._interrupt(feed)

    def close(self) -> None:
        """What the feed has to say is read to its end, so that it is not held up; interrupted meanwhile, it is killed."""
        self.end()
        if self._feeder is None:
            return
        try:
            self._feeder.join(LOGGING_OUT)
        finally:
            feed = self._feed
            if feed is not None and feed.poll() is None:
                feed.kill()
                feed.wait()
        self._feeder.join(_MOMENT)

    def _keep_feeding(self, put: Put, say: Say) -> None:
        pause, longest = SHORTEST, LONGEST_OF_REMOTE if self._remote else LONGEST_PAUSE
        while not self._closing.is_set():
            began = time.monotonic()
            how, why = self._one_life(put, say)
            if self._closing.is_set():
                return
            if self._anew.is_set():  # it was ended for that
                self._anew.clear()
                pause = SHORTEST
                continue
            if time.monotonic() - began > SOUND:
                pause = SHORTEST
            self.trouble = f"the feed {how}; again in {pause:.0f} s: {why}"
            say(self.trouble)
            pause = SHORTEST if self._anew.wait(pause) else min(pause * 2, longest)
            self._anew.clear()
            self.trouble = f"the feed {how}; it begins again: {why}"

    def _read_anew(self, say: Say) -> None:
        """Documents are read once in the life of a feed, so others need another feed."""
        say("the documents of the inventory changed: they are read anew")
        self._anew.set()
        feed = self._feed
        if feed is not None and feed.poll() is None:
            self._interrupt(feed)
            child.until_ended(feed, LOGGING_OUT)

    def _interrupt(self, feed: Popen[bytes]) -> None:
        """Once for each feed, whoever wants it: the second time would end it in the middle of logging out."""
        with self._lock:
            if feed is not self._interrupted and feed.poll() is None:
                self._interrupted = feed
                child.interrupt(feed)

    def _one_life(self, put: Put, say: Say) -> tuple[str, str]:
        """Of a feed: how it ended, and why. Whatever befalls it befalls this life only: another one begins."""
        try:
            code, last = self._feed_once(put, say)
        except Exception as error:  # noqa: BLE001  a feeder that merely stops would look like a lab that is dead
            feed = self._feed
            if feed is not None and feed.poll() is None:
                self._interrupt(feed)
                child.until_ended(feed, LOGGING_OUT)
            return "failed", f"{type(error).__name__}: {error}"
        return _ended(code), last or "it told nothing"

    def _feed_once(self, put: Put, say: Say) -> tuple[int, str]:
        """Runs one feed to its end. Its exit code and the last that it told."""
        pace = () if self._every is None else ("--every", f"{self._every}s")
        where = ("--from", self._remote) if self._remote else ()
        feed = self._feed = child.start((*self.shared, "health", "--feed", *pace, *where))
        if self._closing.is_set():  # closed between its start and our knowing of it
            self._interrupt(feed)
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
        narrator.join(_MOMENT)
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
