"""Why a node is where it is: its timeline, the causes that fit, and one sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from microdc.deploy.explaining.case import Case, clock, lines
from microdc.deploy.explaining.causes import DELEGATED, FAMILIES
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis, Explanation, Facts
from microdc.deploy.explaining.telling import size, span
from microdc.deploy.explaining.timeline import MOST, timeline
from microdc.deploy.model import Evidence, NodeRecord, State

_STATED = frozenset({"bmc-refused", "station", "wrong-name", "wrong-root"})
"""Causes that whoever drove the move was told outright: a refusal, or words of the system itself."""


def explain(
    record: NodeRecord, evidence: Iterable[Evidence], facts: Facts, now: datetime, *, most: int = MOST
) -> Explanation:
    """What was seen of a node and what it means.

    evidence: of its site, whatever the order; what is of others is left out. now: by the controller's clock. most: entries of the timeline.
    """
    told = timeline(evidence, record.name, facts, most=most)
    case = Case(record, facts, told, now)
    found = () if case.settled else diagnose(case)
    return Explanation(record.name, _status(case, found), told, found)


def diagnose(case: Case) -> tuple[Diagnosis, ...]:
    """The causes that fit, the most certain first. A move that failed has one at least: what its record says."""
    found: dict[str, Diagnosis] = {}
    for family in DELEGATED if case.facts.engine else FAMILIES:
        for one in family(case):
            found.setdefault(one.cause, one)
    ordered = sorted(found.values(), key=lambda one: one.certainty.rank)
    failure = case.record.failure if case.failed else None
    if failure is None:
        return tuple(ordered)
    if failure.cause == "aborted":
        return (_recorded(case, Certainty.CERTAIN),)
    sure = any(one.certainty is Certainty.CERTAIN for one in ordered)
    if failure.cause in _STATED and not sure:
        return (_recorded(case, Certainty.CERTAIN), *ordered)
    return tuple(ordered) or (_recorded(case, Certainty.POSSIBLE),)


def _recorded(case: Case, certainty: Certainty) -> Diagnosis:
    failure = case.record.failure
    text = failure.text if failure else "it failed, and nobody wrote down why"
    return Diagnosis(
        failure.cause if failure and failure.cause else "unknown",
        certainty,
        f"{case.name}: {text}",
        lines(case.entries),
        (Advice("see to it, and begin again", f"microdc deploy retry {case.name}"),),
    )


def _status(case: Case, found: tuple[Diagnosis, ...]) -> str:
    record = case.record
    if record.state is State.FAILED:
        at = f" in phase {record.failure.phase}" if record.failure else ""
        text = f": {record.failure.text}" if record.failure and record.failure.text else ""
        return f"{record.name} failed{at}{text}"
    if not record.state.moving:
        note = f": {record.note}" if record.note else ""
        return f"{record.name} is {record.state}{note}; nothing goes on there"
    wrong = "" if found else "nothing wrong yet: "
    since = f" for {span(case.now - record.since)}" if record.since else ""
    return f"{wrong}{record.name} is {record.state}, in phase {record.phase or case.phase}{since}{_far(case)}{_until(case)}"


def _far(case: Case) -> str:
    progress = case.record.progress
    if progress is None or not progress.total:
        return ""
    rate = f" at {size(progress.rate)}/s" if progress.rate else ""
    return f", {100 * progress.done // progress.total} % of {size(progress.total)}{rate}"


def _until(case: Case) -> str:
    deadline = case.record.deadline
    if deadline is None:
        return ""
    left = deadline - case.now
    if left.total_seconds() <= 0:
        return f"; its time was up at {clock(deadline)}"
    return f"; given up at {clock(deadline)}, in {span(left)}"
