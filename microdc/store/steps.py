"""What changed in the tables from one version to the next. A step never changes again, whatever becomes of tables.py: so each says all of it."""

from __future__ import annotations

from sqlalchemy import Connection, text


def nodes_and_evidence(connection: Connection) -> None:
    """Version 2: nodes in their deployed life, and what was seen of them."""
    postgresql = connection.dialect.name == "postgresql"
    words = {
        "ident": "BIGSERIAL NOT NULL, PRIMARY KEY (id)"
        if postgresql
        else "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
        "moment": "TIMESTAMP WITH TIME ZONE" if postgresql else "DATETIME",
        "json": "JSONB" if postgresql else "JSON",
    }
    for statement in _VERSION_2:
        connection.execute(text(statement.format(**words)))


_VERSION_2 = (
    """CREATE TABLE nodes (
    testbed TEXT NOT NULL, name TEXT NOT NULL, site TEXT NOT NULL, state TEXT NOT NULL, version BIGINT NOT NULL,
    changed {moment} NOT NULL, body {json} NOT NULL, PRIMARY KEY (testbed, name))""",
    "CREATE INDEX nodes_by_site ON nodes (testbed, site)",
    """CREATE TABLE stations (
    testbed TEXT NOT NULL, site TEXT NOT NULL, log TEXT NOT NULL, number BIGINT NOT NULL, revision BIGINT NOT NULL,
    PRIMARY KEY (testbed, site))""",
    """CREATE TABLE evidence (
    id {ident}, testbed TEXT NOT NULL, site TEXT NOT NULL, node TEXT NOT NULL, mac TEXT NOT NULL, at {moment} NOT NULL,
    taken {moment} NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, number BIGINT NOT NULL,
    data {json} NOT NULL)""",
    "CREATE INDEX evidence_by_node ON evidence (testbed, node, id)",
    "CREATE INDEX evidence_by_site ON evidence (testbed, site, id)",
)


def presences_and_keys(connection: Connection) -> None:
    """Version 3: that a process is still there, and keys that all controllers of a store share."""
    postgresql = connection.dialect.name == "postgresql"
    words = {
        "number": "BIGINT" if postgresql else "INTEGER",
        "moment": "TIMESTAMP WITH TIME ZONE" if postgresql else "DATETIME",
        "bytes": "BYTEA" if postgresql else "BLOB",
    }
    for statement in _VERSION_3:
        connection.execute(text(statement.format(**words)))


_VERSION_3 = (
    """CREATE TABLE presences (
    entry {number} NOT NULL, at {moment} NOT NULL, PRIMARY KEY (entry), FOREIGN KEY(entry) REFERENCES entries (id))""",
    "CREATE TABLE keys (name TEXT NOT NULL, content {bytes} NOT NULL, PRIMARY KEY (name))",
)


def history_of_health(connection: Connection) -> None:
    """Version 4: changes of states, figures by the minute, and who keeps them."""
    postgresql = connection.dialect.name == "postgresql"
    words = {
        "ident": "BIGSERIAL NOT NULL, PRIMARY KEY (id)"
        if postgresql
        else "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
        "moment": "TIMESTAMP WITH TIME ZONE" if postgresql else "DATETIME",
        "json": "JSONB" if postgresql else "JSON",
        "clustered": "" if postgresql else " WITHOUT ROWID",
    }
    for statement in _VERSION_4:
        connection.execute(text(statement.format(**words)))


_VERSION_4 = (
    """CREATE TABLE health_changes (
    id {ident}, testbed TEXT NOT NULL, device TEXT NOT NULL, at {moment} NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
    why TEXT NOT NULL)""",
    "CREATE INDEX health_changes_by_time ON health_changes (testbed, at)",
    "CREATE INDEX health_changes_by_device ON health_changes (testbed, device, id)",
    """CREATE TABLE health_points (
    testbed TEXT NOT NULL, device TEXT NOT NULL, minute BIGINT NOT NULL, figures {json} NOT NULL,
    PRIMARY KEY (testbed, device, minute)){clustered}""",
    """CREATE TABLE health_keepers (
    testbed TEXT NOT NULL, owner TEXT NOT NULL, account TEXT NOT NULL, host TEXT NOT NULL, pid BIGINT NOT NULL,
    started BIGINT NOT NULL, boot TEXT NOT NULL, token TEXT NOT NULL, since {moment} NOT NULL, at {moment} NOT NULL,
    PRIMARY KEY (testbed))""",
)
