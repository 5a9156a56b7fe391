"""What was of a testbed's health: changes of states, figures by the minute, and who keeps them. What they mean is the business of who polls."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from microdc.store import healthrows
from microdc.store.database import Database, insert_new
from microdc.store.healthrows import ChangeRow, Hold, KeeperRow, PointRow
from microdc.store.model import Actor
from microdc.store.plain import plain, plain_text
from microdc.store.tables import health_changes, health_keepers, health_points


class HealthHistory:
    """The history of health in a store. Times are those of who polled, but for the keepers', which are the store's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- who keeps

    def take(self, testbed: str, actor: Actor) -> Hold:
        """Begins to keep. Raises RefusedError where somebody else does: two would tell everything twice, each in his own words."""
        with self._database.writing() as connection:
            now = self._database.now(connection).wall
            there = healthrows.keeper(connection, testbed)
            if there is not None and not there.ended and not healthrows.gone(there, now):
                raise healthrows.refused(testbed, there)
            hold = Hold(testbed, secrets.token_hex(8))
            connection.execute(delete(health_keepers).where(health_keepers.c.testbed == testbed))
            values = {
                "testbed": testbed,
                "owner": plain_text(actor.owner),
                "account": plain_text(actor.user),
                "host": plain_text(actor.host),
                "pid": actor.pid,
                "started": actor.started,
                "boot": actor.boot,
                "token": hold.token,
                "since": now,
                "at": now,
            }
            connection.execute(insert(health_keepers), values)
        return hold

    def release(self, hold: Hold) -> None:
        """Ends the keeping; that somebody else keeps meanwhile is no error."""
        with self._database.writing() as connection:
            now = self._database.now(connection).wall
            connection.execute(healthrows.mine(hold).values(token="", at=now))

    def keeper(self, testbed: str) -> KeeperRow | None:
        """Who keeps the health of a testbed, or did last; None where nobody ever did."""
        with self._database.reading() as connection:
            return healthrows.keeper(connection, testbed)

    # -- writing

    def put(self, hold: Hold, changes: Sequence[ChangeRow] = (), points: Sequence[PointRow] = ()) -> None:
        """Keeps all of it or nothing, and tells that its keeper is there. Of a minute that is there already the first stays.

        Raises RefusedError where somebody else keeps meanwhile.
        """
        with self._database.writing() as connection:
            now = self._database.now(connection).wall
            if connection.execute(healthrows.mine(hold).values(at=now)).rowcount != 1:
                there = healthrows.keeper(connection, hold.testbed)
                raise healthrows.refused(hold.testbed, there)
            if changes:
                connection.execute(
                    insert(health_changes), [healthrows.change_values(hold, one) for one in changes]
                )
            if points:
                rows = [
                    {
                        "testbed": hold.testbed,
                        "device": plain_text(one.device),
                        "minute": one.minute,
                        "figures": plain(one.figures),
                    }
                    for one in points
                ]
                insert_new(connection, health_points, rows)

    def prune(self, testbed: str, before: datetime) -> bool:
        """Removes what is older, some 50,000 points at most; whether there are more. The last change of a device stays: it says how the device is."""
        with self._database.writing() as connection:
            healthrows.prune_changes(connection, testbed, before)
            return healthrows.prune_points(connection, testbed, int(before.timestamp()))

    # -- reading

    def states(self, testbed: str) -> dict[str, str]:
        """The state that each device came into last."""
        column = health_changes.c
        latest = select(func.max(column.id)).where(column.testbed == testbed).group_by(column.device)
        query = select(column.device, column.after).where(column.id.in_(latest))
        with self._database.reading() as connection:
            return {row.device: row.after for row in connection.execute(query)}

    def changes(
        self, testbed: str, since: datetime, until: datetime, devices: Collection[str] | None = None
    ) -> list[ChangeRow]:
        """Changes in that time, oldest first; of these devices, or of all."""
        column = health_changes.c
        query = select(health_changes).where(*healthrows.changed(testbed, since, until))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(column.at, column.id)).all()
        return [healthrows.change(row) for row in rows if devices is None or row.device in devices]

    def points(
        self,
        testbed: str,
        since: datetime,
        until: datetime,
        devices: Collection[str] | None = None,
        *,
        most: int | None = None,
    ) -> list[PointRow]:
        """Points whose minute lies in that time, by device and minute; of these devices, or of all. most: so many are read, and no more."""
        column, known = health_points.c, healthrows.devices(testbed)
        query = healthrows.within(select(health_points), testbed, since, until, known)
        if devices is not None:
            query = query.where(known.c.device.in_(devices))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(known.c.device, column.minute).limit(most))
            return [healthrows.point(row) for row in rows]

    def anything(self, testbed: str, since: datetime, until: datetime) -> bool:
        """Whether something was kept in that time, of whatever device."""
        changed = select(health_changes.c.id).where(*healthrows.changed(testbed, since, until))
        told = healthrows.within(
            select(health_points.c.minute), testbed, since, until, healthrows.devices(testbed)
        )
        with self._database.reading() as connection:
            return any(connection.execute(query.limit(1)).first() is not None for query in (changed, told))

    def devices(self, testbed: str, since: datetime, until: datetime) -> frozenset[str]:
        """Of which something was kept in that time."""
        changed = select(health_changes.c.device).where(*healthrows.changed(testbed, since, until))
        told = healthrows.within(
            select(health_points.c.device), testbed, since, until, healthrows.devices(testbed)
        )
        with self._database.reading() as connection:
            return frozenset(
                name for query in (changed, told) for name in connection.execute(query.distinct()).scalars()
            )
