"""A planned change, carried out: sent, read back, read back once more over a new connection, and taken back where it is not as planned."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass

from microdc.errors import ApplyError, MicrodcError, RefusedError
from microdc.events import Step
from microdc.switch.cli.conversation import PATIENCE
from microdc.switch.cli.errors import Cause, CommandError, SwitchError
from microdc.switch.cli.model import Plan, PortSetting, Target
from microdc.switch.cli.planning import editing_of
from microdc.switch.cli.platform import Editing, Guard
from microdc.switch.cli.session import Session, open_session

_MARGIN = 3.0
"""Seconds that a switch may need to take a change back after its time."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A change under way. until: the moment after which a guard has acted, as time.monotonic() tells it."""

    session: Session
    editing: Editing
    plan: Plan
    guard: Guard | None
    until: float

    @property
    def target(self) -> Target:
        return self.session.target

    def error(self, what: str, *, settled: bool = False) -> ApplyError:
        """settled: the port is as before, and nothing is left to be done by hand."""
        return ApplyError(what, where=self.target.where, hint="" if settled else self.by_hand)

    @property
    def by_hand(self) -> str:
        return f"what undoes it: {'; '.join(self.plan.undo)}"


def apply(
    target: Target, plan: Plan, *, unproved: bool = False, patience: float = PATIENCE
) -> Iterator[Step]:
    """Carries a plan out. patience: seconds of silence after which the switch counts as stuck.

    Raises RefusedError where the port is no longer as the plan found it, and ApplyError where the change did not come to be; that says what the port
    is like now. Raises SwitchError where that is not known: then the hint has the commands that undo the change.
    """
    what = f"change {plan.before.port} of {plan.switch}"
    if not plan.commands:
        yield Step(what, "skipped", "it is so already")
        return
    with open_session(target, patience=patience) as session:
        editing = editing_of(session.platform, unproved=unproved)
        session.raise_privileges()
        found = _setting(session, editing, plan)
        if found != plan.before:
            changed = (
                f"{plan.before.port} is no longer as the plan found it: {_difference(plan.before, found)}"
            )
            raise RefusedError(changed, where=target.where, hint="plan it again")
        yield Step(what, "started", "; ".join(plan.commands))
        guard = Guard(f"microdc-{secrets.token_hex(4)}", plan.dead_man, plan.undo) if plan.dead_man else None
        attempt = _Attempt(session, editing, plan, guard, time.monotonic() + (plan.dead_man or 0) + _MARGIN)
        try:
            _send(attempt)
            yield Step(what, "progress", "read back; now over a new connection")
            _confirm(attempt, patience)
        except CommandError as problem:
            raise _taken_back(attempt, problem.what) from None
        except SwitchError as problem:
            raise _after(attempt, problem) from None
        except (KeyboardInterrupt, GeneratorExit) as stop:
            stop.add_note(_taken_back(attempt, "interrupted").what)
            raise
        _save(attempt)
    yield Step(what, "done", "; ".join(plan.diff))


def _setting(session: Session, editing: Editing, plan: Plan) -> PortSetting:
    return editing.setting(plan.before.port, session.answers(editing.questions(plan.before.port)))


def _difference(wanted: PortSetting, found: PortSetting) -> str:
    names = [
        name
        for name in ("up", "description", "vlan", "tagged")
        if getattr(wanted, name) != getattr(found, name)
    ]
    return ", ".join(f"{name} is {getattr(found, name)!r}, not {getattr(wanted, name)!r}" for name in names)


def _send(attempt: _Attempt) -> None:
    """Raises CommandError where the switch does not take a command, or took all and is not as planned."""
    plan = attempt.plan
    for command in attempt.editing.batch(plan.commands, attempt.guard):
        attempt.session.ask(command)
    found = _setting(attempt.session, attempt.editing, plan)
    if found != plan.after:
        late = attempt.guard is not None and time.monotonic() > attempt.until - _MARGIN
        told = "the switch took it back before it could be read" if late else _difference(plan.after, found)
        raise CommandError("; ".join(plan.commands), told)


def _confirm(attempt: _Attempt, patience: float) -> None:
    """Reads the change back over a new connection, which nothing of the first one helps, and ends the guard."""
    plan, editing = attempt.plan, attempt.editing
    with open_session(attempt.target, patience=patience) as session:
        session.raise_privileges()
        found = _setting(session, editing, plan)
        if found != plan.after:
            told = f"over a new connection {_difference(plan.after, found)}"
            raise CommandError("; ".join(plan.commands), told)
        if attempt.guard is None or editing.confirm is None:
            return
        answers = {command: session.ask(command) for command in editing.confirm(attempt.guard.name)}
        if not editing.kept(answers):
            told = "the switch took it back before it was confirmed"
            raise CommandError("; ".join(plan.commands), told)


def _save(attempt: _Attempt) -> None:
    for command in attempt.editing.save:
        try:
            attempt.session.ask(command)
        except MicrodcError as problem:
            what = f"the change stands, but was not saved: {problem.what}"
            hint = "it is lost when the switch restarts"
            raise ApplyError(what, where=attempt.target.where, hint=hint) from None


def _taken_back(attempt: _Attempt, why: str) -> ApplyError:
    """Undoes the change over the session that made it, and tells what came of that."""
    session, editing, plan = attempt.session, attempt.editing, attempt.plan
    try:
        for command in editing.abandon:
            session.conversation.ask(command)
        for command in editing.batch(plan.undo, None):
            session.ask(command)
        found = _setting(session, editing, plan)
        if attempt.guard is not None and editing.confirm is not None:
            for command in editing.confirm(attempt.guard.name):
                session.conversation.ask(command)
    except MicrodcError as problem:
        return attempt.error(f"{why}; and taking it back failed: {problem.what}")
    if found != plan.before:
        return attempt.error(f"{why}; it was taken back, but now {_difference(plan.before, found)}")
    return attempt.error(f"{why}; it was taken back: {plan.before.port} is as before", settled=True)


def _after(attempt: _Attempt, problem: SwitchError) -> MicrodcError:
    """What is to be told after the switch was lost in the middle of a change.

    Where only the new connection failed, the first one still takes the change back; else the guard does.
    """
    plan = attempt.plan
    told = _taken_back(attempt, f"the change cannot be read back: {problem.what}")
    if not told.hint:
        return told
    if attempt.guard is None:
        what = f"{problem.what}, after the change was sent"
        return SwitchError(problem.cause, what, where=attempt.target.where, hint=attempt.by_hand, sent=True)
    time.sleep(max(0.0, attempt.until - time.monotonic()))
    try:
        with open_session(attempt.target) as again:
            again.raise_privileges()
            found = _setting(again, attempt.editing, plan)
    except MicrodcError as still:
        late = f"{plan.dead_man} s later, when the switch should have taken the change back"
        what = f"{problem.what}; {late}: {still.what}"
        return SwitchError(Cause.ENDED, what, where=attempt.target.where, hint=attempt.by_hand, sent=True)
    if found == plan.before:
        by_itself = f"the switch took the change back by itself: {plan.before.port} is as before"
        return attempt.error(f"{problem.what}; {by_itself}", settled=True)
    return attempt.error(f"{problem.what}; now {_difference(plan.before, found)}")
