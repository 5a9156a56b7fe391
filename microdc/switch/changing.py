"""A port of a switch changed: planned by what the switch says, with leave of the leases, one at a time, and written down.

Who changes a port of a switch has it for himself by the entry of the journal that he opened: the first of two goes on. What a process that is
gone began is settled by the next that changes something at that switch, from what the switch says.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from datetime import UTC, datetime

from microdc.errors import InputError, MicrodcError, RefusedError
from microdc.events import Step
from microdc.store.model import Entry
from microdc.store.pages import Book
from microdc.store.plain import plain
from microdc.store.process import presence
from microdc.switch.cli import operate
from microdc.switch.cli.model import Plan, PortChange, PortSetting, Target
from microdc.switch.cli.planning import DEAD_MAN
from microdc.switch.cli.targets import target_of
from microdc.switch.targets import chosen
from microdc.testbed.model import Switch, Testbed

KIND = "switch"
"""What the journal calls a change of a switch."""
_LOGIN = 60.0
"""Seconds that may pass from an entry's beginning to the first command of it: two logins, and what the switch is asked before."""


def one(testbed: Testbed, name: str) -> Switch:
    """The one switch that is meant. Raises InputError where there is none, or several."""
    found = chosen(testbed, (name,))
    if len(found) > 1:
        names = ", ".join(switch.name for switch in found)
        raise InputError(
            f"{name} stands for several switches: {names}", hint="a port is one switch's: name it"
        )
    return found[0]


def plan(
    testbed: Testbed,
    switch: Switch,
    change: PortChange,
    book: Book | None = None,
    *,
    confirm_within: float = DEAD_MAN,
) -> Generator[Step, None, Plan]:
    """What a change comes to now; nothing is changed.

    book: of who means to carry it out, None where it is only looked at. It asks for leave, and settles what others left at this switch before the
    plan is made. confirm_within: seconds after which the switch takes the change back unless it was confirmed, where it can.

    Raises RefusedError where somebody else holds the rack or changes a port of this switch, InputError for what the documents say too little of, and
    as `cli.operate.plan`.
    """
    target = target_of(testbed, switch)
    if book is not None:
        book.ask_leave(_held(switch))
        yield from _settle(book, target)
    label = f"{switch.name}: plan {change.port}"
    yield Step(label, "started")
    made = operate.plan(target, change, dead_man=math.ceil(confirm_within))
    yield Step(label, "done")
    return made


def apply(testbed: Testbed, switch: Switch, made: Plan, book: Book) -> Generator[Step, None, None]:
    """Carries a plan out, as `cli.applying.apply`; it is in the journal before anything is sent, and how it came out after it."""
    target = target_of(testbed, switch)
    book.ask_leave(_held(switch))
    port = made.before.port
    data = {
        "switch": target.path,
        "port": port,
        "before": made.before,
        "after": made.after,
        "commands": made.commands,
        "undo": made.undo,
        "dead_man": made.dead_man,
    }
    with book.page(KIND, f"{port} of {switch.name}: {'; '.join(made.diff)}", data) as page:
        for entry in _open(book, target):
            if entry.id < page.entry:
                _check_not_at_work(entry)
        try:
            yield from operate.apply(target, made)
        except (KeyboardInterrupt, GeneratorExit) as stop:
            page.result["told"] = list(getattr(stop, "__notes__", ()))
            raise


def _held(switch: Switch) -> tuple[str, ...]:
    """What has to be free for a change, as the leases call it."""
    return (f"rack:{switch.site}/{switch.rack}",)


def _open(book: Book, target: Target) -> list[Entry]:
    """Changes of ports of this switch that have no end, oldest first."""
    unfinished = book.store.journal.unfinished(book.testbed)
    return [entry for entry in unfinished if entry.kind == KIND and entry.data.get("switch") == target.path]


def _settle(book: Book, target: Target) -> Generator[Step, None, None]:
    """Closes what processes that are gone began at this switch. Raises RefusedError where it is too early for that."""
    for entry in _open(book, target):
        _check_not_at_work(entry)
        if presence(entry.actor) != "gone":
            continue  # another host's, long ago: it cannot be told here whether it runs
        port = entry.data["port"]
        label = f"{target.name}: look after {port}, whose change was left"
        yield Step(label, "started")
        try:
            found = operate.setting(target, port)
        except MicrodcError as problem:
            yield Step(label, "failed", problem.what)
            continue  # it stays open: whoever reads the switch next settles it
        came, words = _judged(entry, found)
        settled = {"settled": f"the process was gone before it wrote this down; {words}", "found": found}
        book.store.journal.settle(entry.id, settled, outcome="done" if came else "interrupted")
        yield Step(label, "done", words)


def _judged(entry: Entry, found: PortSetting) -> tuple[bool, str]:
    """Whether what an entry began came to be, and how the port is now."""
    port = entry.data["port"]
    if plain(found) == entry.data["after"]:
        return True, f"{port} is as it was to be; whether the switch has saved that was not looked at"
    if plain(found) == entry.data["before"]:
        return False, f"{port} is as it was before"
    return False, f"{port} is neither as it was before nor as it was to be"


def _check_not_at_work(entry: Entry) -> None:
    """Raises RefusedError where a change is going on, or its switch may still take it back."""
    what = f"{entry.actor.owner} changes {entry.data['port']} of it"
    where, there = entry.data["switch"], presence(entry.actor)
    if there == "running":
        hint = f"process {entry.actor.pid}; microdc log show {entry.id}"
        raise RefusedError(what, where=where, hint=hint)
    left = _LOGIN + (entry.data["dead_man"] or 0) - (datetime.now(UTC) - entry.began).total_seconds()
    if left > 0 and there == "gone":
        what = f"a change of {entry.data['port']} was left by a process that is gone, and the switch may still take it back"
        raise RefusedError(
            what, where=where, hint=f"again in {math.ceil(left)} s; microdc log show {entry.id}"
        )
    if left > 0:
        raise RefusedError(what, where=where, hint=f"from {entry.actor.host}; microdc log show {entry.id}")
