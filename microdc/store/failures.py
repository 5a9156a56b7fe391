"""What a database says when it cannot, in words that help."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from microdc.errors import ApplyError, InputError, MicrodcError, UnreachableError

Made = tuple[type[MicrodcError], str, str]

_RESTORE = "`microdc store restore BACKUP --force` brings a backup back, once this file is moved away"
RIGHTS_HINT = "run microdc as the user whose file it is, or name another store: MICRODC_STORE"

# sqlite.org/rescode.html; an extended code is looked up by its low byte.
_SQLITE: dict[int, Made] = {
    sqlite3.SQLITE_BUSY: (
        UnreachableError,
        "another process keeps the store locked",
        "try again in a moment",
    ),
    sqlite3.SQLITE_LOCKED: (
        UnreachableError,
        "another process keeps the store locked",
        "try again in a moment",
    ),
    sqlite3.SQLITE_FULL: (
        UnreachableError,
        "the disk with the store is full",
        "free some space, then try again",
    ),
    sqlite3.SQLITE_READONLY: (InputError, "the store cannot be written", RIGHTS_HINT),
    sqlite3.SQLITE_PERM: (InputError, "the store may not be opened", RIGHTS_HINT),
    sqlite3.SQLITE_CANTOPEN: (InputError, "the store cannot be opened", RIGHTS_HINT),
    sqlite3.SQLITE_CORRUPT: (InputError, "the store is damaged", _RESTORE),
    sqlite3.SQLITE_NOTADB: (InputError, "this file is no database, or is damaged", _RESTORE),
    sqlite3.SQLITE_IOERR: (
        UnreachableError,
        "the disk with the store does not read or write",
        "look at the system's log, and for space",
    ),
}

# PostgreSQL, appendix A: error codes; a class of codes by its first two characters.
_POSTGRESQL: dict[str, Made] = {
    "53100": (UnreachableError, "the disk of the database server is full", "free some space, then try again"),
    "53": (UnreachableError, "the database server has no resources left", "try again in a moment"),
    "55P03": (UnreachableError, "another process keeps the store locked", "try again in a moment"),
    "57014": (UnreachableError, "the database took too long", "try again in a moment"),
    "57": (UnreachableError, "the database server went away", "is it being restarted? try again in a moment"),
    "08": (UnreachableError, "the database server cannot be reached", "does it run, and does it listen there?"),
    "25006": (InputError, "the store cannot be written", "this server is a read-only replica: name the primary"),
    "42501": (InputError, "this user has no right to the store", "grant it the rights, or name another user"),
    "42P07": (InputError, "the database has tables of another program under our names", "give microdc a database of its own"),
    "XX": (UnreachableError, "the database is damaged", "look at the server's log"),
}  # fmt: skip


@contextlib.contextmanager
def told(place: str) -> Iterator[None]:
    """Turns a database's failure into an InputError, UnreachableError or ApplyError at this place."""
    try:
        yield
    except DBAPIError as error:
        kind, what, hint = _made(error)
        raise kind(what, where=place, hint=hint) from error
    except sqlite3.Error as error:
        kind, what, hint = _of_sqlite(error)
        raise kind(what, where=place, hint=hint) from error
    except SQLAlchemyError as error:
        raise ApplyError(f"the database did not do it: {_first_line(error)}", where=place) from error


def _made(error: DBAPIError) -> Made:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    state = getattr(cause, "sqlstate", None) or ""
    made = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    if made:
        return made
    if not state or error.connection_invalidated:
        return _not_connected(_first_line(cause))
    return _other(cause)


def _not_connected(line: str) -> Made:
    """What psycopg says of a connection that did not come about has no code: a server's own words follow FATAL."""
    _, answered, words = line.partition("FATAL:")
    if answered:
        hint = "look at the user, the database and the password (~/.pgpass, or store = file:PATH with the whole URL)"
        return UnreachableError, f"the database server refuses: {words.strip()}", hint
    return (
        UnreachableError,
        f"the database server cannot be used: {line}",
        "does it run, and does it listen there?",
    )


def _of_sqlite(cause: sqlite3.Error) -> Made:
    return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF) or _other(cause)


def _other(cause: object) -> Made:
    return ApplyError, f"the database did not do it: {_first_line(cause)}", "nothing was kept of it"


def _first_line(cause: object) -> str:
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
