"""Switches the outlets of one server: all of them or, as far as that can be, none; and what stands is told where it came otherwise.

Outlets are set one after the other, each in a request of its own, which all agents take. A refusal in the middle of switching off is undone: the
server never lost its power, and has its second feed back. In the middle of switching on nothing is undone: that would cut the power of a server that has just got it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from microdc.bmc.errors import BmcError, BmcRefusedError
from microdc.bmc.pdu.faults import translated
from microdc.bmc.pdu.feeds import Feed, Read, read
from microdc.snmp.errors import SnmpError

_POLL = 0.5


class Clock(Protocol):
    """The time as switching needs it."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def sleep(self, seconds: float) -> None:
        """Returns after a time."""


SYSTEM: Clock = time


def switch(feeds: Sequence[Feed], *, on: bool) -> None:
    """Switches all, also those that read so already: a state may lag behind what was asked before.

    Raises BmcError and BmcRefusedError: before anything was set where an outlet cannot be read or is not there; else with what stands now.
    """
    _switch(feeds, on=on, touched=[])


def cycle(feeds: Sequence[Feed], *, rest: float, patience: float, clock: Clock = SYSTEM) -> None:
    """All off, a rest, all on, each read back: a server with two feeds has lost its power only once both read off.

    rest, patience: seconds. What can be switched on again is, also where it did not all go off, where a PDU is gone by then, and where somebody
    interrupts the rest. Raises as `switch`.
    """
    touched: list[Feed] = []
    try:
        _switch(feeds, on=False, touched=touched)
        _await(feeds, on=False, patience=patience, clock=clock)
        clock.sleep(rest)
    except BaseException as problem:
        _on_after(touched, problem)
        raise
    failed = _on_again(feeds)
    if failed:
        raise _left(f"its outlets were switched off, but {_words(failed)}", feeds, failed)
    _await(feeds, on=True, patience=patience, clock=clock)


def _switch(feeds: Sequence[Feed], *, on: bool, touched: list[Feed]) -> None:
    """touched: filled with those that were, or may have been, switched."""
    before = _checked(feeds)
    for feed in feeds:
        touched.append(feed)
        try:
            _set(feed, on=on)
        except SnmpError as problem:
            if not problem.sent:
                touched.pop()
            if not touched or touched == [feed]:
                raise translated(problem) from problem
            undone = ""
            if not on and not problem.sent:
                undone = _undo([one for one in touched if before.states[one].on])
                touched.clear()
            raise BmcRefusedError(
                f"{feed.name} could not be switched {'on' if on else 'off'} ({problem.what}){undone}; now {read(feeds).words()}",
                where=problem.where,
                hint=problem.hint,
                codes=(str(problem.cause),),
            ) from problem


def _checked(feeds: Sequence[Feed]) -> Read:
    """The states of all, before the first is switched."""
    found = read(feeds)
    for problem in found.failed.values():
        raise translated(problem) from problem
    for feed, state in found.states.items():
        if not state.there:
            raise BmcRefusedError(
                f"{feed.name}: the PDU has no such outlet; nothing was switched",
                where=feed.pdu.agent.where,
                hint=f"is the power cable of the inventory right, and are its outlets in {feed.table.name}?",
            )
    return found


def _set(feed: Feed, *, on: bool) -> None:
    """Sets one outlet once. An answer that was lost is no failure where the outlet reads as wanted."""
    try:
        feed.pdu.set({feed.command: feed.table.on if on else feed.table.off})
    except SnmpError as problem:
        if not problem.sent:
            raise
        found = read([feed])
        if feed in found.failed or found.states[feed].on is not on:
            raise


def _undo(feeds: Sequence[Feed]) -> str:
    """Switches on again what was just switched off; what to say of it."""
    failed = _on_again(feeds)
    back = [f"{feed.name} was switched on again" for feed in feeds if feed not in failed]
    told = [*back, *([_words(failed)] if failed else [])]
    return f"; {', '.join(told)}" if told else ""


def _on_again(feeds: Sequence[Feed]) -> dict[Feed, SnmpError]:
    """Switches each on, whatever becomes of the others. What went wrong with those that could not be."""
    failed = {}
    for feed in feeds:
        try:
            _set(feed, on=True)
        except SnmpError as problem:
            failed[feed] = problem
    return failed


def _words(failed: Mapping[Feed, SnmpError]) -> str:
    return ", ".join(
        f"{feed.name} could not be switched on again ({problem.what})" for feed, problem in failed.items()
    )


def _on_after(touched: Sequence[Feed], problem: BaseException) -> None:
    """After a cycle that came to nothing. Raises BmcRefusedError, but for an interruption after which all is on again."""
    if not touched:
        return
    failed = _on_again(touched)
    known = problem if isinstance(problem, BmcError | BmcRefusedError) else None
    why = known.what if known else "interrupted"
    if failed:
        raise _left(f"not cycled ({why}), but {_words(failed)}", touched, failed) from problem
    if known:
        # a refusal, not an error that leaves open what was done: it is known
        raise BmcRefusedError(
            f"not cycled: {why}", where=touched[0].pdu.agent.where, hint="its outlets were switched on again"
        ) from problem


def _left(what: str, feeds: Sequence[Feed], failed: Mapping[Feed, SnmpError]) -> BmcRefusedError:
    """A server that was left with less than all of its power."""
    return BmcRefusedError(
        f"{what}; now {read(feeds).words()}",
        where=next(iter(failed)).pdu.agent.where,
        hint="microdc power on, once its PDUs answer",
    )


def _await(feeds: Sequence[Feed], *, on: bool, patience: float, clock: Clock) -> None:
    """Reads until all are so. Raises BmcRefusedError where they are not in time."""
    end = clock.monotonic() + patience
    while True:
        found = read(feeds)
        if not found.failed and all(state.on is on for state in found.states.values()):
            return
        if clock.monotonic() >= end:
            word = "on" if on else "off"
            what = f"its outlets were switched {word}, but {patience:g} s later {found.words()}"
            raise BmcRefusedError(what, where=feeds[0].pdu.agent.where)
        clock.sleep(_POLL)
