"""The history of health as rows: values, and the SQL of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CTE, Connection, Row, delete, func, select, update

from microdc.errors import RefusedError
from microdc.store.model import Actor
from microdc.store.plain import plain_text
from microdc.store.process import presence
from microdc.store.tables import health_changes, health_keepers, health_points

MINUTE: Final = 60
SILENT: Final = timedelta(minutes=3)
"""A keeper of another machine that has told nothing for so long is gone."""
PRUNED: Final = 50_000
"""Points after which a transaction that removes them ends, so that nobody waits long for it."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A device that came into another state. device: its key; why: in words, "" where it is well."""

    at: datetime
    device: str
    before: str
    after: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class PointRow:
    """The mean of each figure of a device in a minute. minute: Unix seconds of its beginning."""

    device: str
    minute: int
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeeperRow:
    """Who keeps, or kept last. since: when he began; at: when he told last that he is there. ended: whether he has said that he ends."""

    actor: Actor
    since: datetime
    at: datetime
    ended: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """That the health of a testbed is ours to keep."""

    testbed: str
    token: str


def prune_changes(connection: Connection, testbed: str, before: datetime) -> None:
    column = health_changes.c
    latest = select(func.max(column.id)).where(column.testbed == testbed).group_by(column.device)
    old = (column.testbed == testbed, column.at < before, column.id.not_in(latest))
    connection.execute(delete(health_changes).where(*old))


def prune_points(connection: Connection, testbed: str, until: int) -> bool:
    column = health_points.c
    removed = 0
    for device in connection.execute(select(devices(testbed).c.device)).scalars().all():
        old = (column.testbed == testbed, column.device == device, column.minute < until)
        removed += connection.execute(delete(health_points).where(*old)).rowcount
        if removed > PRUNED:
            return True
    return False


def devices(testbed: str) -> CTE:
    """The devices of which there are points, each found by one look into the key: a table of millions is not read for it."""
    column = health_points.c
    found = (select(func.min(column.device).label("device")).where(column.testbed == testbed)).cte(
        "devices", recursive=True
    )
    following = (
        select(func.min(column.device))
        .where(column.testbed == testbed, column.device > found.c.device)
        .correlate(found)
        .scalar_subquery()
    )
    every = found.union_all(select(following).where(found.c.device.is_not(None)))
    return select(every.c.device).where(every.c.device.is_not(None)).cte("known")


def changed(testbed: str, since: datetime, until: datetime) -> tuple[Any, ...]:
    column = health_changes.c
    return column.testbed == testbed, column.at >= since, column.at <= until


def within(query: Any, testbed: str, since: datetime, until: datetime, devices: CTE) -> Any:
    """Points of that time, device by device, as the key has them."""
    column = health_points.c
    return query.join_from(devices, health_points, column.device == devices.c.device).where(
        column.testbed == testbed,
        column.minute > since.timestamp() - MINUTE,
        column.minute <= until.timestamp(),
    )


def mine(hold: Hold) -> Any:
    column = health_keepers.c
    return update(health_keepers).where(column.testbed == hold.testbed, column.token == hold.token)


def keeper(connection: Connection, testbed: str) -> KeeperRow | None:
    row = connection.execute(select(health_keepers).where(health_keepers.c.testbed == testbed)).first()
    if row is None:
        return None
    actor = Actor(row.owner, row.account, row.host, row.pid, (), row.started, row.boot)
    return KeeperRow(actor, row.since, row.at, not row.token)


def gone(keeper: KeeperRow, now: datetime) -> bool:
    """Whether a keeper that has not said that he ends is there no longer."""
    there = presence(keeper.actor)
    return there == "gone" or (there == "unknown" and now - keeper.at >= SILENT)


def refused(testbed: str, there: KeeperRow | None) -> RefusedError:
    if there is None or there.ended:
        return RefusedError(f"the health of {testbed} is no longer ours to keep", where=testbed)
    who = f"{there.actor.owner}, process {there.actor.pid} on {there.actor.host}, since {there.since:%Y-%m-%d %H:%M} UTC"
    minutes = SILENT.total_seconds() / 60
    hint = f"one keeps, all may look; one of another machine counts as gone when it has told nothing for {minutes:.0f} min"
    return RefusedError(f"its health is kept already: {who}", where=testbed, hint=hint)


def change_values(hold: Hold, one: ChangeRow) -> dict[str, Any]:
    return {
        "testbed": hold.testbed,
        "device": plain_text(one.device),
        "at": one.at,
        "before": one.before,
        "after": one.after,
        "why": plain_text(one.why),
    }


def change(row: Row[Any]) -> ChangeRow:
    return ChangeRow(row.at, row.device, row.before, row.after, row.why)


def point(row: Row[Any]) -> PointRow:
    return PointRow(row.device, row.minute, row.figures)
