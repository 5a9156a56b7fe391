"""What was is kept: changes once, a point a minute, by one keeper; and a store that fails costs what it must, and no sample waits for it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import psycopg
import pytest
from health_world import FLEET, OTHER, PAIR, SWITCH, bad, good, silent
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from microdc.errors import RefusedError
from microdc.health.archive import archive as archiving
from microdc.health.archive.archive import Archive
from microdc.health.archive.minutes import Minutes
from microdc.health.archive.past import summaries
from microdc.health.figures import FIGURES
from microdc.health.model import Fleet
from microdc.health.stream import Record
from microdc.store import database
from microdc.store import healthrows as rows
from microdc.store.healthrows import MINUTE, ChangeRow, Hold, PointRow
from microdc.store.model import Actor
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process
from microdc.store.tables import health_points
from redfishservice import until

pytest_plugins = ["postgres"]

BEGIN = 1_800_000_000.0
"""The beginning of a minute."""
WEEK = 7 * 86_400.0
ME = this_process("me", ["microdc", "exporter", "--keep"])
FAR = Actor("bob", "bob", "elsewhere", 1, (), 7, "another boot")
PATIENCE = 30.0


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


LONG_AGO, LATER = moment(BEGIN - WEEK), moment(BEGIN + WEEK)


# -- minutes


def test_a_point_is_the_mean_of_each_figure_of_its_minute() -> None:
    minutes = Minutes()
    for second, watts in ((0.0, 100.0), (30.0, 200.0), (59.9, 300.0)):
        assert minutes.add("server/a", BEGIN + second, {"draw_watts": watts, "of no meaning": 1.0}) == []
    minutes.add("server/a", BEGIN + 59.95, {"inlet_celsius": 20.123456789})
    (point,) = minutes.add("server/a", BEGIN + 60, {"draw_watts": 1.0})
    assert point == PointRow("server/a", int(BEGIN), {"draw_watts": 200.0, "inlet_celsius": 20.123})
    assert minutes.take(BEGIN + 119) == []
    assert minutes.take(BEGIN + 120) == [PointRow("server/a", int(BEGIN) + 60, {"draw_watts": 1.0})]
    assert minutes.take(inf) == []


def test_a_clock_that_was_set_back_ends_a_minute_too() -> None:
    minutes = Minutes()
    minutes.add("server/a", BEGIN + 600, {"draw_watts": 1.0})
    (point,) = minutes.add("server/a", BEGIN, {"draw_watts": 2.0})
    assert point.minute == BEGIN + 600


NAMES = st.sampled_from([*FIGURES][:3])
TOLD = st.lists(
    st.tuples(
        st.sampled_from(["server/a", "switch/b"]),
        st.floats(0, 300),
        st.dictionaries(NAMES, st.floats(-1e6, 1e6), max_size=3),
    ),
    max_size=40,
)


@given(TOLD)
def test_no_mean_is_beyond_what_was_told_and_nothing_is_kept_twice(
    told: list[tuple[str, float, dict[str, float]]],
) -> None:
    minutes, points = Minutes(), list[PointRow]()
    told.sort(key=lambda one: one[1])
    for device, second, figures in told:
        points.extend(minutes.add(device, BEGIN + second, figures))
    points.extend(minutes.take(inf))
    assert len({(one.device, one.minute) for one in points}) == len(points)
    for point in points:
        for name, value in point.figures.items():
            inside = [
                figures[name]
                for device, second, figures in told
                if device == point.device
                and int((BEGIN + second) // MINUTE) * MINUTE == point.minute
                and name in figures
            ]
            slack = 1e-4 * max(1.0, *map(abs, inside))
            assert min(inside) - slack <= value <= max(inside) + slack
    expected = {
        (device, int((BEGIN + second) // MINUTE) * MINUTE) for device, second, figures in told if figures
    }
    assert {(one.device, one.minute) for one in points} == expected


# -- what is made of it again


def test_a_figure_is_put_together_over_its_time() -> None:
    points = [PointRow("server/a", int(BEGIN) + 60 * n, {"draw_watts": float(n)}) for n in (0, 1, 2, 7)]
    (one,) = summaries(points, BEGIN, BEGIN + 600, 5)
    assert (one.device, one.figure, one.last, one.least, one.mean, one.most) == (
        "server/a", "draw_watts", 7.0, 0.0, 2.5, 7.0,
    )  # fmt: skip
    assert one.series == (0.5, 2.0, None, 7.0, None)


def test_figures_stand_in_the_order_of_the_vocabulary() -> None:
    points = [
        PointRow("server/a", 0, dict.fromkeys(reversed([*FIGURES]), 1.0)),
        PointRow("pair/a:b", 0, {"way": 1.0}),
    ]
    found = summaries(points, 0.0, 60.0, 1)
    assert [one.figure for one in found if one.device == "server/a"] == list(FIGURES)
    assert found[-1].device == "pair/a:b"


# -- rows


class TestKeepers:
    """One keeps, and nobody else does meanwhile."""

    def test_a_second_one_is_refused_with_who_and_since_when(self, store: Store) -> None:
        hold = store.health.take("lab", ME)
        with pytest.raises(
            RefusedError, match=rf"kept already: me, process {ME.pid} on {ME.host}, since \d{{4}}"
        ):
            store.health.take("lab", replace(ME, owner="ann"))
        store.health.take("another", ME)
        store.health.release(hold)
        found = store.health.keeper("lab")
        assert found is not None
        assert found.ended
        assert store.health.take("lab", ME) != hold

    def test_one_that_is_gone_is_followed(self, store: Store) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
            theirs = Actor("ann", "ann", ME.host, child.pid, (), _started(child.pid), ME.boot)
            store.health.take("lab", theirs)
            with pytest.raises(RefusedError, match="ann, process"):
                store.health.take("lab", ME)
            child.kill()
        store.health.take("lab", ME)

    def test_one_of_another_machine_is_gone_when_it_has_told_nothing_for_long(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.health.take("lab", FAR)
        with pytest.raises(RefusedError, match="bob, process 1 on elsewhere"):
            store.health.take("lab", ME)
        monkeypatch.setattr(rows, "SILENT", timedelta(0))
        store.health.take("lab", ME)

    def test_who_was_followed_keeps_nothing_more(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        first = store.health.take("lab", FAR)
        monkeypatch.setattr(rows, "SILENT", timedelta(0))
        second = store.health.take("lab", ME)
        with pytest.raises(RefusedError, match="me, process"):
            store.health.put(first, [ChangeRow(LONG_AGO, "server/a", "ok", "down")])
        store.health.release(first)  # which is no longer his
        store.health.put(second)
        store.health.release(second)
        with pytest.raises(RefusedError, match="no longer ours"):
            store.health.put(second)
        assert store.health.changes("lab", LONG_AGO, LATER) == []


def _started(pid: int) -> int:
    from microdc.host.daemon import Daemon

    return Daemon.of(pid).started


class TestRows:
    """On both databases."""

    @pytest.fixture
    def hold(self, store: Store) -> Hold:
        return store.health.take("lab", ME)

    def test_what_was_put_is_there_of_its_time_and_devices(self, store: Store, hold: Hold) -> None:
        changes = [
            ChangeRow(moment(BEGIN + n), f"server/{n % 2}", "ok", "down", f"why \0 {n}") for n in range(4)
        ]
        points = [
            PointRow(f"server/{n % 2}", int(BEGIN) + 60 * (n // 2), {"draw_watts": float(n)})
            for n in range(6)
        ]
        store.health.put(hold, changes, points)
        health = store.health
        told = health.changes("lab", moment(BEGIN + 1), moment(BEGIN + 2))
        assert [one.device for one in told] == ["server/1", "server/0"]
        assert told[0].why == "why \ufffd 1"
        assert health.changes("lab", LONG_AGO, LATER, {"server/0"}) == [
            replace(one, why=one.why.replace("\0", "\ufffd")) for one in changes[::2]
        ]
        assert health.points("lab", LONG_AGO, LATER) == sorted(
            points, key=lambda one: (one.device, one.minute)
        )
        assert health.points("lab", LONG_AGO, LATER, {"server/1", "server/9"}) == points[1::2]
        assert health.points("lab", moment(BEGIN + 59), moment(BEGIN + 119), {"server/0"}) == [
            points[0],
            points[2],
        ]
        assert len(health.points("lab", LONG_AGO, LATER, most=2)) == 2
        assert health.devices("lab", LONG_AGO, LATER) == {"server/0", "server/1"}
        assert health.devices("lab", LONG_AGO, moment(BEGIN - 60)) == frozenset()
        assert health.devices("another", LONG_AGO, LATER) == frozenset()
        assert health.states("lab") == {"server/0": "down", "server/1": "down"}

    def test_a_minute_that_is_there_stays(self, store: Store, hold: Hold) -> None:
        store.health.put(hold, (), [PointRow("server/a", 60, {"draw_watts": 1.0})])
        store.health.put(hold, (), [PointRow("server/a", 60, {"draw_watts": 2.0}), PointRow("server/b", 60)])
        found = store.health.points("lab", moment(0), LATER)
        assert found == [PointRow("server/a", 60, {"draw_watts": 1.0}), PointRow("server/b", 60)]

    def test_what_is_too_old_goes_some_at_a_time_but_for_how_a_device_is(
        self, store: Store, hold: Hold, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rows, "PRUNED", 100)
        points = [PointRow(f"server/{n % 3}", 60 * n, {"draw_watts": 1.0}) for n in range(600)]
        changes = [ChangeRow(moment(60 * n), "server/a", "ok", "down") for n in range(5)]
        store.health.put(hold, changes, points)
        store.health.put(store.health.take("another", ME), changes[:2], points[:1])
        before = moment(60 * 450)
        assert [store.health.prune("lab", before) for _ in range(5)] == [True, True, True, False, False]
        assert {one.minute for one in store.health.points("lab", moment(0), LATER)} == {
            60 * n for n in range(450, 600)
        }
        assert store.health.changes("lab", moment(0), LATER) == changes[-1:]
        assert len(store.health.points("another", moment(0), LATER)) == 1
        assert not store.health.prune("nobody's", before)

    def test_the_devices_of_a_great_table_are_found_without_reading_it(
        self, store: Store, hold: Hold
    ) -> None:
        """By the key: what it costs does not grow with the minutes."""
        points = [PointRow(f"server/{n % 7}", 60 * n, {"draw_watts": 1.0}) for n in range(7000)]
        store.health.put(hold, (), points)
        assert store.health.devices("lab", moment(0), LATER) == {f"server/{n}" for n in range(7)}
        assert store.health.devices("lab", moment(6999 * 60), LATER) == {"server/6"}
        assert store.health.anything("lab", moment(6999 * 60), LATER)
        assert not store.health.anything("lab", moment(7001 * 60), LATER)
        if store.info().database == "SQLite":
            with store._database.reading() as connection:
                query = rows.within(
                    select(health_points.c.device), "lab", moment(0), LATER, rows.devices("lab")
                )
                text = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
            assert not [line for line in plan if "SCAN health_points" in line]
            assert any("minute>? AND minute<?" in line for line in plan)

    def test_a_backup_has_it(
        self, store: Store, hold: Hold, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        change, point = (
            ChangeRow(moment(BEGIN), "server/a", "ok", "down"),
            PointRow("server/a", 60, {"way": 1.0}),
        )
        store.health.put(hold, [change], [point])
        place = tmp_path_factory.mktemp("b")
        store.backup(place / "b.db")
        with open_store(str(place / "other.db")) as other:
            other.restore(place / "b.db")
            assert other.health.changes("lab", LONG_AGO, LATER) == [change]
            assert other.health.points("lab", moment(0), LATER) == [point]
            assert store.info().rows["health_points"] == other.info().rows["health_points"] == 1


# -- the archive


class Kept:
    """An archive that works on a store, with a clock of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = BEGIN
        self.lines: list[str] = []

    @contextmanager
    def open(self, *records: Record, keep_for: float = WEEK) -> Iterator[Archive]:
        archive = Archive(
            self.store.health, "lab", ME, keep_for, self.lines.append, clock=lambda: self.now, every=0.02
        )
        with archive:
            for record in records:
                self.put(archive, record)
            yield archive

    def put(self, archive: Archive, record: Record) -> None:
        if not isinstance(record, Fleet):
            self.now = record.at
        archive.put(record)

    def changes(self) -> list[tuple[str, str, str]]:
        found = self.store.health.changes("lab", LONG_AGO, LATER)
        return [(one.device, one.before, one.after) for one in found]

    def points(self) -> list[PointRow]:
        return self.store.health.points("lab", LONG_AGO, LATER)


@pytest.fixture
def kept(store: Store) -> Kept:
    return Kept(store)


HOT = ("server/bcn-c1", "ok", "degraded")
WELL = ("server/bcn-c1", "degraded", "ok")


def test_changes_of_states_are_kept_with_when_and_why(kept: Kept) -> None:
    with kept.open(FLEET, good(BEGIN), bad(BEGIN + 10), bad(BEGIN + 20), good(BEGIN + 30), good(BEGIN + 40)):
        until(lambda: kept.changes() == [HOT, WELL], PATIENCE)  # while it goes on
    first, second = kept.store.health.changes("lab", LONG_AGO, LATER)
    assert (first.at, first.why) == (moment(BEGIN + 20), "inlet: 34 °C, upper critical 30 °C")
    assert (second.at, second.why) == (moment(BEGIN + 40), "")


def test_a_point_a_minute_is_kept_and_the_last_that_was_begun(kept: Kept) -> None:
    records = [good(BEGIN + 10 * n, draw_watts=float(n)) for n in range(13)]
    with kept.open(
        FLEET, *records, good(BEGIN + 5, SWITCH, in_bits=8.0), replace(good(BEGIN), device="server/none")
    ):
        pass
    assert kept.points() == [
        PointRow("server/bcn-c1", int(BEGIN), {"draw_watts": 2.5}),
        PointRow("server/bcn-c1", int(BEGIN) + 60, {"draw_watts": 8.5}),
        PointRow("server/bcn-c1", int(BEGIN) + 120, {"draw_watts": 12.0}),
        PointRow("switch/bcn-sw1", int(BEGIN), {"in_bits": 8.0}),
    ]


def test_a_minute_that_is_over_is_written_although_its_device_tells_nothing_more(kept: Kept) -> None:
    with kept.open(FLEET, good(BEGIN + 50, draw_watts=1.0)):
        kept.now = BEGIN + 70
        until(kept.points, PATIENCE)


def test_who_follows_knows_how_devices_were(kept: Kept) -> None:
    """What is still so is no news, and what is over is, although it went by while nobody kept."""
    with kept.open(
        FLEET,
        bad(BEGIN),
        bad(BEGIN, device=OTHER),
        silent(BEGIN, device=SWITCH),
        silent(BEGIN + 1, device=SWITCH),
    ):
        pass
    before = kept.changes()
    assert len(before) == 3
    with kept.open(FLEET, silent(BEGIN + 100, device=SWITCH), silent(BEGIN + 110, device=SWITCH), good(BEGIN + 100), bad(BEGIN + 100, device=OTHER), good(BEGIN + 100, PAIR)):  # fmt: skip
        pass
    assert kept.changes() == [*before, WELL]


def test_one_keeps_at_a_time_and_lets_go_at_the_end(kept: Kept) -> None:
    with kept.open(FLEET), pytest.raises(RefusedError, match="kept already"), kept.open():
        pass
    found = kept.store.health.keeper("lab")
    assert found is not None
    assert found.ended


def test_that_it_is_there_is_told_also_where_nothing_happens(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "BEAT", 0.05)
    with kept.open(FLEET):
        first = kept.store.health.keeper("lab")
        assert first is not None
        until(lambda: (kept.store.health.keeper("lab") or first).at > first.at, PATIENCE)


def test_what_is_old_is_removed_as_it_goes(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "PRUNING", 0.0)
    with kept.open(FLEET, good(BEGIN, draw_watts=1.0), good(BEGIN + 86_400, draw_watts=2.0), keep_for=3600.0):
        until(lambda: kept.points() == [], PATIENCE)
    assert [one.figures["draw_watts"] for one in kept.points()] == [2.0]


class Lock:
    """Another process that keeps a store locked, as one does that was stopped in the middle of a transaction."""

    def __init__(self, url: str) -> None:
        self._connection: Any = (
            psycopg.connect(url) if "://" in url else sqlite3.connect(url, isolation_level=None)
        )
        self._postgresql = "://" in url

    def hold(self) -> None:
        if self._postgresql:
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", [database._LOCK])
        else:
            self._connection.execute("BEGIN IMMEDIATE")

    def free(self) -> None:
        self._connection.rollback()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that waits for no other writer, where it is opened after this."""
    monkeypatch.setattr(database, "PATIENCE", 0.05)


@pytest.fixture
def lock(store: Store, store_url: str) -> Iterator[Lock]:
    del store  # it is there
    with closing(Lock(store_url)) as found:
        yield found


@pytest.mark.usefixtures("impatient")
def test_a_store_that_fails_is_told_once_and_nothing_is_lost_when_it_is_back(kept: Kept, lock: Lock) -> None:
    with kept.open(FLEET) as archive:
        lock.hold()
        for record in (good(BEGIN, draw_watts=1.0), bad(BEGIN + 10), bad(BEGIN + 20)):
            kept.put(archive, record)
        until(lambda: kept.lines, PATIENCE)
        kept.put(archive, good(BEGIN + 30, draw_watts=3.0))
        kept.put(archive, good(BEGIN + 60, draw_watts=2.0))
        lock.free()
        until(lambda: len(kept.lines) == 2, PATIENCE)
        assert kept.lines[0].startswith("health is not kept, and waits for the store: ")
        assert "another process keeps the store locked" in kept.lines[0]
        assert kept.lines[1] == "health is kept again"
        until(lambda: kept.changes() == [HOT, WELL], PATIENCE)
    assert [one.figures["draw_watts"] for one in kept.points()] == [2.0, 2.0]


@pytest.mark.usefixtures("impatient")
def test_what_waits_is_bounded_and_what_is_dropped_is_told(
    kept: Kept, lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "POINTS", 3)
    with kept.open(FLEET) as archive:
        lock.hold()
        for minute in range(8):
            kept.put(archive, good(BEGIN + 60 * minute, draw_watts=float(minute)))
        until(lambda: kept.lines, PATIENCE)
        lock.free()
        until(lambda: len(kept.lines) == 2, PATIENCE)
        assert kept.lines[1] == "health is kept again; dropped meanwhile: 0 changes, 4 points"
    assert [one.figures["draw_watts"] for one in kept.points()] == [4.0, 5.0, 6.0, 7.0]


def test_a_store_that_hangs_delays_no_sample_and_no_end(
    kept: Kept, lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as a writer waits for another one."""
    monkeypatch.setattr(archiving, "CLOSING", 0.1)
    with kept.open(FLEET) as archive:
        lock.hold()
        for number in range(1000):
            kept.put(archive, good(BEGIN + 60 * number, draw_watts=1.0))
        assert kept.lines == []
    assert kept.lines == ["the store takes too long: the last that was seen of health is not kept"]
    lock.free()
    archive._thread.join(PATIENCE)
    assert not archive._thread.is_alive()
    assert len(kept.points()) == 1000  # he who waits writes it after all


def test_a_mistake_of_ours_ends_nothing(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept.open(FLEET) as archive, monkeypatch.context() as wrong:
        wrong.setattr(kept.store.health, "put", _wrong)
        kept.put(archive, good(BEGIN, draw_watts=1.0))
        kept.now = BEGIN + 70
        until(lambda: kept.lines, PATIENCE)
        assert kept.lines == ["health is not kept, and waits for the store: no such thing"]
    assert kept.lines[1:] == ["health is kept again"]
    assert len(kept.points()) == 1


def _wrong(*_: object) -> None:
    raise RuntimeError("no such thing")


def test_who_was_followed_says_so_and_keeps_nothing_more(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a machine that slept: another one took it for gone."""
    with kept.open(FLEET, good(BEGIN)) as archive:
        monkeypatch.setattr(rows, "gone", lambda *_: True)
        hold = kept.store.health.take("lab", FAR)
        kept.put(archive, bad(BEGIN + 10))
        kept.put(archive, bad(BEGIN + 20))
        until(lambda: kept.lines, PATIENCE)
        assert kept.lines[0].startswith(
            "health is kept here no longer: lab: its health is kept already: bob, process 1"
        )
        kept.put(archive, good(BEGIN + 30))
    assert kept.changes() == []
    kept.store.health.put(hold)  # it was not let go of for him
    assert len(kept.lines) == 1
    assert os.getpid() == ME.pid
