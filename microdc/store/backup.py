"""Backups: one SQLite file, from either database and for either."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select, text

from microdc.errors import InputError
from microdc.store import migrations
from microdc.store.clocks import SystemClock
from microdc.store.database import Database, sqlite_database
from microdc.store.failures import told
from microdc.store.tables import metadata, schema

_MANY = 1000


def backup(database: Database, path: Path, *, force: bool) -> None:
    """Writes a backup; see Store.backup."""
    if path.exists() and not force:
        raise InputError("this file is there already", where=str(path), hint="name another, or add --force")
    if not path.parent.is_dir():
        raise InputError("there is no such directory", where=str(path.parent))
    if database.file:
        migrations.copy_file(database.file, path)
        return
    with _aside() as (copy, file):
        with database.reading() as source, copy.writing() as target:
            _copy(source, target)
        migrations.copy_file(file, path)


def restore(database: Database, path: Path, *, force: bool) -> None:
    """Puts a backup in place; see Store.restore."""
    if not path.is_file():
        raise InputError("there is no such backup", where=str(path))
    with _aside(path) as (copy, _), database.writing() as target:
        held = sum(
            target.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table is not schema
        )
        if held and not force:
            hint = "--force replaces it all by the backup; `microdc store backup` keeps it first"
            raise InputError("the store is not empty", where=database.place, hint=hint)
        with copy.reading() as source, _read_from(path):
            _copy(source, target)


@contextlib.contextmanager
def _aside(backup: Path | None = None) -> Iterator[tuple[Database, Path]]:
    """A store in a directory of its own, which goes away: empty, or what a backup holds, checked and brought up to date."""
    with tempfile.TemporaryDirectory(prefix="microdc-store-") as directory:
        file = Path(directory) / "store.db"
        if backup is not None:
            _check(backup)
            migrations.copy_file(backup, file)
        database = sqlite_database(file, SystemClock())
        try:
            migrations.migrate(database)
            yield database, file
        finally:
            database.close()


def _check(path: Path) -> None:
    """Raises InputError for a file that is no sound backup of ours."""
    with (
        told(str(path)),
        contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file,
    ):
        found = [row[0] for row in file.execute("PRAGMA integrity_check(3)")]
        broken = file.execute("PRAGMA foreign_key_check").fetchone()
        if found != ["ok"] or broken:
            raise InputError(f"the backup is damaged: {found[0]}", where=str(path))
        if not file.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (schema.name,)).fetchone():
            raise InputError("this is no backup of a store", where=str(path))
        migrations.check(file.execute(f"SELECT version FROM {schema.name}").fetchone()[0], str(path))  # noqa: S608


@contextlib.contextmanager
def _read_from(path: Path) -> Iterator[None]:
    """A sound file may still hold values that are none, such as a time that is not one."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise InputError(f"the backup is damaged: {error}", where=str(path)) from error


def _copy(source: Connection, target: Connection) -> None:
    """All rows of all tables, in place of what the target had."""
    tables = [table for table in metadata.sorted_tables if table is not schema]
    for table in reversed(tables):
        target.execute(delete(table))
    for table in tables:
        for rows in source.execute(select(table)).mappings().partitions(_MANY):
            target.execute(insert(table), [dict(row) for row in rows])
        if target.dialect.name == "postgresql" and table.primary_key.columns.keys() == ["id"]:
            # the next number follows the highest that came with the rows
            follow = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"  # noqa: S608
            target.execute(text(follow))
