"""A node as the store has it -> what is wrong with it, figures and facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from microdc.deploy.lifecycle import phases
from microdc.deploy.model import NodeRecord, Phase, Progress, State
from microdc.deploy.pacing import TYPICAL, remaining
from microdc.health.model import Observation, Reason


def observed(device: str, record: NodeRecord, now: datetime) -> Observation:
    """All of a node. device: its key."""
    out = record.state is State.MAINTENANCE
    return Observation(
        device,
        tuple(_reasons(record, now)),
        figures(record, now),
        facts(record, now),
        (record.note or "taken out, without a word why") if out else "",
    )


def _reasons(record: NodeRecord, now: datetime) -> Iterator[Reason]:
    """A move that failed leaves no node; one that is long over its time will fail, or nobody is at it."""
    if record.state is State.FAILED:
        failure = record.failure
        what = "its move failed"
        if failure is not None:
            advice = f" ({failure.advice})" if failure.advice else ""
            what = f"{failure.text}{advice}"
        yield Reason("down", what, str(failure.phase) if failure else "")
    elif record.state.moving:
        late = record.deadline is not None and now > record.deadline
        if late:
            hint = "microdc deploy resume goes on with what a run left"
            yield Reason("degraded", f"it is over its time in this phase ({hint})", str(record.phase or ""))
        if record.attempt > 1:
            yield Reason("info", f"attempt {record.attempt} of {record.attempts}")
    elif record.note and record.state is State.ACTIVE:
        yield Reason("info", record.note)


def figures(record: NodeRecord, now: datetime) -> dict[str, float]:
    """By the names of `microdc.health.figures`."""
    if not record.state.moving or record.phase is None:
        return {}
    found = {"attempt": float(record.attempt)}
    if record.since is not None:
        found["phase_seconds"] = max(0.0, (now - record.since).total_seconds())
    share = progress(record, now)
    return found if share is None else {**found, "progress": share}


def progress(record: NodeRecord, now: datetime) -> float | None:
    """How much of a move is done, 0..1, by what its phases usually take: of the one that goes on a part, never the whole."""
    if record.phase is None or record.action is None or record.since is None:
        return None
    steps = phases(record.action)
    if record.phase not in steps:
        return None
    whole = sum(TYPICAL[phase] for phase in steps)
    before = sum(TYPICAL[phase] for phase in steps[: steps.index(record.phase)])
    return (before + TYPICAL[record.phase] * _part(record, record.since, now)) / whole


def _part(record: NodeRecord, since: datetime, now: datetime) -> float:
    written = _written(record)
    if written is not None and written.total > 0:
        return min(1.0, written.done / written.total)
    spent = max(0.0, (now - since).total_seconds())
    usual = TYPICAL[record.phase] if record.phase else 1.0
    return spent / (spent + usual)


def _written(record: NodeRecord) -> Progress | None:
    return record.progress if record.phase is Phase.WORK else None


def facts(record: NodeRecord, now: datetime) -> Mapping[str, Any]:
    """As screens show it. since, deadline: Unix seconds; done, total: bytes; rate: bytes/s; eta: seconds."""
    written, failure = _written(record), record.failure
    eta = remaining(record, written, now, {}) if record.state.moving else None
    return {
        "state": str(record.state),
        "phase": str(record.phase) if record.phase else None,
        "action": str(record.action) if record.action else None,
        "image": record.image.name if record.image else None,
        "move": record.move,
        "attempt": record.attempt,
        "since": _moment(record.since),
        "deadline": _moment(record.deadline),
        "failure": None
        if failure is None
        else {"cause": failure.cause, "text": failure.text, "advice": failure.advice},
        "done": written.done if written else None,
        "total": written.total if written else None,
        "rate": written.rate if written else None,
        "eta": None if eta is None else round(eta, 1),
    }


def _moment(moment: datetime | None) -> float | None:
    return None if moment is None else round(moment.timestamp(), 3)
