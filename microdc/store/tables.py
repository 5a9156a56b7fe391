"""The tables, the same in SQLite and PostgreSQL. Whoever changes them adds a step to migrations.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB


class Moment(TypeDecorator[datetime]):
    """An aware UTC time. SQLite keeps it as text of one width, which sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


metadata = MetaData()
_json: Any = JSON().with_variant(JSONB(), "postgresql")
# SQLite gives numbers by itself only to a column of the type INTEGER.
_number: Any = BigInteger().with_variant(Integer(), "sqlite")


def _table(name: str, *parts: Any) -> Table:
    return Table(name, metadata, *parts, sqlite_autoincrement=True)


def _ident() -> Column[int]:
    return Column("id", _number, primary_key=True, autoincrement=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


schema = Table("microdc_schema", metadata, Column("version", Integer, nullable=False))

entries = _table(
    "entries",
    _ident(),
    _text("kind"),
    _text("testbed"),
    _text("owner"),
    _text("account"),
    _text("host"),
    Column("pid", BigInteger, nullable=False),
    Column("started", BigInteger, nullable=False),
    _text("boot"),
    Column("argv", _json, nullable=False),
    _text("summary"),
    Column("began", Moment, nullable=False),
    Column("ended", Moment),
    _text("outcome"),
    Column("data", _json, nullable=False),
    Column("result", _json, nullable=False),
    _text("version"),
    Index("entries_by_testbed", "testbed", "id"),
    Index("entries_by_outcome", "outcome"),
    Index("entries_by_began", "began"),
)

# Moments of entries. One writer at a time, so that the order of the numbers is that in which they become visible.
events = _table(
    "events",
    _ident(),
    Column("entry", _number, ForeignKey("entries.id"), nullable=False),
    _text("what"),
    Column("at", Moment, nullable=False),
)

blobs = Table(
    "blobs",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

inputs = Table(
    "inputs",
    metadata,
    Column("entry", _number, ForeignKey("entries.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("digest", Text, ForeignKey("blobs.digest"), nullable=False),
)

# What an agent told, so that it is taken in once however often it is read.
happenings = Table(
    "happenings",
    metadata,
    Column("entry", _number, ForeignKey("entries.id"), primary_key=True, autoincrement=False),
    _text("testbed"),
    _text("emulator"),
    _text("boot"),
    Column("number", BigInteger, nullable=False),
    UniqueConstraint("testbed", "emulator", "boot", "number"),
)

# uptime: ns on the clock of `boot` at `ends`, for a lease from now on; NULL where the wall clock alone decides.
leases = _table(
    "leases",
    _ident(),
    _text("testbed"),
    _text("resource"),
    _text("holder"),
    _text("kind"),
    _text("reason"),
    Column("begins", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("taken", Moment, nullable=False),
    _text("token"),
    _text("boot"),
    Column("uptime", BigInteger),
    _text("ended_how"),
    _text("ended_by"),
    Index("leases_by_testbed", "testbed", "ends"),
)

calibrations = _table(
    "calibrations",
    _ident(),
    _text("testbed"),
    _text("source"),
    _text("target"),
    Column("delay", BigInteger, nullable=False),
    Column("jitter", BigInteger, nullable=False),
    Column("rate", BigInteger),
    Column("loss", Float, nullable=False),
    Column("at", Moment, nullable=False),
    _text("host"),
    _text("fingerprint"),
    _text("method"),
    Index("calibrations_by_direction", "testbed", "source", "target", "id"),
)

# When the process of an entry that is open told last that it is there, where it does.
presences = Table(
    "presences",
    metadata,
    Column("entry", _number, ForeignKey("entries.id"), primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
)

# What all controllers of a store share, and nobody else knows.
keys = Table(
    "keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# Servers in their deployed life. version: grows with each change, so that two writers notice each other. body: all else of a node.
nodes = Table(
    "nodes",
    metadata,
    Column("testbed", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    _text("site"),
    _text("state"),
    Column("version", BigInteger, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("body", _json, nullable=False),
    Index("nodes_by_site", "testbed", "site"),
)

# How far the log of a site's boot services was read, and the number of the configuration that was made for them last.
stations = Table(
    "stations",
    metadata,
    Column("testbed", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    _text("log"),
    Column("number", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

# What was seen of nodes. at: by the clock of who saw it; taken: by that of the store. number: of the log of `site`, 0 where none counts it.
evidence = _table(
    "evidence",
    _ident(),
    _text("testbed"),
    _text("site"),
    _text("node"),
    _text("mac"),
    Column("at", Moment, nullable=False),
    Column("taken", Moment, nullable=False),
    _text("source"),
    _text("kind"),
    _text("text"),
    Column("number", BigInteger, nullable=False),
    Column("data", _json, nullable=False),
    Index("evidence_by_node", "testbed", "node", "id"),
    Index("evidence_by_site", "testbed", "site", "id"),
)

# Devices that came into another state. at: when; device: `kind/name`.
health_changes = _table(
    "health_changes",
    _ident(),
    _text("testbed"),
    _text("device"),
    Column("at", Moment, nullable=False),
    _text("before"),
    _text("after"),
    _text("why"),
    Index("health_changes_by_time", "testbed", "at"),
    Index("health_changes_by_device", "testbed", "device", "id"),
)

# The mean figures of a device in a minute. There are a million of a hundred devices in a week: so there is no index beside the key, and the minute, Unix
# seconds of its beginning, is a number.
health_points = Table(
    "health_points",
    metadata,
    Column("testbed", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("figures", _json, nullable=False),
    sqlite_with_rowid=False,
)

# Who keeps the health of a testbed, or did last. token: of the one who does, "" once he has ended. at: when he told last that he is there.
health_keepers = Table(
    "health_keepers",
    metadata,
    Column("testbed", Text, primary_key=True),
    _text("owner"),
    _text("account"),
    _text("host"),
    Column("pid", BigInteger, nullable=False),
    Column("started", BigInteger, nullable=False),
    _text("boot"),
    _text("token"),
    Column("since", Moment, nullable=False),
    Column("at", Moment, nullable=False),
)
