"""Many switches at once, as `microdc.abreast` works; the steps tell how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any, TypeVar

from microdc import abreast
from microdc.abreast import Lost
from microdc.errors import UnreachableError
from microdc.events import Step
from microdc.switch.targets import path_of
from microdc.testbed.model import Switch

T = TypeVar("T")

AT_ONCE = 128
"""Switches that are worked at together. Nearly all of a thread's time is waiting."""
LONGEST = 300.0
"""Seconds after which one switch is given up: each question has a limit of its own, and a table may need many of them."""

# in annotations only: to make one, abreast.Outcome is called
Outcome = abreast.Outcome[Switch, T]


def _lost(switch: Switch, _: Lost, what: str) -> UnreachableError:
    return UnreachableError(what, where=switch.name)


_KIND: abreast.Kind[Switch] = abreast.Kind(
    name=lambda switch: f"switch-{switch.name}", where=lambda switch: switch.name, lost=_lost
)


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
    found: dict[tuple[str, ...], Outcome[T]] = {}
    yield Step(doing, "started", total=total, unit="switches")
    events = abreast.run(switches, _working(work), _KIND, at_once=at_once, deadline=longest)
    with closing(events) as outcomes:
        for outcome in outcomes:
            found[path_of(outcome.target)] = outcome
            if outcome.error is not None:
                yield Step(f"{outcome.target.name}: {doing}", "failed", outcome.error.what)
            yield Step(doing, "progress", done=len(found), total=total, unit="switches")
    yield Step(doing, "done", done=total, total=total, unit="switches")
    return tuple(found[path_of(switch)] for switch in switches)


def outcome_of(switch: Switch, work: Callable[[Switch], T]) -> Outcome[T]:
    """What comes of the work at one switch, done here and now; never raises."""
    task = abreast.Task[Switch, Any](switch, threading.Event(), lambda _: None)
    return abreast.outcome(task, _working(work), _KIND)


def _working(work: Callable[[Switch], T]) -> abreast.Work[Switch, Any, T]:
    return lambda task: work(task.target)
