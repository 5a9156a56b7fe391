"""A PostgreSQL server of this run's own, and the two databases that the store is tested on.

The server listens on a socket in a directory of its own. A shell watches it: when the run ends, however it does, the
shell's input ends, so it stops the server and removes the directory.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from microdc import requirements
from microdc.store.operate import Store, open_store

NewDatabase = Callable[[], str]
"""Makes an empty database; gives its URL."""

# QUIT stops the server at once, but not before it has begun to listen to signals; TERM does then.
_WATCH = """
exec 3<&0
{server} -D {data} -k {place} -h '' -c fsync=off -c full_page_writes=off -c max_connections=40 </dev/null 3<&- &
server=$!
(cat <&3 >/dev/null; kill -TERM $server; kill -QUIT $server) 2>/dev/null &
exec 3<&-
wait $server
rm -rf {place}
"""


def _plain_user() -> tuple[str, list[str]]:
    """Whom the server runs as, since it refuses to run as root, and the words that make a program do so."""
    if os.geteuid():
        return pwd.getpwuid(os.geteuid()).pw_name, []
    names = [user.pw_name for user in pwd.getpwall()]
    user = pwd.getpwnam(next(name for name in ("postgres", "nobody") if name in names))
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return user.pw_name, ["setpriv", *ids, "--"]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A server that runs while the tests do; the URL of its first database, of which others are made."""
    initdb = requirements.find("initdb")
    if initdb is None:
        pytest.skip("no PostgreSQL server is installed")
    programs = Path(initdb).resolve().parent
    user, prefix = _plain_user()
    place = Path(
        tempfile.mkdtemp(prefix="microdc-pg-")
    )  # short: the path of a socket has 107 characters at most
    data = place / "data"
    try:
        shutil.chown(place, user)
        make = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "microdc",
            "--no-sync",
            "-E",
            "UTF8",
        ]
        done = subprocess.run(
            [*prefix, *make, "--locale=C"], capture_output=True, text=True, check=False, cwd="/"
        )
        assert done.returncode == 0, done.stdout + done.stderr
    except BaseException:
        shutil.rmtree(place)
        raise
    server = shlex.join([*prefix, str(programs / "postgres")])
    script = _WATCH.format(server=server, data=data, place=place)
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            ["sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        ) as watch,
    ):
        url = f"postgresql://microdc@/postgres?host={place}"
        while not _answers(url):
            if watch.poll() is not None:
                log.seek(0)
                pytest.fail(f"the server did not start: {log.read().decode()}")
            time.sleep(0.05)
        yield url


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def new_database(postgresql_server: str) -> Iterator[NewDatabase]:
    """Makes empty PostgreSQL databases, which go away after the test."""
    made: list[str] = []
    names = (f"t{next(_NUMBERS)}" for _ in itertools.count())
    with psycopg.connect(postgresql_server, autocommit=True) as connection:

        def make() -> str:
            made.append(next(names))
            connection.execute(f"CREATE DATABASE {made[-1]}")
            return postgresql_server.replace("/postgres?", f"/{made[-1]}?")

        yield make
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


_NUMBERS = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The setting of an empty store: on SQLite, then on PostgreSQL."""
    if request.param == "sqlite":
        return str(tmp_path / "store" / "microdc.db")
    make: NewDatabase = request.getfixturevalue("new_database")
    return make()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, open."""
    with open_store(store_url) as opened:
        yield opened
