"""`microdc health --since`, and the commands that keep what it tells."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest

from microdc.cli import health_past, history
from microdc.cli.health_keep import Span
from microdc.cli.health_past import Moment
from microdc.cli.health_past_tables import curve, worded
from microdc.errors import Exit
from microdc.store.healthrows import ChangeRow, PointRow
from microdc.store.operate import open_store
from microdc.store.process import this_process
from redfishservice import until

if TYPE_CHECKING:
    from bmcracks import Racks

    from storecommands import Commands

pytest_plugins = ["postgres", "storecommands", "bmcracks"]

ME = this_process("ann", ["microdc"])
PATIENCE = 60.0
DAY = timedelta(days=1)
DOWN = ("server/bcn-c1", "ok", "down", "no answer")
BACK = ("server/bcn-c1", "down", "ok", "")
OTHER = ("pair/barcelona:paris", "ok", "degraded", "rtt 30 ms, asked 20 ms")
GONE = ("server/sold", "ok", "down", "")


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


@pytest.fixture
def kept(commands: Commands, now: datetime) -> Commands:
    """What was kept of the example inventory in the last two hours: a minute each, and four changes."""
    points = [
        PointRow(
            f"server/bcn-c{which}",
            int((now - timedelta(minutes=minutes)).timestamp()),
            {"draw_watts": 100.0 + minutes, "power_state": 1.0},
        )
        for minutes in range(1, 121)
        for which in (1, 2)
    ]
    changes = [
        ChangeRow(now - timedelta(minutes=minutes), *what)
        for minutes, what in ((90, DOWN), (60, OTHER), (40, GONE), (30, BACK))
    ]
    with open_store(os.environ["MICRODC_STORE"]) as store:
        hold = store.health.take(history.testbed_in_force(), ME)
        store.health.put(hold, changes, points)
    return commands


def rows(output: str) -> list[list[str]]:
    """Of the first table, its head left out."""
    return [re.split(r" {2,}", line) for line in output.split("\n\n", maxsplit=1)[0].splitlines()[1:]]


# -- what was


def test_changes_of_a_time_the_newest_last(kept: Commands) -> None:
    output = kept("health", "--since", "2h")
    assert [row[1:] for row in rows(output)] == [
        ["server/bcn-c1", "● ok", "✗ down", "no answer"],
        ["pair/barcelona:paris", "● ok", "▲ degraded", "rtt 30 ms, asked 20 ms"],
        ["server/sold", "● ok", "✗ down", "-"],
        ["server/bcn-c1", "✗ down", "● ok", "-"],
    ]
    assert "draw_watts" not in output  # of all it would be too long
    assert [row[1] for row in rows(kept("health", "--since", "70m", "--until", "35m"))] == [
        "pair/barcelona:paris", "server/sold",
    ]  # fmt: skip


def test_of_a_site_only_what_happened_and_of_a_device_how_its_figures_were(kept: Commands) -> None:
    site = kept("health", "--since", "2h", "barcelona")
    assert [row[1] for row in rows(site)] == ["server/bcn-c1", "pair/barcelona:paris", "server/bcn-c1"]
    assert "draw_watts" not in site
    one = kept("health", "--since", "3h", "bcn-c1")
    assert len(rows(one)) == 2
    figures = {line.split()[1]: line for line in one.split("\n\n")[1].splitlines()[1:]}
    draw = re.split(r" {2,}", figures["draw_watts"])
    assert draw[2:6] == ["101 W", "101 W", "160.5 W", "220 W"]
    assert re.fullmatch(r" *█[▁-█]{13,16}▁ *", figures["draw_watts"].partition("220 W  ")[2])
    assert "server/bcn-c2" not in one


def test_a_device_that_is_no_longer_declared_has_a_past(kept: Commands) -> None:
    assert [row[1] for row in rows(kept("health", "--since", "2h", "server/sold"))] == ["server/sold"]
    assert "No device changed its state" in kept("health", "--since", "10m", "bcn-c1")
    kept("health", "--since", "10m", "server/sold", code=Exit.USAGE, says="nothing that is watched")


def test_for_programs(kept: Commands, now: datetime) -> None:
    found = json.loads(kept("health", "--since", "2h", "barcelona", "-o", "json"))
    assert (found["kind"], found["testbed"]) == ("HealthPast", history.testbed_in_force())
    assert [(one["device"], one["from"], one["to"], one["why"]) for one in found["changes"]] == [
        DOWN, OTHER, (*BACK[:3], None),
    ]  # fmt: skip
    assert {one["device"] for one in found["points"]} == {"server/bcn-c1", "server/bcn-c2"}
    assert found["points"][0]["figures"]["power_state"] == 1.0
    last = max(datetime.fromisoformat(one["minute"]) for one in found["points"])
    assert last == now - timedelta(minutes=1)
    assert (found["keeper"]["owner"], found["keeper"]["ended"]) == ("ann", False)


def test_more_than_anybody_looks_at_is_refused(kept: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_past, "MOST", 10)
    kept("health", "--since", "2h", "-o", "json", code=Exit.USAGE, says="a shorter time")
    assert json.loads(kept("health", "--since", "6m", "bcn-c1", "-o", "json"))["points"]


def test_where_nothing_was_kept_that_is_said(commands: Commands) -> None:
    output = commands("health", "--since", "2h", code=Exit.UNREACHABLE)
    assert "Nothing was kept of" in output
    assert "microdc exporter --keep does" in output
    found = json.loads(
        commands("health", "--since", "2h", "-o", "json", code=Exit.UNREACHABLE, says="Nothing was kept")
    )
    assert (found["changes"], found["points"], found["keeper"]) == ([], [], None)


def test_who_kept_and_saw_nothing_has_kept(commands: Commands) -> None:
    with open_store(os.environ["MICRODC_STORE"]) as store:
        store.health.take(history.testbed_in_force(), ME)
    assert "No device changed its state" in commands("health", "--since", "1h")
    before = commands("health", "--since", "3d", "--until", "2d", code=Exit.UNREACHABLE)
    assert "last it was until" in before


def test_that_it_ended_meanwhile_is_said(kept: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_past, "_QUIET", -DAY)
    kept("health", "--since", "2h", says="Nothing was kept since")


def test_what_does_not_go_together(commands: Commands) -> None:
    for says, words in {
        "lies before": "--since 1h --until 2h",
        "--since is not given": "--until 2h",
        "--since tells of the past": "--since 1h --watch",
        "goes with neither --watch": "--since 1h --keep",
        "is no time": "--since yesterday",
        "nothing that is watched is called 'nobody'": "--since 1h nobody",
        "goes with --watch or --feed": "--keep",
        "--keep is not given": "--watch --demo --keep-for 2d",
        "less than an hour": "--watch --demo --keep --keep-for 5m",
    }.items():
        commands("health", *words.split(), code=Exit.USAGE, says=says)


# -- words


def test_figures_for_people() -> None:
    found = [(212.4, "W"), (8.4e6, "bit/s"), (2e9, "bit/s"), (900.0, "bit/s"), (0.0123, "s"), (12345.6, "rpm"), (3.0, "")]  # fmt: skip
    assert [worded(*one) for one in found] == [
        "212.4 W", "8.4 Mbit/s", "2 Gbit/s", "900 bit/s", "12.3 ms", "12346 rpm", "3",
    ]  # fmt: skip


def test_a_curve_goes_from_its_least_to_its_most(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream:
        encoding = "utf-8"

    monkeypatch.setattr("microdc.cli.health_past_tables.sys.stdout", Stream())
    assert curve([0.0, None, 3.5, 7.0]) == "▁ ▅█"
    assert curve([5.0, 5.0]) == "▁▁"
    assert curve([None, None]) == ""
    Stream.encoding = "ascii"
    assert curve([0.0, None, 7.0]) == "_ #"


def test_days_are_a_time() -> None:
    assert Span().convert("7d", None, None) == 7 * 86_400
    assert Span().convert("1.5 d", None, None) == 1.5 * 86_400
    assert Span().convert("12h", None, None) == 12 * 3600
    before = datetime.now(UTC)
    assert before <= Moment().convert("3d", None, None) + 3 * DAY <= datetime.now(UTC)
    for wrong in ("0d", "d", "-1d", "7 days"):
        with pytest.raises(click.BadParameter):
            Span().convert(wrong, None, None)


# -- who keeps


def test_what_is_watched_is_kept(racks: Racks) -> None:
    racks("health", "a1", "a3", "--watch", "--count", "4", "--every", "1s", "--keep", code=Exit.FAILED)
    assert f"kept for 7 d in {os.environ['MICRODC_STORE']}" in racks.told
    found = json.loads(racks("health", "--since", "1h", "-o", "json"))
    assert [(one["device"], one["from"], one["to"]) for one in found["changes"]] == [
        ("server/a3", "unknown", "down")
    ]
    assert {one["device"] for one in found["points"]} == {"server/a1"}
    assert found["keeper"]["ended"]
    racks("health", "a1", "a3", "--watch", "--count", "4", "--every", "1s", "--keep", code=Exit.FAILED)
    again = json.loads(racks("health", "--since", "1h", "-o", "json"))
    assert again["changes"] == found["changes"]  # a3 is still down, which is no news


def test_a_store_that_cannot_be_opened_is_no_place_to_keep_in(
    racks: Racks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICRODC_STORE", str(racks.directory / "sites"))
    racks("health", "a1", "--watch", "--count", "1", "--keep", code=Exit.USAGE, says="cannot be opened")


@contextmanager
def exporting(*words: str) -> Iterator[subprocess.Popen[str]]:
    argv = [
        sys.executable,
        "-m",
        "microdc.cli",
        "exporter",
        "--demo",
        "--keep",
        "--listen",
        "127.0.0.1:0",
        *words,
    ]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as child:
        end = threading.Timer(PATIENCE, child.kill)
        end.start()
        try:
            assert child.stderr is not None
            while "until Ctrl-C" not in child.stderr.readline():
                assert child.poll() is None
            yield child
        finally:
            end.cancel()
            child.kill()


def test_the_exporter_keeps_and_one_that_was_killed_is_followed(commands: Commands) -> None:
    def past() -> Any:
        return json.loads(commands("health", "--demo", "--since", "1h", "-o", "json"))

    with exporting() as child:
        until(lambda: past()["changes"], PATIENCE)
        refused = ("exporter", "--demo", "--keep", "--listen", "127.0.0.1:0")
        commands(
            *refused, code=Exit.LOCKED, says=f"kept already: {past()['keeper']['owner']}, process {child.pid}"
        )
        child.kill()
    first = past()
    assert not first["keeper"]["ended"]
    with exporting("--keep-for", "12h") as child:
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE) == Exit.INTERRUPTED
    second = past()
    assert second["keeper"]["ended"]
    assert second["keeper"]["since"] > first["keeper"]["since"]
