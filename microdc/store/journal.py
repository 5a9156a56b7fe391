"""The journal: what was done, by whom, and how it came out. What `begin` returned for survives any crash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update

from microdc.errors import InputError, RefusedError
from microdc.store import entryrows, happeningrows, tables
from microdc.store.database import Database
from microdc.store.happenings import Happening
from microdc.store.model import Actor, Entry, Event, Outcome
from microdc.store.plain import plain
from microdc.store.process import presence


class Journal:
    """The journal of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- writing

    def begin(
        self,
        kind: str,
        actor: Actor,
        testbed: str,
        summary: str,
        data: Mapping[str, Any] | None = None,
        *,
        inputs: Mapping[str, bytes] | None = None,
    ) -> int:
        """Writes down that something begins; the id of the entry, which is on the disk when this returns.

        kind: such as "apply", "undo", "measurement", "calibration". data: what is to be done, as JSON. inputs: the
        documents that it follows from, by name; the same content is kept once.
        """
        with self._database.writing() as connection:
            began = self._database.now(connection).wall
            return entryrows.write(
                connection, began, kind, actor, testbed, summary=summary, data=data, inputs=inputs
            )

    def end(self, ident: int, outcome: Outcome, result: Mapping[str, Any] | None = None) -> None:
        """Writes down how it came out. Raises InputError where the entry has an end already.

        One that somebody took for interrupted gets its true end.
        """
        if outcome == "open":
            raise ValueError("an end is not open")
        with self._database.writing() as connection:
            if not self._close(connection, ident, ("open", "interrupted"), outcome, result):
                ended = entryrows.one(connection, ident).outcome
                raise InputError(f"it has ended already: {ended}", where=f"entry {ident}")

    def note(
        self,
        kind: str,
        actor: Actor,
        testbed: str,
        summary: str,
        data: Mapping[str, Any] | None = None,
        *,
        outcome: Outcome = "done",
    ) -> int:
        """Writes down what happened in one moment; the id of the entry."""
        with self._database.writing() as connection:
            now = self._database.now(connection).wall
            return entryrows.write(
                connection, now, kind, actor, testbed, summary=summary, data=data, outcome=outcome
            )

    def settle(
        self,
        ident: int,
        found: Mapping[str, Any] | None = None,
        *,
        outcome: Literal["done", "interrupted"] = "interrupted",
    ) -> bool:
        """Closes an open entry whose process is gone; whether that was left to do. found: what is known of what it left.

        Raises RefusedError while its process runs, or where that cannot be told from here (then `end` closes it).
        """
        with self._database.writing() as connection:
            entry = entryrows.one(connection, ident)
            if entry.outcome != "open":
                return False
            there = presence(entry.actor)
            if there != "gone":
                words = {
                    "running": "still runs",
                    "unknown": "is another host's: it cannot be told whether it runs",
                }
                what = f"the process {entry.actor.pid} on {entry.actor.host} {words[there]}"
                raise RefusedError(what, where=f"entry {ident}", hint="settle it on that host")
            return self._close(connection, ident, ("open",), outcome, found)

    def happened(
        self, testbed: str, emulator: str, boot: str, number: int, *, at: datetime, text: str
    ) -> bool:
        """Takes in one thing that an emulator did without a controller; whether it is new."""
        return self.take_in(testbed, [Happening(emulator, boot, number, at, text)]) == 1

    def take_in(self, testbed: str, told: Sequence[Happening]) -> int:
        """Takes in what emulators did without a controller, in one transaction; how much of it is new.

        Where nothing is, which is nearly always, nobody who writes is waited for.
        """
        with self._database.reading() as connection:
            if not happeningrows.new(connection, testbed, told):
                return 0
        with self._database.writing() as connection:
            new = happeningrows.new(connection, testbed, told)  # another controller may have been faster
            for happening in new:
                happeningrows.add(connection, testbed, happening)
            return len(new)

    # -- reading

    def entry(self, ident: int) -> Entry:
        """One entry. Raises InputError where there is none of this number."""
        with self._database.reading() as connection:
            return entryrows.one(connection, ident)

    def inputs(self, ident: int) -> dict[str, bytes]:
        """The documents that an entry followed from, by name."""
        kept, blobs = tables.inputs, tables.blobs
        query = (
            select(kept.c.name, blobs.c.content)
            .join(blobs)
            .where(kept.c.entry == ident)
            .order_by(kept.c.name)
        )
        with self._database.reading() as connection:
            return {row.name: bytes(row.content) for row in connection.execute(query)}

    def entries(
        self,
        testbed: str | None = None,
        *,
        since: datetime | None = None,
        kinds: Iterable[str] = (),
        outcome: Outcome | None = None,
        last: int | None = None,
        after_id: int | None = None,
    ) -> list[Entry]:
        """Entries, oldest first. last: only so many, the newest."""
        column = tables.entries.c
        query = entryrows.chosen(select(tables.entries), testbed, since, tuple(kinds))
        if outcome is not None:
            query = query.where(column.outcome == outcome)
        if after_id is not None:
            query = query.where(column.id > after_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(column.id.desc()).limit(last)).all()
        return [entryrows.entry_of(row) for row in reversed(rows)]

    def unfinished(self, testbed: str | None = None) -> list[Entry]:
        """What began and has no end, oldest first: it runs, or its process is gone (process.presence tells which)."""
        return self.entries(testbed, outcome="open")

    def events(
        self,
        testbed: str | None = None,
        *,
        since: datetime | None = None,
        kinds: Iterable[str] = (),
        after: int = 0,
        last: int | None = None,
    ) -> list[Event]:
        """Begins and ends of entries, and what agents told, in the order in which they were written down.

        after: only events with a higher number. last: only so many, the newest.
        """
        moment = tables.events.c
        query = (
            select(tables.entries, moment.id.label("number"), moment.what, moment.at)
            .join_from(tables.events, tables.entries)
            .where(moment.id > after)
        )
        query = entryrows.chosen(query, testbed, None, tuple(kinds))
        if since is not None:
            query = query.where(moment.at >= since)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(moment.id.desc()).limit(last)).all()
        return [Event(row.number, row.what, row.at, entryrows.entry_of(row)) for row in reversed(rows)]

    def last_event(self) -> int:
        """The number of the newest event; 0 where there is none."""
        with self._database.reading() as connection:
            return connection.execute(select(func.max(tables.events.c.id))).scalar_one() or 0

    # --

    def _close(
        self,
        connection: Connection,
        ident: int,
        from_: Sequence[str],
        outcome: Outcome,
        result: Mapping[str, Any] | None,
    ) -> bool:
        now, column = self._database.now(connection).wall, tables.entries.c
        change = update(tables.entries).where(column.id == ident, column.outcome.in_(from_))
        values = {"outcome": outcome, "ended": now, "result": plain(result or {})}
        if not connection.execute(change.values(values)).rowcount:
            return False
        connection.execute(insert(tables.events).values(entry=ident, what="ended", at=now))
        return True
