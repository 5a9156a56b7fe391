"""A database, SQLite or PostgreSQL: transactions, one writer at a time, and its clock."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL

from microdc.errors import InputError, UnreachableError
from microdc.store.clocks import Clock, Reading
from microdc.store.failures import RIGHTS_HINT, told
from microdc.store.tables import Moment

PATIENCE = 10
"""Seconds for which a writer waits for another one, and a connection for the server."""
SECRET_OPTIONS = frozenset({"password", "sslpassword"})
"""Options of a PostgreSQL URL that nobody is to see."""
_WRITES = "microdc_writes"
_LOCK = 0x6D6963726F6463  # "microdc"


class Database:
    """Where the store keeps its tables. place: how a person names it, without a password."""

    def __init__(self, engine: Engine, place: str, clock: Clock, file: Path | None = None) -> None:
        self.engine = engine
        self.place = place
        self.file = file
        self._clock = clock

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the tables, and changes nothing."""
        options = {} if self.file else {"isolation_level": "REPEATABLE READ"}
        with told(self.place), self.engine.connect() as connection:
            reader = connection.execution_options(**options)
            with reader.begin():
                yield reader

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable when it ends, and nothing when it fails; all others who write wait for it."""
        with told(self.place), self.engine.connect() as connection:
            writer = connection.execution_options(**{_WRITES: True})
            with writer.begin():
                if self.file is None:
                    writer.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                yield writer

    def now(self, connection: Connection) -> Reading:
        """The time that all who share this database agree on: of the server, or of this machine."""
        if self.file is not None:
            return self._clock.read()
        return Reading(connection.execute(select(func.clock_timestamp(type_=Moment))).scalar_one())

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows, but for those whose key is there already."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(table).on_conflict_do_nothing(), rows)


def sqlite_database(file: Path, clock: Clock) -> Database:
    """A SQLite file, made where it is missing: readable by its owner alone, written ahead, durable at each commit."""
    _make(file)
    options = {"timeout": PATIENCE, "isolation_level": None}  # transactions begin where we say, and as we say
    engine = create_engine(URL.create("sqlite", database=str(file)), connect_args=options)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    with told(str(file)):
        _write_ahead(file)
    return Database(engine, str(file), clock, file)


def postgresql_database(url: URL, clock: Clock) -> Database:
    """A database of a PostgreSQL server, reached with psycopg."""
    place = url.difference_update_query(SECRET_OPTIONS).render_as_string(hide_password=True)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": PATIENCE},
        pool_pre_ping=True,
        pool_size=1,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        # A controller that is stopped in the middle of a transaction must not keep all others waiting for good.
        for setting in ("lock_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(f"SET {setting} = '{PATIENCE}s'")
        connection.commit()

    return Database(engine, place, clock)


def _make(file: Path) -> None:
    """One that is there is not opened: closing it again would end the locks that this process holds on it, whoever holds them (POSIX, fcntl)."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            if file.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)) from None
            if not os.access(file, os.R_OK | os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None
    except OSError as error:
        kind = UnreachableError if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO} else InputError
        raise kind(
            f"the store cannot be opened: {error.strerror}", where=str(file), hint=RIGHTS_HINT
        ) from None


def _write_ahead(file: Path) -> None:
    """Readers and the writer do not wait for each other. It is kept in the file; to change it nobody else may be there."""
    end = time.monotonic() + PATIENCE
    with contextlib.closing(sqlite3.connect(file, PATIENCE)) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(0.02)  # SQLite itself does not wait here
            else:
                return
