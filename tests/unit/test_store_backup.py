"""Backups: what comes back is what was there, on either database from either, or nothing changes."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from microdc.errors import InputError
from microdc.store import migrations
from microdc.store.model import Measured
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process

pytest_plugins = ["postgres"]

ME = this_process("me", ["microdc"])
THERE = Measured("paris", "boston", 40_000_000, 1_000, None, 0.01)
BACK = Measured("boston", "paris", 41_000_000, 2_000, 10**11, 0.0)


def fill(store: Store) -> None:
    ident = store.journal.begin("apply", ME, "lab", "x", {"å": [None, 1.5]}, inputs={"a.yaml": b"\0a"})
    store.journal.end(ident, "done", {"ok": True})
    store.journal.happened("lab", "wan1", "boot", 1, at=datetime(2026, 1, 2, tzinfo=UTC), text="o3 ended")
    store.journal.begin("apply", ME, "lab", "open")
    store.leases.take(ME, "lab", ["wan", "site:paris"], 3600, reason="why")
    store.calibrations.put("lab", [THERE, BACK], host="h", fingerprint="f", method="m")


def contents(store: Store) -> list[object]:
    entries = store.journal.entries()
    return [
        entries,
        store.journal.events(),
        [store.journal.inputs(entry.id) for entry in entries],
        store.leases.list(),
        store.calibrations.get("lab"),
    ]


@pytest.fixture
def full(store: Store) -> Store:
    fill(store)
    return store


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A second store, empty, on either database."""
    sqlite = request.param == "sqlite"
    url = str(tmp_path / "other.db") if sqlite else request.getfixturevalue("new_database")()
    with open_store(url) as opened:
        yield opened


def test_all_comes_back_on_either_database(full: Store, other: Store, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    before = contents(full)
    full.backup(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    full.journal.note("note", ME, "lab", "after the backup")
    other.restore(file)
    assert contents(other) == before
    # what comes next does not take a number that is in use
    assert other.journal.note("note", ME, "lab", "next") == full.journal.entries(last=1)[0].id
    assert not other.journal.happened("lab", "wan1", "boot", 1, at=datetime.now(UTC), text="again")
    other.leases.take(ME, "lab", ["site:boston"], 60)
    other.calibrations.put("lab", [THERE], host="h", fingerprint="f", method="m")


def test_a_backup_is_one_file_and_stands_alone(full: Store, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    full.backup(place / "b.db")
    assert [path.name for path in place.iterdir()] == ["b.db"]
    with closing(sqlite3.connect(place / "b.db")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    with open_store(str(place / "b.db")) as opened:
        assert contents(opened) == contents(full)


def test_a_file_that_is_there_is_kept(full: Store, tmp_path: Path) -> None:
    file = tmp_path / "b.db"
    file.write_text("mine", "utf-8")
    with pytest.raises(InputError, match="there already"):
        full.backup(file)
    assert file.read_text("utf-8") == "mine"
    full.backup(file, force=True)
    assert file.read_bytes().startswith(b"SQLite format 3")
    with pytest.raises(InputError, match="no such directory"):
        full.backup(tmp_path / "none" / "b.db")


def test_a_store_that_is_not_empty_is_replaced_only_by_force(full: Store, tmp_path: Path) -> None:
    full.backup(tmp_path / "b.db")
    before = contents(full)
    full.journal.note("note", ME, "lab", "more")
    with pytest.raises(InputError, match="not empty"):
        full.restore(tmp_path / "b.db")
    assert contents(full) != before
    full.restore(tmp_path / "b.db", force=True)
    assert contents(full) == before


class TestWhatIsNoBackup:
    """Refused before anything changes."""

    @pytest.fixture
    def file(self, full: Store, tmp_path: Path) -> Path:
        full.backup(tmp_path / "b.db")
        return tmp_path / "b.db"

    @pytest.fixture(autouse=True)
    def nothing_changes(self, full: Store) -> Iterator[None]:
        before = contents(full)
        yield
        assert contents(full) == before

    def test_none(self, full: Store, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no such backup"):
            full.restore(tmp_path / "none.db", force=True)

    def test_text(self, full: Store, file: Path) -> None:
        file.write_text("no database\n" * 500, "utf-8")
        with pytest.raises(InputError, match="no database"):
            full.restore(file, force=True)

    def test_damaged(self, full: Store, file: Path) -> None:
        with file.open("r+b") as handle:
            handle.seek(4096)
            handle.write(os.urandom(8192))
        with pytest.raises(InputError, match="damaged"):
            full.restore(file, force=True)

    def test_cut_short(self, full: Store, file: Path) -> None:
        os.truncate(file, file.stat().st_size // 2)
        with pytest.raises(InputError, match="damaged"):
            full.restore(file, force=True)

    def test_rows_without_what_they_refer_to(self, full: Store, file: Path) -> None:
        with closing(sqlite3.connect(file)) as copy, copy:
            copy.execute("DELETE FROM entries")
        with pytest.raises(InputError, match="damaged"):
            full.restore(file, force=True)

    def test_another_programs(self, full: Store, file: Path) -> None:
        file.unlink()
        with closing(sqlite3.connect(file)) as copy, copy:
            copy.execute("CREATE TABLE mine (x)")
        with pytest.raises(InputError, match="no backup of a store"):
            full.restore(file, force=True)

    def test_newer(self, full: Store, file: Path) -> None:
        with closing(sqlite3.connect(file)) as copy, copy:
            copy.execute("UPDATE microdc_schema SET version = ?", [migrations.VERSION + 1])
        with pytest.raises(InputError, match="a newer microdc wrote it"):
            full.restore(file, force=True)

    def test_rows_that_the_store_refuses(self, full: Store, file: Path) -> None:
        """The old rows are gone and new ones came before it is refused: all of that is undone."""
        with closing(sqlite3.connect(file)) as copy, copy:
            copy.execute("UPDATE calibrations SET at = 'no time'")
        with pytest.raises(InputError, match="damaged"):
            full.restore(file, force=True)


def test_calibrations_are_kept_and_the_latest_holds(store: Store) -> None:
    store.calibrations.put("lab", [THERE, BACK], host="h", fingerprint="f1", method="fping, 20 packets")
    slower = Measured("paris", "boston", 50_000_000, 0, 10**9, 100.0)
    store.calibrations.put("lab", [slower], host="h", fingerprint="f2", method="irtt")
    store.calibrations.put("rack", [THERE], host="h", fingerprint="f3", method="irtt")
    store.calibrations.put("lab", [], host="h", fingerprint="f4", method="irtt")
    found = store.calibrations.get("lab")
    assert {key: (one.measured, one.fingerprint) for key, one in found.items()} == {
        ("paris", "boston"): (slower, "f2"),
        ("boston", "paris"): (BACK, "f1"),
    }
    history = store.calibrations.history("lab", "paris", "boston")
    assert [one.measured for one in history] == [THERE, slower]
    assert history[0].at <= history[1].at <= datetime.now(UTC)
    assert (history[0].host, history[0].method, history[0].testbed) == ("h", "fping, 20 packets", "lab")
    assert store.calibrations.get("none") == {}
