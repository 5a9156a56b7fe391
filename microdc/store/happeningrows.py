"""What agents told, as rows. Each agent counts what it tells, so that it comes in once, whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, select

from microdc.store import entryrows, tables
from microdc.store.happenings import Happening
from microdc.store.model import Actor


def new(connection: Connection, testbed: str, told: Iterable[Happening]) -> list[Happening]:
    """Those beyond the last one that came in from the same emulator and boot, oldest first. One query, however many."""
    offered = {(one.emulator, one.boot, one.number): one for one in told}
    column = tables.happenings.c
    last = (
        select(column.emulator, column.boot, func.max(column.number))
        .where(column.testbed == testbed, column.boot.in_({one.boot for one in offered.values()}))
        .group_by(column.emulator, column.boot)
    )
    known = {(emulator, boot): number for emulator, boot, number in connection.execute(last)}
    beyond = [one for one in offered.values() if one.number > known.get((one.emulator, one.boot), 0)]
    return sorted(beyond, key=lambda one: (one.at, one.emulator, one.number))


def add(connection: Connection, testbed: str, happening: Happening) -> None:
    """Writes one down, as an entry that is over."""
    actor = Actor("", "agent", happening.emulator, 0, (), 0, happening.boot)
    entry = entryrows.write(
        connection, happening.at, "agent", actor, testbed, summary=happening.text, outcome="done"
    )
    key = {"emulator": happening.emulator, "boot": happening.boot, "number": happening.number}
    connection.execute(insert(tables.happenings), {"entry": entry, "testbed": testbed, **key})
