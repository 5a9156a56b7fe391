"""An overlay that lies for the time of a measurement: it goes in every case, and others may change the WAN meanwhile."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TypeVar

from microdc.agent.client import ChangedError
from microdc.errors import ApplyError, MicrodcError, RefusedError, UnreachableError
from microdc.events import Step
from microdc.impairment import Impairment
from microdc.measure.model import Both
from microdc.measure.operate import MeasureOptions, expected_seconds
from microdc.wan.model import Plan
from microdc.wan.operate import Wan

R = TypeVar("R")
_PATIENCE, _MARGIN = 3.0, 60.0
_ATTEMPTS = 3


def lasting(
    asked: Sequence[Both[Impairment]], options: MeasureOptions, pairs: Sequence[tuple[str, str]]
) -> float:
    """Seconds after which the overlay ends by itself if this process dies: several times what measuring should take."""
    return _PATIENCE * expected_seconds(asked, options, pairs) + _MARGIN


def passing(wan: Wan, plan: Plan, measuring: Generator[Step, None, R], name: str) -> Generator[Step, None, R]:
    """Lays an overlay, measures, and takes the overlay away: returns what measuring did.

    plan: lays the overlay, with an end. measuring: not begun yet. name: what goes on, such as "the calibration".
    """
    try:
        yield from wan.apply(plan)
        result = yield from measuring
    except BaseException as problem:
        _take_away_after(wan, plan, name, problem)
        raise
    try:
        yield from _take_away(wan, plan, name)
    except MicrodcError as problem:
        raise _left(plan, problem) from problem
    except BaseException as problem:
        _take_away_after(wan, plan, name, problem)
        raise
    return result


def _take_away(wan: Wan, plan: Plan, name: str) -> Generator[Step, None, None]:
    """Removes the overlay, if it still lies. Where others change something at the same time, what is there is read again."""
    for attempt in range(_ATTEMPTS):
        wan.read()
        ours = [o.id for o in wan.overlays if plan.put is not None and o.change == plan.put.change]
        if not ours:
            return
        try:
            yield from wan.apply(replace(wan.plan_removal(ours), summary=f"{name} is over"))
        except ChangedError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def _take_away_after(wan: Wan, plan: Plan, name: str, problem: BaseException) -> None:
    """The same when something has gone wrong already, which is what is to be told; nobody listens to steps any more."""
    try:
        for _ in _take_away(wan, plan, name):
            pass
    except MicrodcError as second:
        problem.add_note(f"the overlay of {name} could not be taken away, and ends by itself: {second}")


def _left(plan: Plan, problem: MicrodcError) -> MicrodcError:
    """The overlay could not be taken away when all was measured."""
    kind = next((kind for kind in (RefusedError, UnreachableError) if isinstance(problem, kind)), ApplyError)
    seconds = plan.put.seconds if plan.put and plan.put.seconds else 0.0
    kept = f"what was measured is kept; the overlay ends by itself within {seconds:.0f} s"
    return kind(f"{problem.what}; {kept}", where=problem.where, hint=problem.hint)
