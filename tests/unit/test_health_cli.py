"""`microdc health` on BMCs that run, over TLS: once, as a feed, as it changes; and no session left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from microdc.cli import complete, health_results, main
from microdc.errors import Exit
from microdc.health.model import Fleet, Sample
from microdc.health.stream import decode
from redfishservice import until

if TYPE_CHECKING:
    from bmcracks import Racks

pytest_plugins = ["bmcracks"]
LONG = 30.0
"""Seconds after which a test has failed."""


@pytest.fixture(autouse=True)
def _without_wan(racks: Racks) -> Iterator[None]:
    """No site is behind an emulator: none is started on this machine. At the end no session is left."""
    (racks.directory / "testbed.yaml").write_text("testbed: t\n", "utf-8")
    for name in ("a", "b"):
        file = racks.directory / f"sites/{name}.yaml"
        kept = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("uplink")]
        file.write_text("\n".join([*kept, ""]), "utf-8")
    yield
    assert racks.sessions() == 0


def by_key(output: str) -> dict[str, Any]:
    document = json.loads(output)
    every = [*document["devices"], *(one for site in document["sites"] for one in site["devices"])]
    return {one["device"]: one for one in every}


# -- once


def test_each_device_is_asked_once_and_what_it_says_counts(racks: Racks) -> None:
    racks.rigs["a1"].client.reset("On")
    output = racks("health", "-o", "json", code=Exit.FAILED)
    document = json.loads(output)
    assert (document["schema"], document["kind"]) == ("microdc/v1", "Health")
    states = {site["site"]: site["state"] for site in document["sites"]}
    assert states == {"a": "degraded", "b": "unknown"}
    found = by_key(output)
    assert {key: one["state"] for key, one in found.items()} == {
        "server/a1": "ok", "server/a2": "ok", "server/a3": "down", "server/a4": "unknown",
    }  # fmt: skip
    assert found["server/a1"]["figures"]["power_state"] == 1.0
    assert found["server/a1"]["facts"]["driver"] == "redfish"
    assert found["server/a3"]["trouble"]["kind"] == "unreachable"
    (site,) = [one for one in document["sites"] if one["site"] == "a"]
    assert [one["device"] for one in site["reasons"]] == ["server/a3"]
    assert any("a4" in one and "no BMC" in one for one in document["problems"])


def test_for_people(racks: Racks) -> None:
    output = racks("health", code=Exit.FAILED)
    head, first, second = output.splitlines()
    assert head.split() == ["SITE", "STATE", "DEVICES", "DRAW", "HOTTEST", "AGE", "WHY"]
    assert first.split()[:3] == ["a", "▲", "degraded"]
    assert "server/a3: " in first
    assert second.split()[:3] == ["b", "○", "unknown"]
    assert "not polled: a4: no BMC" in racks.told


def test_a_hot_inlet_is_seen(racks: Racks) -> None:
    racks.rigs["a2"].client.reset("On")
    (racks.rigs["a2"].directory / "inlet").write_text("60000\n")
    output = racks("health", "a2", code=Exit.FAILED)
    assert "▲ degraded" in output
    assert "60 °C, critical" in output


@pytest.mark.parametrize(
    ("name", "code"),
    [("a1", Exit.OK), ("a3", Exit.FAILED), ("a4", Exit.UNREACHABLE), ("a1 a4", Exit.UNREACHABLE)],
)
def test_the_exit_code_is_that_of_what_is_named(racks: Racks, name: str, code: Exit) -> None:
    output = racks("health", *name.split(), code=code)
    assert [line.split()[0] for line in output.splitlines()[1:]] == [f"server/{one}" for one in name.split()]


def test_the_tab_key_knows_what_has_a_health(racks: Racks) -> None:
    assert {"a", "b", "a1", "a2", "a3", "a4"} <= set(complete.watched_names())
    del racks


def test_what_nobody_has(racks: Racks) -> None:
    racks("health", "a9", code=Exit.USAGE, says="nothing that is watched is called 'a9'")
    racks("health", "--watch", "--feed", code=Exit.USAGE, says="exclude each other")


def test_a_broken_document_hides_nothing_that_can_be_read(racks: Racks) -> None:
    (racks.directory / "sites/b.yaml").write_text("site: b\nnonsense: 1\n", "utf-8")
    output = racks("health", "a1", "a2", code=Exit.USAGE, says="b.yaml:2")
    assert output.count("● ok") == 2
    racks("health", code=Exit.FAILED, says="b.yaml:2")  # what is down is down


def test_an_inventory_of_which_nothing_can_be_read(racks: Racks) -> None:
    (racks.directory / "testbed.yaml").write_text("testbed: [\n", "utf-8")
    racks("health", code=Exit.USAGE, says="nothing of this inventory can be watched")
    assert "testbed.yaml:" in racks.told


def test_a_store_that_cannot_be_opened_is_told(racks: Racks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICRODC_STORE", str(racks.directory / "sites"))
    output = racks("health", "a1", says="nodes and maintenance are not watched")
    assert "● ok" in output


def test_maintenance_is_no_failure(racks: Racks) -> None:
    racks("lease", "take", "site:a", "--maintenance", "--for", "1h", "--reason", "new PDU")
    output = racks("health", "a3")
    assert "■ maintenance" in output
    assert "new PDU (ann, until " in output


def test_a_terminal_without_unicode_is_told_in_words(racks: Racks, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ascii:
        encoding = "ascii"

    monkeypatch.setattr("microdc.cli.health_results.sys.stdout", Ascii())
    assert health_results.sign("down").text == "x down"
    del racks


# -- as a feed


@contextmanager
def feeding(*words: str) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "microdc.cli", "health", "--feed", "--every", "1s", *words]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def records(process: subprocess.Popen[str], until_: int) -> list[Fleet | Sample]:
    assert process.stdout is not None
    return [decode(process.stdout.readline()) for _ in range(until_)]


def test_a_feed_goes_on_until_it_is_asked_to_end_and_logs_out(racks: Racks) -> None:
    with feeding("a1", "a2", "a3") as process:
        fleet, *samples = records(process, 8)
        assert isinstance(fleet, Fleet)
        assert [one.key for one in fleet.devices] == ["server/a1", "server/a2", "server/a3"]
        by = [one.device for one in samples if isinstance(one, Sample)]
        assert {"server/a1", "server/a2", "server/a3"} == set(by)
        assert by.count("server/a1") > 1
        troubled = [one for one in samples if isinstance(one, Sample) and one.trouble]
        assert {one.device for one in troubled} == {"server/a3"}
        until(lambda: racks.sessions() == 2)
        process.terminate()
        process.communicate(timeout=LONG)
    assert process.returncode == Exit.INTERRUPTED
    assert racks.sessions() == 0


def test_a_bmc_that_hangs_holds_up_no_end_and_its_session_is_ended_by_the_next(racks: Racks) -> None:
    with feeding("a1", "a2") as process:
        records(process, 3)
        until(lambda: racks.sessions() == 2)
        racks.rigs["a1"].plant(dead=True)
        records(process, 4)  # of a2, which goes on
        process.terminate()
        process.communicate(timeout=LONG)
    assert process.returncode == Exit.INTERRUPTED
    racks.rigs["a1"].plant()
    assert racks.sessions() == 1
    racks("health", "a1")


def test_a_feed_of_no_inventory_says_so_and_ends_when_nobody_reads_it(racks: Racks) -> None:
    for file in racks.directory.glob("*.yaml"):
        file.unlink()
    with feeding() as process:
        (fleet,) = records(process, 1)
        assert isinstance(fleet, Fleet)
        assert any("testbed.yaml" in problem for problem in fleet.problems)
        assert process.poll() is None
        assert process.stdout is not None
        process.stdout.close()  # it has nothing more to say, and notices all the same
        assert process.wait(LONG) == Exit.OK
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


# -- one poller for all


def test_one_exporter_feeds_all_and_no_bmc_is_logged_in_to_twice(racks: Racks) -> None:
    argv = [sys.executable, "-m", "microdc.cli", "exporter", "--every", "1s", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, start_new_session=True) as exporter:
        try:
            assert exporter.stderr is not None
            told = iter(exporter.stderr.readline, "")
            where = next(found[1] for line in told if (found := re.search(r"http://(\S+)/metrics", line)))

            until(lambda: set(_states(racks, where).values()) == {"ok", "down"}, LONG)
            watched = ("health", "a3", "--watch", "--count", "2", "--from", where)
            assert "server/a3" in racks(*watched, code=Exit.FAILED)
            assert _states(racks, where) == {"server/a1": "ok", "server/a2": "ok", "server/a3": "down"}
            assert racks.sessions() == 2
            exporter.terminate()
            exporter.communicate(timeout=LONG)
        finally:
            if exporter.poll() is None:
                os.killpg(exporter.pid, signal.SIGKILL)
    assert exporter.returncode == Exit.INTERRUPTED
    assert racks.sessions() == 0


def _states(racks: Racks, where: str) -> dict[str, str]:
    """Of the servers that are polled, as far as the exporter knows them."""
    main.call(["health", "a1", "a2", "a3", "--from", where, "-o", "json"])
    return {key: one["state"] for key, one in by_key(racks.capsys.readouterr().out).items()}


# -- as it changes, and the demo


def test_changes_are_told_as_lines(racks: Racks) -> None:
    output = racks(
        "health", "a3", "a1", "--watch", "--count", "4", "--every", "1s", "-o", "json", code=Exit.FAILED
    )
    (change,) = [json.loads(line) for line in output.splitlines()]
    assert (change["kind"], change["device"], change["to"]) == ("HealthChange", "server/a3", "down")


def test_the_demo_needs_nothing(racks: Racks) -> None:
    output = racks("health", "--demo", "-o", "json", code=Exit.FAILED)
    states = {site["state"] for site in json.loads(output)["sites"]}
    assert {"ok", "degraded", "maintenance"} <= states
    site = json.loads(output)["sites"][0]["site"]
    part = racks("health", "--demo", site, "-l", "kind=server")
    assert part.splitlines()[1].startswith("server/")


def test_a_table_stays_in_its_place_on_a_terminal(racks: Racks, monkeypatch: pytest.MonkeyPatch) -> None:
    from microdc.cli import render

    monkeypatch.setattr(render, "is_fancy", lambda _: True)
    output = racks("health", "--demo", "--watch", "--count", "2", code=Exit.FAILED)
    assert "degraded" in output
    assert "SITE" in output.upper()
