"""The store: opened by its setting, and all that others call."""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from microdc.documents.secrets import parse_reference, resolve
from microdc.errors import InputError, UnreachableError
from microdc.locations import state_dir
from microdc.store import backup, migrations
from microdc.store.calibrations import Calibrations
from microdc.store.clocks import Clock, SystemClock
from microdc.store.database import SECRET_OPTIONS, Database, postgresql_database, sqlite_database
from microdc.store.health import HealthHistory
from microdc.store.journal import Journal
from microdc.store.leases import Leases
from microdc.store.model import Info
from microdc.store.nodes import Nodes
from microdc.store.tables import metadata

FORMS = "a file's path, postgresql://USER@HOST/DATABASE, or env:NAME or file:PATH where such a URL is kept"
_POSTGRESQL = re.compile(r"postgres(ql)?(\+psycopg)?://")
_REFERENCE = re.compile(r"(env|file|keyring):")


class Store:
    """An open store. A context manager; one may be used by several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.journal = Journal(database)
        self.leases = Leases(database)
        self.calibrations = Calibrations(database)
        self.nodes = Nodes(database)
        self.health = HealthHistory(database)

    @property
    def place(self) -> str:
        """Where it is, without a password."""
        return self._database.place

    def info(self) -> Info:
        """What it is and how much it holds."""
        database = self._database
        with database.reading() as connection:
            version = migrations.version_of(connection)
            rows = {}
            if version == migrations.VERSION:
                counts = {
                    table.name: select(func.count()).select_from(table) for table in metadata.sorted_tables
                }
                del counts["microdc_schema"]
                rows = {name: connection.execute(query).scalar_one() for name, query in counts.items()}
            if database.file is None:
                size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
                return Info("PostgreSQL", self.place, version, migrations.VERSION, size, rows)
        files = (database.file.with_name(database.file.name + end) for end in ("", "-wal"))
        size = sum(file.stat().st_size for file in files if file.exists())
        return Info("SQLite", self.place, version, migrations.VERSION, size, rows)

    def backup(self, path: Path, *, force: bool = False) -> None:
        """Writes all of it into one SQLite file, which `restore` takes, whatever database it came from or goes to.

        Raises InputError where the file is there already, unless force.
        """
        backup.backup(self._database, path, force=force)

    def restore(self, path: Path, *, force: bool = False) -> None:
        """Puts a backup in the place of what is here: all of it or nothing, after the backup was found sound.

        Raises InputError where something is here already, unless force, and for a backup that cannot be used.
        """
        backup.restore(self._database, path, force=force)

    def close(self) -> None:
        """Closes the connections to the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()


def open_store(url: str = "", *, migrate: bool = True, clock: Clock | None = None) -> Store:
    """Opens a store, made where it is missing, and brought to this program's version where it is older.

    url: "" for `microdc.db` in the directory of state; a path; `postgresql://USER@HOST/DATABASE`; or `env:NAME`,
    `file:PATH` or `keyring:SERVICE/USER`, where such a URL is kept that may hold a password. migrate: False leaves an
    older schema as it is, for `info`. clock: this machine's; the clock of a PostgreSQL server is its own.

    Raises InputError for what cannot be a store (a newer version, another program's file, no rights), UnreachableError
    where the server or the disk does not do it now.
    """
    database = _database(url, clock or SystemClock())
    try:
        if migrate:
            migrations.migrate(database)
    except BaseException:
        database.close()
        raise
    return Store(database)


def _database(setting: str, clock: Clock) -> Database:
    if _REFERENCE.match(setting):
        try:
            reference = parse_reference(setting)
        except ValueError as error:
            raise InputError(f"the store {error}", hint=f"a store is {FORMS}") from None
        url = resolve(reference, base=Path.cwd()).strip()
        return _opened(url, clock, f"the store that {reference} names")
    if _POSTGRESQL.match(setting) and _secrets(_url(setting, "the store")):
        hint = "keep the whole URL in a file: file:PATH; or the password in ~/.pgpass"
        raise InputError("the setting of the store holds a password", hint=hint)
    return _opened(setting, clock, "the store")


def _opened(setting: str, clock: Clock, who: str) -> Database:
    if _POSTGRESQL.match(setting):
        try:
            return postgresql_database(_url(setting, who), clock)
        except ModuleNotFoundError:
            hint = "pip install 'microdc[postgresql]'"
            raise UnreachableError(
                "PostgreSQL needs the Python package psycopg", where=who, hint=hint
            ) from None
    if "://" in setting:
        raise InputError(f"{who} is of a kind that microdc does not know", hint=f"a store is {FORMS}")
    return sqlite_database(
        Path(setting).expanduser().absolute() if setting else state_dir() / "microdc.db", clock
    )


def _url(setting: str, who: str) -> URL:
    try:
        return make_url(setting)
    except (ArgumentError, ValueError):  # what they say may repeat a password
        raise InputError(f"{who} is not a URL of a database", hint=f"a store is {FORMS}") from None


def _secrets(url: URL) -> bool:
    """Whether a URL holds a password, in its usual place or among its options."""
    return bool(url.password or SECRET_OPTIONS.intersection(url.query))
