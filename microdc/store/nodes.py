"""Servers in their deployed life, and what was seen of them, as rows. What they mean is the business of who deploys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, not_, select, update

from microdc.errors import RefusedError
from microdc.store.database import Database, insert_new
from microdc.store.plain import plain, plain_text
from microdc.store.tables import evidence, keys, nodes, presences, stations

KEPT = 20_000
"""Lines of evidence that are kept of one site: some hundred moves."""
KEPT_OF_STRANGERS = 5_000
"""Of them beside, that are of nobody who is known: a flood of theirs fills no store, and pushes out nothing that was seen of a node."""


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as the store has it. version: 0 for one that it does not have yet. body: plain values."""

    testbed: str
    name: str
    site: str
    state: str
    body: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True)
class SeenRow:
    """One thing that was seen. at: by the clock of who saw it; taken: by the store's, None before it has it. number: in the log of the
    site's boot services, 0 where that does not count it. id: grows in the order in which things were taken in.
    """

    site: str
    source: str
    kind: str
    at: datetime
    node: str = ""
    mac: str = ""
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0
    taken: datetime | None = None
    id: int = 0


class Nodes:
    """The nodes of a store, and the evidence."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- nodes

    def get(self, testbed: str, names: Sequence[str] | None = None) -> dict[str, NodeRow]:
        """The nodes that are there, by name: those that are named, or all."""
        with self._database.reading() as connection:
            return _nodes(connection, testbed, names)

    def put(self, row: NodeRow) -> NodeRow:
        """Keeps what became of a node, durable when this returns; with its new version.

        Raises RefusedError where somebody else changed it since it was read: nothing is kept then.
        """
        with self._database.writing() as connection:
            values = {
                "site": row.site,
                "state": row.state,
                "version": row.version + 1,
                "changed": self._database.now(connection).wall,
                "body": plain(row.body),
            }
            mine = (nodes.c.testbed == row.testbed, nodes.c.name == row.name)
            if row.version:
                done = connection.execute(
                    update(nodes).where(*mine, nodes.c.version == row.version).values(values)
                )
                kept = done.rowcount == 1
            else:
                kept = connection.execute(select(nodes.c.version).where(*mine)).first() is None
                if kept:
                    connection.execute(insert(nodes).values(testbed=row.testbed, name=row.name, **values))
        if not kept:
            hint = "another microdc is at work with it: `microdc deploy status` tells"
            raise RefusedError("somebody else changed this node meanwhile", where=row.name, hint=hint)
        return NodeRow(row.testbed, row.name, row.site, row.state, plain(row.body), row.version + 1)

    def forget(self, testbed: str, name: str) -> None:
        """Takes a node away that is no longer declared; what was seen of it stays."""
        with self._database.writing() as connection:
            connection.execute(delete(nodes).where(nodes.c.testbed == testbed, nodes.c.name == name))

    def revise(self, testbed: str, site: str) -> tuple[int, dict[str, NodeRow]]:
        """A number for a new configuration of a site's boot services, and the nodes that it is to be made of, as of one moment.

        So a configuration with a higher number never says less than one with a lower. The number is at least the time in ms: it grows
        also where a store was made anew.
        """
        with self._database.writing() as connection:
            now = int(self._database.now(connection).wall.timestamp() * 1000)
            row = _station(connection, testbed, site)
            revision = max(row.revision + 1, now)
            connection.execute(_of(testbed, site).values(revision=revision))
            rows = _nodes(connection, testbed, None)
        return revision, {name: node for name, node in rows.items() if node.site == site}

    # -- those who are at work with them

    def tell_presence(self, entry: int) -> None:
        """The process of an open entry of the journal is there."""
        with self._database.writing() as connection:
            now = self._database.now(connection).wall
            insert_new(connection, presences, [{"entry": entry, "at": now}])
            connection.execute(update(presences).where(presences.c.entry == entry).values(at=now))

    def silence(self, entry: int) -> timedelta | None:
        """For how long the process of an entry has not told that it is there, by the store's clock; None where it never did."""
        with self._database.reading() as connection:
            at = connection.execute(select(presences.c.at).where(presences.c.entry == entry)).scalar()
            return None if at is None else self._database.now(connection).wall - at

    def key(self, name: str) -> bytes | None:
        """A key that all controllers of the store share; None where it has none of this name."""
        with self._database.reading() as connection:
            return _key(connection, name)

    def keep_key(self, name: str, made: bytes) -> bytes:
        """Keeps a key unless there is one; the one that holds."""
        with self._database.writing() as connection:
            insert_new(connection, keys, [{"name": name, "content": made}])
            return _key(connection, name) or made

    # -- evidence

    def reached(self, testbed: str, site: str) -> tuple[str, int]:
        """Up to where a site's log was taken in: its name and the number; "" and 0 where nothing was."""
        with self._database.reading() as connection:
            mine = (stations.c.testbed == testbed, stations.c.site == site)
            row = connection.execute(select(stations).where(*mine)).first()
        return (row.log, row.number) if row else ("", 0)

    def take_in(self, testbed: str, site: str, log: str, seen: Iterable[SeenRow]) -> list[SeenRow]:
        """Takes in what a site's log holds, each line once however often it is told; what was new, by number."""
        with self._database.writing() as connection:
            there = _station(connection, testbed, site)
            after = there.number if there.log == log else 0
            new = sorted((row for row in seen if row.number > after), key=lambda row: row.number)
            if new or there.log != log:
                number = new[-1].number if new else 0
                connection.execute(_of(testbed, site).values(log=log, number=number))
            return self._add(connection, testbed, new)

    def add(self, testbed: str, seen: Iterable[SeenRow]) -> list[SeenRow]:
        """Keeps what was seen by others than a site's boot services."""
        with self._database.writing() as connection:
            return self._add(connection, testbed, list(seen))

    def seen(
        self, testbed: str, node: str = "", *, site: str = "", after: int = 0, limit: int | None = None
    ) -> list[SeenRow]:
        """What was seen after that id, oldest first: of a node, of a site (strangers on its segment, too), or of all. limit: the newest of it."""
        column = evidence.c
        query = select(evidence).where(column.testbed == testbed, column.id > after)
        if node:
            query = query.where(column.node == node)
        if site:
            query = query.where(column.site == site)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(column.id.desc()).limit(limit)).all()
        return [_seen(row) for row in reversed(rows)]

    def last(self, testbed: str) -> int:
        """The id of what was taken in last; 0 where nothing was."""
        with self._database.reading() as connection:
            query = select(func.max(evidence.c.id)).where(evidence.c.testbed == testbed)
            return connection.execute(query).scalar_one() or 0

    def _add(self, connection: Connection, testbed: str, seen: Sequence[SeenRow]) -> list[SeenRow]:
        if not seen:
            return []
        taken = self._database.now(connection).wall
        ids = []
        for row in seen:
            values = {
                "testbed": testbed,
                "site": row.site,
                "node": plain_text(row.node),
                "mac": plain_text(row.mac),
                "at": row.at,
                "taken": taken,
                "source": plain_text(row.source),
                "kind": plain_text(row.kind),
                "text": plain_text(row.text),
                "number": row.number,
                "data": plain(row.data),
            }
            ids.append(connection.execute(insert(evidence).returning(evidence.c.id), values).scalar_one())
        for site in {row.site for row in seen}:
            _prune(connection, testbed, site)
        query = select(evidence).where(evidence.c.id.in_(ids)).order_by(evidence.c.id)
        return [_seen(row) for row in connection.execute(query)]


def _nodes(connection: Connection, testbed: str, names: Sequence[str] | None) -> dict[str, NodeRow]:
    query = select(nodes).where(nodes.c.testbed == testbed)
    if names is not None:
        query = query.where(nodes.c.name.in_(names))
    rows = connection.execute(query.order_by(nodes.c.name))
    return {row.name: NodeRow(testbed, row.name, row.site, row.state, row.body, row.version) for row in rows}


def _key(connection: Connection, name: str) -> bytes | None:
    content = connection.execute(select(keys.c.content).where(keys.c.name == name)).scalar()
    return None if content is None else bytes(content)


def _station(connection: Connection, testbed: str, site: str) -> Row[Any]:
    """A site's row, made where there is none."""
    new = {"testbed": testbed, "site": site, "log": "", "number": 0, "revision": 0}
    insert_new(connection, stations, [new])
    mine = (stations.c.testbed == testbed, stations.c.site == site)
    return connection.execute(select(stations).where(*mine)).one()


def _of(testbed: str, site: str) -> Any:
    return update(stations).where(stations.c.testbed == testbed, stations.c.site == site)


def _seen(row: Row[Any]) -> SeenRow:
    return SeenRow(
        site=row.site,
        source=row.source,
        kind=row.kind,
        at=row.at,
        node=row.node,
        mac=row.mac,
        text=row.text,
        data=row.data,
        number=row.number,
        taken=row.taken,
        id=row.id,
    )


def _prune(connection: Connection, testbed: str, site: str) -> None:
    """Lets go of the oldest of a site's lines, where it has more than are kept."""
    stranger = and_(evidence.c.node == "", evidence.c.source != "station")
    for whose, kept in ((not_(stranger), KEPT), (stranger, KEPT_OF_STRANGERS)):
        mine = (evidence.c.testbed == testbed, evidence.c.site == site, whose)
        query = select(evidence.c.id).where(*mine).order_by(evidence.c.id.desc()).offset(kept).limit(1)
        oldest = connection.execute(query).scalar()
        if oldest is not None:
            connection.execute(delete(evidence).where(*mine, evidence.c.id <= oldest))
