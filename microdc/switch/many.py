"""The same work at many switches at once, in a thread each: a result for every one, and none that waits for another."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from microdc.errors import Exit, MicrodcError, UnreachableError
from microdc.events import Step
from microdc.testbed.model import Switch

T = TypeVar("T")

AT_ONCE = 128
"""Switches that are worked at together. Nearly all of a thread's time is waiting."""
LONGEST = 300.0
"""Seconds after which one switch is given up: each question has a limit of its own, and a table may need many of them."""


class UnexpectedError(MicrodcError):
    """A mistake of the program while it worked at one switch; `__cause__` has the traceback."""

    exit_code = Exit.FAILED


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of the work at one switch: a value, or an error. seconds: how long it took."""

    switch: Switch
    value: T | None = None
    error: MicrodcError | None = None
    seconds: float = 0.0


def each(
    doing: str,
    switches: Sequence[Switch],
    work: Callable[[Switch], T],
    *,
    at_once: int = AT_ONCE,
    longest: float = LONGEST,
) -> Generator[Step, None, tuple[Outcome[T], ...]]:
    """Does the work at each switch; the outcomes are in the switches' order. doing: what the steps call it.

    longest: seconds for one switch; of one that takes longer the thread is left behind.
    """
    total = len(switches)
    waiting = deque(range(total))
    running: dict[int, float] = {}
    found: dict[int, Outcome[T]] = {}
    told: queue.SimpleQueue[tuple[int, Outcome[T]]] = queue.SimpleQueue()
    yield Step(doing, "started", total=total, unit="switches")
    while waiting or running:
        while waiting and len(running) < at_once:
            number = waiting.popleft()
            running[number] = time.monotonic()
            _start(number, switches[number], work, told)
        try:
            number, outcome = told.get(timeout=max(0.0, min(running.values()) + longest - time.monotonic()))
        except queue.Empty:
            number = min(running, key=running.__getitem__)
            late = UnreachableError(f"not done after {longest:g} s", where=switches[number].name)
            outcome = Outcome(switches[number], error=late, seconds=longest)
        if running.pop(number, None) is None:
            continue  # it was given up before
        found[number] = outcome
        if outcome.error is not None:
            yield Step(f"{outcome.switch.name}: {doing}", "failed", outcome.error.what)
        yield Step(doing, "progress", done=len(found), total=total, unit="switches")
    yield Step(doing, "done", done=total, total=total, unit="switches")
    return tuple(found[number] for number in range(total))


def _start(
    number: int,
    switch: Switch,
    work: Callable[[Switch], T],
    told: queue.SimpleQueue[tuple[int, Outcome[T]]],
) -> None:
    # a daemon: one that hangs in a driver must not keep the process from ending
    threading.Thread(
        target=lambda: told.put((number, outcome_of(switch, work))), name=f"switch-{switch.name}", daemon=True
    ).start()


def outcome_of(switch: Switch, work: Callable[[Switch], T]) -> Outcome[T]:
    """What came of the work at one switch; never raises."""
    began = time.monotonic()
    try:
        return Outcome(switch, work(switch), seconds=time.monotonic() - began)
    except MicrodcError as problem:
        error = problem
    except Exception as problem:  # noqa: BLE001  a mistake at one switch must not hide the others'
        error = UnexpectedError(f"{type(problem).__name__}: {problem}", where=switch.name)
        error.__cause__ = problem
    return Outcome(switch, error=error, seconds=time.monotonic() - began)
