"""Calibrations: what the directions of a testbed do of themselves. The latest of each direction holds; all are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, insert, select

from microdc.store.database import Database
from microdc.store.model import Calibration, Measured
from microdc.store.plain import plain_text
from microdc.store.tables import calibrations


class Calibrations:
    """The calibrations of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, testbed: str, measured: Sequence[Measured], *, host: str, fingerprint: str, method: str
    ) -> None:
        """Keeps what was measured just now: all of it or nothing."""
        if not measured:
            return
        with self._database.writing() as connection:
            at = self._database.now(connection).wall
            shared = {
                "testbed": testbed,
                "at": at,
                "host": host,
                "fingerprint": fingerprint,
                "method": plain_text(method),
            }
            rows = [
                {
                    "source": one.source,
                    "target": one.target,
                    "delay": one.delay,
                    "jitter": one.jitter,
                    "rate": one.rate,
                    "loss": one.loss,
                }
                for one in measured
            ]
            connection.execute(insert(calibrations), [shared | row for row in rows])

    def get(self, testbed: str) -> dict[tuple[str, str], Calibration]:
        """The latest calibration of each direction, by (source, target)."""
        column = calibrations.c
        latest = (
            select(func.max(column.id))
            .where(column.testbed == testbed)
            .group_by(column.source, column.target)
        )
        found = self._read(select(calibrations).where(column.id.in_(latest)))
        return {(one.measured.source, one.measured.target): one for one in found}

    def history(self, testbed: str, source: str, target: str) -> list[Calibration]:
        """All that was ever measured of one direction, oldest first."""
        column = calibrations.c
        chosen = (column.testbed == testbed, column.source == source, column.target == target)
        return self._read(select(calibrations).where(*chosen))

    def _read(self, query: Select[Any]) -> list[Calibration]:
        with self._database.reading() as connection:
            return [_calibration(row) for row in connection.execute(query.order_by(calibrations.c.id))]


def _calibration(row: Row[Any]) -> Calibration:
    measured = Measured(row.source, row.target, row.delay, row.jitter, row.rate, row.loss)
    return Calibration(row.testbed, measured, row.at, row.host, row.fingerprint, row.method)
