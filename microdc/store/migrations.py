"""The schema of a store: made whole where there is none, brought on step by step where it is older than the program."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select, update

from microdc.errors import InputError
from microdc.store.database import Database
from microdc.store.failures import told
from microdc.store.steps import history_of_health, nodes_and_evidence, presences_and_keys
from microdc.store.tables import metadata, schema

VERSION = 4
"""Of the schema that tables.py declares."""

STEPS: Mapping[int, Callable[[Connection], None]] = {
    2: nodes_and_evidence,
    3: presences_and_keys,
    4: history_of_health,
}
"""What brings a store from the version before to this one: the change of tables.py in SQL that both databases know."""


def version_of(connection: Connection) -> int:
    """The version of the schema that is there; 0 where there is none."""
    if not inspect(connection).has_table(schema.name):
        return 0
    version: int = connection.execute(select(schema.c.version)).scalar_one()
    return version


def migrate(database: Database) -> None:
    """Brings the schema to VERSION, each step whole or not at all. A SQLite file is copied first.

    Raises InputError where it is newer than this program, or where the file is another program's.
    """
    with database.reading() as connection:
        found = version_of(connection)
        if not found and database.file and inspect(connection).get_table_names():
            raise InputError(
                "this database is another program's", where=database.place, hint="name another file"
            )
    check(found, database.place)
    first = found
    while found < VERSION:
        with database.writing() as connection:
            if database.file and version_of(connection) == first > 0:  # nobody else has begun
                _keep(database.file, first)
            found = _step(connection)


def check(found: int, place: str) -> None:
    """Raises InputError for a schema that is newer than this program."""
    if found > VERSION:
        what = f"the store is of version {found}, and this microdc knows versions up to {VERSION}"
        raise InputError(what, where=place, hint="a newer microdc wrote it: use that one, or another store")


def _step(connection: Connection) -> int:
    """One step on from what is there now, since another process may have done it meanwhile; the version after it."""
    found = version_of(connection)
    if found >= VERSION:
        return found
    if not found:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(insert(schema).values(version=VERSION))
        return VERSION
    STEPS[found + 1](connection)
    connection.execute(update(schema).values(version=found + 1))
    return found + 1


def _keep(file: Path, version: int) -> None:
    """A copy of the file as it is, beside it; that of an earlier attempt is as good and stays."""
    kept = file.with_name(f"{file.name}.v{version}")
    if not kept.exists():
        copy_file(file, kept)


def copy_file(source: Path, target: Path) -> None:
    """A consistent copy of a SQLite file that others may be writing to: whole and durable, one file, or not there."""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise InputError(f"cannot write here: {error.strerror}", where=str(target.parent)) from None
    os.close(handle)
    part = Path(name)
    try:
        with (
            told(str(target)),
            contextlib.closing(sqlite3.connect(source)) as old,
            contextlib.closing(sqlite3.connect(part)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
