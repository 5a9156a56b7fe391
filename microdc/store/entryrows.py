"""Entries as rows: how they are written, chosen and read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from microdc import __version__
from microdc.errors import InputError
from microdc.store import tables
from microdc.store.database import insert_new
from microdc.store.model import Actor, Entry, Outcome
from microdc.store.plain import plain, plain_text


def write(
    connection: Connection,
    began: datetime,
    kind: str,
    actor: Actor,
    testbed: str,
    *,
    summary: str,
    data: Mapping[str, Any] | None = None,
    inputs: Mapping[str, bytes] | None = None,
    outcome: Outcome = "open",
) -> int:
    """Adds an entry within a transaction, for what changes together with it; its id."""
    over = outcome != "open"
    values = {
        "kind": kind,
        "testbed": testbed,
        "owner": plain_text(actor.owner),
        "account": plain_text(actor.user),
        "host": plain_text(actor.host),
        "pid": actor.pid,
        "started": actor.started,
        "boot": actor.boot,
        "argv": plain(list(actor.argv)),
        "summary": plain_text(summary),
        "began": began,
        "ended": began if over else None,
        "outcome": outcome,
        "data": plain(data or {}),
        "result": {},
        "version": __version__,
    }
    ident: int = connection.execute(
        insert(tables.entries).returning(tables.entries.c.id), values
    ).scalar_one()
    if inputs:
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in inputs.items()}
        contents = {digests[name]: content for name, content in inputs.items()}
        blobs = [{"digest": digest, "content": content} for digest, content in sorted(contents.items())]
        insert_new(connection, tables.blobs, blobs)
        named = [{"entry": ident, "name": plain_text(n), "digest": digest} for n, digest in digests.items()]
        connection.execute(insert(tables.inputs), named)
    what = "happened" if over else "began"
    connection.execute(insert(tables.events), {"entry": ident, "what": what, "at": began})
    return ident


def chosen(
    query: Select[Any], testbed: str | None, since: datetime | None, kinds: Sequence[str]
) -> Select[Any]:
    column = tables.entries.c
    if testbed is not None:
        query = query.where(column.testbed == testbed)
    if since is not None:
        query = query.where(column.began >= since)
    return query.where(column.kind.in_(kinds)) if kinds else query


def one(connection: Connection, ident: int) -> Entry:
    row = connection.execute(
        select(tables.entries).where(tables.entries.c.id == min(ident, 2**63 - 1))
    ).first()
    if row is None:
        raise InputError(f"there is no entry {ident} in the journal", hint="`microdc log --all` lists them")
    return entry_of(row)


def entry_of(row: Row[Any]) -> Entry:
    actor = Actor(row.owner, row.account, row.host, row.pid, tuple(row.argv), row.started, row.boot)
    return Entry(
        row.id,
        row.kind,
        actor,
        row.testbed,
        row.summary,
        row.began,
        row.ended,
        row.outcome,
        row.data,
        row.result,
        row.version,
    )
