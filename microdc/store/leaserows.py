"""Leases as rows: what the clocks say of them, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, or_, select, update

from microdc.store.clocks import Reading
from microdc.store.model import Lease, LeaseState
from microdc.store.plain import plain_text
from microdc.store.tables import leases

_STEP = timedelta(seconds=1)
"""Less than this apart, the two clocks agree: they are not read in the same instant."""


def read(
    connection: Connection, testbed: str | None, now: Reading, past: timedelta = timedelta(0)
) -> list[Lease]:
    """The leases that are not over on this machine's present clocks, and those over not longer than `past` ago."""
    recent = leases.c.ends > now.wall - past
    if now.boot:
        recent = or_(recent, leases.c.boot == now.boot)
    query = select(leases).where(recent).order_by(leases.c.begins, leases.c.id)
    if testbed is not None:
        query = query.where(leases.c.testbed == testbed)
    found = [_lease(row, now) for row in connection.execute(query)]
    return [lease for lease in found if lease.ends > now.wall - past]


def _lease(row: Row[Any], now: Reading) -> Lease:
    """A lease in terms of the present wall clock: in the same boot its end is told by the clock that nobody steps."""
    begins, ends = row.begins, row.ends
    if row.uptime is not None and row.boot == now.boot and not row.ended_how:
        told = now.wall + timedelta(microseconds=(row.uptime - now.uptime) // 1000)
        ends = told if abs(told - ends) > _STEP else ends
        begins = min(begins, now.wall)
    return Lease(
        row.id, row.testbed, row.resource, row.holder, row.kind, row.reason, begins, ends, row.taken, row.token,
        _state(row.ended_how, begins, ends, now.wall), row.ended_by,
    )  # fmt: skip


def _state(
    ended_how: Literal["", "released", "forced"], begins: datetime, ends: datetime, now: datetime
) -> LeaseState:
    if ended_how:
        return ended_how
    if now < begins:
        return "planned"
    return "held" if now < ends else "expired"


def put(connection: Connection, lease: Lease, now: Reading) -> Lease:
    """Writes a lease, a new one where its id is 0. One that holds now goes by the boot clock, where there is one."""
    holds, remaining = lease.begins <= now.wall, lease.ends - now.wall
    values = {
        "begins": lease.begins,
        "ends": lease.ends,
        "reason": lease.reason,
        "boot": now.boot if holds else "",
        "uptime": now.uptime + remaining // timedelta(microseconds=1) * 1000 if holds and now.boot else None,
    }
    lease = replace(lease, state="held" if holds else "planned")
    if lease.id:
        connection.execute(update(leases).where(leases.c.id == lease.id).values(values))
        return lease
    values |= {
        "testbed": lease.testbed,
        "resource": lease.resource,
        "holder": plain_text(lease.holder),
        "kind": lease.kind,
        "taken": lease.taken,
        "token": lease.token,
        "ended_how": "",
        "ended_by": "",
    }
    made = connection.execute(insert(leases).values(values).returning(leases.c.id)).scalar_one()
    return replace(lease, id=made)


def end(connection: Connection, over: Sequence[Lease], how: LeaseState, by: str, now: Reading) -> list[Lease]:
    """Ends leases now; what they are then."""
    for lease in over:
        values = {"ends": now.wall, "ended_how": how, "ended_by": plain_text(by)}
        connection.execute(update(leases).where(leases.c.id == lease.id).values(values))
    return [replace(lease, ends=now.wall, state=how, ended_by=by) for lease in over]
