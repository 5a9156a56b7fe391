"""Work that is done beside the runner, in threads, and what comes of it. The runner itself is one thread that owns all it knows."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from microdc.errors import Exit, MicrodcError

AT_ONCE = 128
"""Pieces of work at the same time. Nearly all of them wait for somebody far away, and one of a dead BMC waits long."""

Key = tuple[str, str, str]
"""What a piece of work is about: its kind, whom it concerns, and what is done."""
Tell = Callable[[object], None]
Work = Callable[[Tell], Any]


class UnexpectedError(MicrodcError):
    """A mistake of the program in a piece of work; `__cause__` has the traceback."""

    exit_code = Exit.FAILED


@dataclass(frozen=True, slots=True)
class Happened:
    """What a piece of work told while it went on, or what came of it once it is over."""

    key: Key
    over: bool
    value: Any = None
    error: MicrodcError | None = None


class Hands(Protocol):
    """Does pieces of work beside, and tells the time."""

    def now(self) -> datetime:
        """UTC."""

    def give(self, key: Key, work: Work) -> None:
        """Begins a piece of work; what it tells and what comes of it bears the key."""

    def take(self, seconds: float) -> Happened | None:
        """What happened next, waited for as long; None where nothing did."""


class Threads:
    """A thread for each piece of work. Those that are still at it when the program ends are left behind: they keep nothing from ending."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._happened: queue.SimpleQueue[Happened] = queue.SimpleQueue()
        self._free = threading.BoundedSemaphore(at_once)
        self._began, self._uptime = datetime.now(UTC), uptime()

    def now(self) -> datetime:
        """By the clock of the boot, from the wall's on: whoever sets the wall's meanwhile moves no deadline, and stops no look at a site."""
        return self._began + timedelta(seconds=uptime() - self._uptime)

    def give(self, key: Key, work: Work) -> None:
        thread = threading.Thread(target=self._do, args=(key, work), name=f"deploy {key}", daemon=True)
        thread.start()

    def take(self, seconds: float) -> Happened | None:
        try:
            return self._happened.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None

    def _do(self, key: Key, work: Work) -> None:
        with self._free:
            self._happened.put(
                outcome(key, work, lambda told: self._happened.put(Happened(key, False, told)))
            )


def uptime() -> float:
    """Seconds since boot; it goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def outcome(key: Key, work: Work, tell: Tell) -> Happened:
    """What comes of a piece of work, done here and now; an error is a value."""
    try:
        return Happened(key, True, work(tell))
    except MicrodcError as problem:
        return Happened(key, True, error=problem)
    except Exception as problem:  # noqa: BLE001  a mistake with one node must not end the others' moves
        error = UnexpectedError(f"{type(problem).__name__}: {problem}")
        error.__cause__ = problem
        return Happened(key, True, error=error)
