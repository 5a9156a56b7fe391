"""How a store is opened, brought on from an older version, and what it says when it cannot be."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, create_mock_engine
from sqlalchemy import text as sql

from microdc import locations
from microdc.errors import ApplyError, InputError, MicrodcError, UnreachableError
from microdc.store import database, migrations
from microdc.store.clocks import SystemClock
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process
from microdc.store.tables import metadata

pytest_plugins = ["postgres"]

ME = this_process("me", ["microdc"])
DATA = Path(__file__).parents[1] / "data" / "store"


DIALECTS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}


def declared_for(url: str) -> str:
    """The statements that make the tables, as a database of this kind is asked them, sorted."""
    parts: list[Any] = []
    engine = create_mock_engine(url, lambda part, *_: parts.append(part))
    metadata.create_all(engine, checkfirst=False)
    statements = sorted(str(part.compile(dialect=engine.dialect)).strip() for part in parts)
    return "".join(f"{line.rstrip()}\n" for line in "\n".join(statements).splitlines())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestPlaces:
    """Which store is meant."""

    def test_the_default_is_for_its_owner_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        with open_store() as store:
            store.journal.note("note", ME, "", "x")
            file = locations.state_dir() / "microdc.db"
            assert store.place == str(file)
            assert mode(file.parent) == 0o700
            assert {mode(path) for path in file.parent.iterdir()} == {0o600}
            assert store.info().database == "SQLite"
            assert store.info().size > 0

    def test_it_is_durable_when_a_write_returns(self, tmp_path: Path) -> None:
        opened = database.sqlite_database(tmp_path / "s.db", SystemClock())
        with opened.reading() as connection:
            found = [
                connection.execute(sql(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
            ]
            assert found == ["wal", 2]  # FULL: the log is on the disk at each commit
            assert connection.execute(sql("PRAGMA foreign_keys")).scalar() == 1
        opened.close()

    def test_a_postgresql_url_kept_elsewhere_may_hold_a_password(
        self, new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = new_database().replace("microdc@", "microdc:sesame@") + "&sslpassword=sesame"
        monkeypatch.setenv("THE_STORE", url)
        kept = tmp_path / "url"
        kept.write_text(f"{url}\n", "utf-8")
        for setting in ("env:THE_STORE", f"file:{kept}"):
            with open_store(setting) as store:
                assert store.info().database == "PostgreSQL"
                assert store.info().size > 0
                assert "sesame" not in store.place
                assert "***" in store.place

    @pytest.mark.parametrize(
        ("setting", "words"),
        [
            ("postgresql://me:sesame@db/microdc", "holds a password"),
            ("postgresql://me@db/microdc?password=sesame", "holds a password"),
            ("postgres://me:sesame@db:none/microdc", "not a URL"),
            ("mysql://me:sesame@db/microdc", "does not know"),
            ("env:NO_SUCH_STORE", "not set"),
            ("env:not a name", "store"),
            ("file:/no/such/file", "cannot be read"),
        ],
    )
    def test_what_is_no_store_is_refused_and_no_password_told(self, setting: str, words: str) -> None:
        with pytest.raises(InputError, match=words) as refused:
            open_store(setting)
        assert "sesame" not in f"{refused.value}{refused.value.__cause__}"

    def test_without_psycopg(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(UnreachableError, match=r"microdc\[postgresql\]"):
            open_store("postgresql://me@db/microdc")


class TestVersions:
    """A newer program brings a store on; an older one leaves it alone."""

    def test_the_tables_are_those_of_this_version(self) -> None:
        """Who changes tables.py raises VERSION, adds a step, and keeps the declaration in a new file."""
        declared = "".join(f"-- {name}\n{declared_for(url)}" for name, url in DIALECTS.items())
        assert declared == (DATA / f"schema-{migrations.VERSION}.sql").read_text("utf-8")

    @pytest.fixture
    def newer(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """A program that knows two versions more; the list gets a number for each step that is done."""
        done: list[int] = []

        def step(number: int, statement: str) -> Callable[[Connection], None]:
            def run(connection: Connection) -> None:
                connection.execute(sql(statement))
                done.append(number)

            return run

        steps = {
            migrations.VERSION + 1: step(1, "CREATE TABLE later (x INTEGER)"),
            migrations.VERSION + 2: step(2, "ALTER TABLE later ADD COLUMN y INTEGER"),
        }
        monkeypatch.setattr(migrations, "STEPS", steps)
        monkeypatch.setattr(migrations, "VERSION", migrations.VERSION + 2)
        return done

    @pytest.fixture
    def old(self, store_url: str) -> str:
        """A store of this version with an entry."""
        with open_store(store_url) as store:
            store.journal.note("note", ME, "lab", "kept")
        return store_url

    def test_an_older_store_is_brought_on_once(self, old: str, request: pytest.FixtureRequest) -> None:
        before = migrations.VERSION
        done = request.getfixturevalue("newer")
        with open_store(old, migrate=False) as store:
            assert (store.info().version, store.info().known) == (before, before + 2)
        threads = [threading.Thread(target=lambda: open_store(old).close()) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert done == [1, 2]
        with open_store(old) as store:
            assert store.info().version == before + 2
            assert [entry.summary for entry in store.journal.entries()] == ["kept"]
        if "://" not in old:
            kept = Path(f"{old}.v{before}")
            assert mode(kept) == 0o600
            with closing(sqlite3.connect(kept)) as copy:
                assert copy.execute("SELECT version FROM microdc_schema").fetchall() == [(before,)]
                assert copy.execute("SELECT summary FROM entries").fetchall() == [("kept",)]

    def test_a_step_that_fails_leaves_what_the_one_before_made(
        self, old: str, newer: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fine = migrations.STEPS[migrations.VERSION - 1]

        def half(connection: Connection) -> None:
            connection.execute(sql("CREATE TABLE half (x INTEGER)"))
            connection.execute(sql("DROP TABLE no_such_table"))

        monkeypatch.setattr(migrations, "STEPS", {migrations.VERSION - 1: fine, migrations.VERSION: half})
        with pytest.raises(ApplyError, match="no_such_table"):
            open_store(old)
        with open_store(old, migrate=False) as store:
            assert store.info().version == migrations.VERSION - 1
        monkeypatch.setattr(
            migrations,
            "STEPS",
            {migrations.VERSION: lambda c: c.execute(sql("CREATE TABLE half (x INTEGER)"))},
        )
        with open_store(old) as store:
            assert store.info().version == migrations.VERSION
        assert newer == [1]

    def test_a_newer_store_is_refused(
        self, store_url: str, newer: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_store(store_url).close()
        assert newer == []  # made whole at once
        monkeypatch.setattr(migrations, "VERSION", migrations.VERSION - 1)
        with pytest.raises(InputError, match="a newer microdc wrote it"):
            open_store(store_url)


CUT = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = %s"""


class TestFailures:
    """Each in words, with something to do, and never as SQLAlchemy says it."""

    def test_no_database_at_all(self, tmp_path: Path) -> None:
        file = tmp_path / "s.db"
        file.write_bytes(b"This is no database, and long enough to be read as a header of one.\n" * 20)
        with pytest.raises(InputError, match="no database"):
            open_store(str(file))

    def test_another_programs_database(self, tmp_path: Path) -> None:
        file = tmp_path / "s.db"
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE entries (mine)")
        with pytest.raises(InputError, match="another program"):
            open_store(str(file))

    def test_another_programs_tables(self, new_database: Callable[[], str]) -> None:
        url = new_database()
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("CREATE TABLE entries (mine int)")
            with pytest.raises(InputError, match="a database of its own"):
                open_store(url)
            assert other.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (
                1,
            )

    def test_a_damaged_file(self, tmp_path: Path) -> None:
        file = tmp_path / "s.db"
        with open_store(str(file)) as store:
            for number in range(50):
                store.journal.note("note", ME, "lab", f"{number} " * 100)
        with file.open("r+b") as handle:
            for page in range(1, file.stat().st_size // 4096):
                handle.seek(page * 4096)
                handle.write(os.urandom(4096))
        with pytest.raises(InputError, match="damaged") as refused, open_store(str(file)) as store:
            store.journal.entries()
        assert "restore" in refused.value.hint

    def test_a_directory_that_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(InputError, match="cannot be opened"):
            open_store(str(tmp_path / "file" / "s.db"))
        with pytest.raises(InputError, match="cannot be opened"):
            open_store(str(tmp_path))

    def test_locked_for_long(self, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "PATIENCE", 0.05)
        with open_store(store_url) as store:
            if "://" in store_url:
                with psycopg.connect(store_url) as other:
                    other.execute("SELECT pg_advisory_xact_lock(%s)", [database._LOCK])
                    with pytest.raises(UnreachableError, match="another process keeps the store locked"):
                        store.journal.note("note", ME, "", "x")
            else:
                with closing(sqlite3.connect(store_url, isolation_level=None)) as other:
                    other.execute("BEGIN IMMEDIATE")
                    with pytest.raises(UnreachableError, match="another process keeps the store locked"):
                        store.journal.note("note", ME, "", "x")
                    assert store.journal.entries() == []  # readers need not wait
                    other.execute("ROLLBACK")
            store.journal.note("note", ME, "", "x")

    @pytest.mark.parametrize(
        ("change", "kind", "words"),
        [
            (("host=/", "host=/nowhere/"), UnreachableError, "does it run"),
            (("/t", "/none_t"), UnreachableError, "server refuses: .*none_t"),
            (("microdc@", "stranger@"), UnreachableError, "server refuses: .*stranger"),
        ],
    )
    def test_a_server_that_is_not_there(
        self, new_database: Callable[[], str], change: tuple[str, str], kind: type[MicrodcError], words: str
    ) -> None:
        with pytest.raises(kind, match=words):
            open_store(new_database().replace(*change, 1))

    def test_a_server_that_cut_the_connection(self, new_database: Callable[[], str]) -> None:
        url = new_database()
        name = url.partition("?")[0].rpartition("/")[2]
        with open_store(url) as store, psycopg.connect(url, autocommit=True) as other:
            ident = store.journal.begin("apply", ME, "lab", "x")
            other.execute(CUT, [name])
            store.journal.end(ident, "done")
            assert store.journal.entry(ident).outcome == "done"

    def test_a_server_that_goes_away_in_a_transaction(self, new_database: Callable[[], str]) -> None:
        url = new_database()

        def write(store: Store) -> None:
            with store._database.writing() as connection:
                with psycopg.connect(url, autocommit=True) as other:
                    other.execute(CUT, [url.partition("?")[0].rpartition("/")[2]])
                connection.execute(sql("SELECT 1"))

        with open_store(url) as store:
            with pytest.raises(UnreachableError, match="went away"):
                write(store)
            assert store.journal.entries() == []

    def test_no_rights(self, new_database: Callable[[], str]) -> None:
        url = new_database()
        with open_store(url) as store, psycopg.connect(url, autocommit=True) as other:
            other.execute("CREATE ROLE guest LOGIN")
            try:
                with pytest.raises(InputError, match="no right"):
                    open_store(url.replace("microdc@", "guest@"))
                other.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
                with open_store(url.replace("microdc@", "guest@")) as looking:
                    assert looking.journal.entries() == []
                    with pytest.raises(InputError, match="no right"):
                        looking.journal.note("note", ME, "", "x")
                assert store.journal.entries() == []
            finally:
                other.execute("DROP OWNED BY guest")
                other.execute("DROP ROLE guest")


FILL = """
import sys
from microdc.errors import MicrodcError
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process
try:
    with open_store(sys.argv[1]) as store:
        for number in range(2000):
            store.journal.note("note", this_process("me", []), "lab", f"{number} " * 500)
except MicrodcError as error:
    print(type(error).__name__, error)
"""


def mounted(options: str, place: Path, then: str = "") -> subprocess.CompletedProcess[str]:
    """Fills a store on a file system of its own, in a mount namespace; what is said."""
    file = place / "disk" / "s.db"
    file.parent.mkdir(exist_ok=True)
    script = f'mount {options} "$1" && "$2" -c "$3" "$1/s.db" {then}'
    argv = ["unshare", "-m", "sh", "-c", script, "sh", str(file.parent), sys.executable, FILL]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.mark.root
class TestDisks:
    """Real file systems that are full or may not be written."""

    def test_full(self, tmp_path: Path) -> None:
        count = '&& "$2" -c \'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(*c.execute("PRAGMA integrity_check").fetchone(), c.execute("SELECT count(*) FROM entries").fetchone()[0])\' "$1/s.db"'
        done = mounted("-t tmpfs -o size=1m none", tmp_path, count)
        assert not done.stderr
        said, kept = done.stdout.splitlines()
        assert said.startswith("UnreachableError")
        assert "full" in said
        assert "free some space" in said
        sound, _, entries = kept.partition(" ")
        assert sound == "ok"
        assert int(entries) > 10

    def test_read_only(self, tmp_path: Path) -> None:
        (tmp_path / "disk").mkdir()
        open_store(str(tmp_path / "disk" / "s.db")).close()
        done = mounted(f"--bind -o ro '{tmp_path}/disk'", tmp_path)
        assert not done.stderr
        assert done.stdout.startswith("InputError")
        assert "MICRODC_STORE" in done.stdout


def test_opening_it_once_more_ends_no_lock_that_this_process_holds(tmp_path: Path) -> None:
    """Another process would take itself for the last one, and remove the log that is written ahead under our hands."""
    file = tmp_path / "store.db"
    other = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('CREATE TABLE other (x)'); c.close()"
    with open_store(str(file)), closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("CREATE TABLE ours (x)")
        log = file.with_name("store.db-wal")
        before = log.stat().st_ino
        database._make(file)
        subprocess.run([sys.executable, "-c", other, str(file)], check=True)
        assert log.exists()
        assert log.stat().st_ino == before
