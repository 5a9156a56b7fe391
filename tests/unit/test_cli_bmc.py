"""`microdc bmc` on BMCs that run, over TLS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scripted_bmc import Scripted

from microdc.bmc import visiting
from microdc.bmc.driver import Bmc
from microdc.bmc.model import Power
from microdc.cli import main
from microdc.errors import Exit
from microdc.store.operate import open_store

if TYPE_CHECKING:
    from bmcracks import Racks

pytest_plugins = ["bmcracks"]


def by_name(output: str) -> dict[str, dict[str, Any]]:
    return {one["server"]: one for one in json.loads(output)["servers"]}


def test_show(racks: Racks) -> None:
    found = by_name(racks("bmc", "show", "a1", "a2", "-o", "json"))
    assert found["a1"]["identity"]["serial"] == "S-a1"
    assert "on" in found["a1"]["abilities"]["acts"]
    assert found["a2"]["power"] == "off"
    assert "S-a2" in racks("bmc", "show", "a2")
    assert racks.sessions() == 0


def test_the_log_shown_limited_since_and_cleared(racks: Racks, tmp_path: Path) -> None:
    racks("power", "on", "a1")
    whole = by_name(racks("bmc", "sel", "a1", "-o", "json"))["a1"]["entries"]
    assert whole
    assert {"id", "at", "message", "severity"} <= set(whole[0])
    assert by_name(racks("bmc", "sel", "a1", "--limit", "1", "-o", "json"))["a1"]["entries"] == whole[:1]
    assert not by_name(racks("bmc", "sel", "a1", "--since", "2999-01-01T00:00", "-o", "json"))["a1"][
        "entries"
    ]
    assert by_name(racks("bmc", "sel", "a1", "--since", "1h", "-o", "json"))["a1"]["entries"] == whole
    racks("bmc", "sel", "a1", "--clear", code=Exit.USAGE, says="Empty the event log of 1 server (a1)?")
    assert by_name(racks("bmc", "sel", "a1", "--clear", "--yes", "-o", "json"))["a1"]["result"] == "done"
    with open_store(str(tmp_path / "store.db")) as store:
        assert [entry.kind for entry in store.journal.entries("t")] == ["power", "bmc"]


def test_sensors_by_kind_and_those_that_are_not_well(racks: Racks) -> None:
    racks("power", "on", "a1")
    found = by_name(racks("bmc", "sensors", "a1", "--kind", "temperature", "-o", "json"))["a1"]
    assert found["readings"]
    assert {one["kind"] for one in found["readings"]} == {"temperature"}
    assert not by_name(racks("bmc", "sensors", "a1", "--bad", "-o", "json"))["a1"]["readings"]
    assert "°C" in racks("bmc", "sensors", "a1")


def test_a_sensor_that_is_not_well_is_an_exit_code(racks: Racks) -> None:
    racks("power", "on", "a1")
    (racks.rigs["a1"].directory / "inlet").write_text("57500\n")
    found = by_name(racks("bmc", "sensors", "a1", "--bad", "-o", "json", code=Exit.FAILED))["a1"]
    assert [one["health"] for one in found["readings"]] == ["critical"]
    racks("bmc", "sensors", "a1", "a3", code=Exit.FAILED)  # before one that was not reached
    racks("bmc", "sensors", "a1", "--kind", "fan")  # it is not among those that are shown


def test_a_server_that_is_off_has_no_sensor_that_is_not_well(racks: Racks) -> None:
    assert not by_name(racks("bmc", "sensors", "a2", "--bad", "-o", "json"))["a2"]["readings"]


def test_the_led(racks: Racks) -> None:
    assert by_name(racks("bmc", "led", "a1", "-o", "json"))["a1"]["led"] == "off"
    assert by_name(racks("bmc", "led", "a1", "--set", "on", "-o", "json"))["a1"]["result"] == "done"
    assert by_name(racks("bmc", "led", "a1", "-o", "json"))["a1"]["led"] != "off"
    assert by_name(racks("bmc", "led", "a1", "--set", "off", "-o", "json"))["a1"]["result"] == "done"
    assert by_name(racks("bmc", "led", "a1", "--set", "off", "-o", "json"))["a1"]["result"] == "nothing"


def test_what_a_report_repeats(racks: Racks) -> None:
    text = racks.document.read_text("utf-8")
    racks.document.write_text(text.replace('fingerprint: "', 'verify: false}}  # "', 1), "utf-8")
    found = by_name(racks("bmc", "show", "a1", "-o", "json"))["a1"]
    assert any("verif" in note for note in found["notes"])
    assert "Mind: a1: " in racks("power", "status", "a1")


def test_one_that_cannot_do_it_says_so_and_another_is_none_the_worse(racks: Racks) -> None:
    racks.rigs["a1"].plant(dead=False, html=True)
    found = by_name(racks("bmc", "show", "a1", "a2", "-o", "json", code=Exit.UNREACHABLE))
    assert found["a1"]["error"]["what"]
    assert found["a2"]["error"] is None


# -- trust


def unpinned(racks: Racks) -> str:
    """The document without the fingerprint of a1, and what it was."""
    text = racks.document.read_text("utf-8")
    line = next(line for line in text.splitlines() if "a1 is here" in line)
    pin = line.partition('fingerprint: "')[2].partition('"')[0]
    racks.document.write_text(text.replace(f', fingerprint: "{pin}"', "", 1), "utf-8")
    return pin


def test_trust_shows_asks_and_stores_with_every_comment(racks: Racks) -> None:
    pin = unpinned(racks)
    before = racks.document.read_text("utf-8")
    racks("power", "status", "a1", code=Exit.UNREACHABLE)
    racks("bmc", "trust", "a1", code=Exit.USAGE, says="Trust this certificate of a1?")
    assert racks.document.read_text("utf-8") == before
    (shown,) = json.loads(racks("bmc", "trust", "a1", "--yes", "-o", "json"))["bmcs"]
    assert (shown["state"], shown["fingerprint"], shown["self_signed"]) == ("not stored", pin, True)
    after = racks.document.read_text("utf-8")
    written = ":".join(pin[n : n + 2] for n in range(0, 64, 2)).upper()
    assert after.replace(f', fingerprint: "{written}"', "", 1) == before
    assert "# a1 is here" in after
    racks("power", "status", "a1")
    (shown,) = json.loads(racks("bmc", "trust", "a1", "-o", "json"))["bmcs"]
    assert shown["state"] == "stored"


def test_trust_of_a_demanded_one_does_not_ask(racks: Racks) -> None:
    pin = unpinned(racks)
    before = racks.document.read_text("utf-8")
    other = "00" * 32
    racks("bmc", "trust", "a1", "--sha256", other, code=Exit.FAILED, says="not the certificate")
    assert racks.document.read_text("utf-8") == before
    racks("bmc", "trust", "a1", "--sha256", "beef", code=Exit.USAGE, says="64 hexadecimal digits")
    racks("bmc", "trust", "a1", "--sha256", pin)
    racks("power", "status", "a1")


def test_a_changed_certificate_is_refused_until_it_is_trusted(racks: Racks) -> None:
    text = racks.document.read_text("utf-8")
    pin = unpinned(racks)
    racks.document.write_text(text.replace(pin, "ab" * 32, 1), "utf-8")
    error = by_name(racks("power", "status", "a1", "-o", "json", code=Exit.UNREACHABLE))["a1"]["error"]
    assert error["cause"] == "certificate changed"
    output = racks("bmc", "trust", "a1", code=Exit.USAGE, says="in place of the one that is stored")
    assert "changed" in output
    racks("bmc", "trust", "a1", "--yes")
    racks("power", "status", "a1")


def test_a_url_is_shown_and_stored_where_it_is_a_server_s(racks: Racks) -> None:
    port = racks.rigs["a1"].client.port
    (shown,) = json.loads(racks("bmc", "trust", f"https://127.0.0.1:{port}", "-o", "json"))["bmcs"]
    assert (shown["server"], shown["state"]) == ("a1", "stored")
    text = racks.document.read_text("utf-8")
    racks.document.write_text(text.replace(f":{port}", ":9", 1), "utf-8")
    before = racks.document.read_text("utf-8")
    output = racks("bmc", "trust", f"127.0.0.1:{port}", "-o", "json", says="no server's of this inventory")
    (shown,) = json.loads(output)["bmcs"]
    assert (shown["server"], shown["state"]) == (None, "not stored")
    assert racks.document.read_text("utf-8") == before


def test_trust_where_nobody_answers(racks: Racks) -> None:
    racks("bmc", "trust", "a3", code=Exit.UNREACHABLE)
    racks("bmc", "trust", "a4", code=Exit.USAGE, says="none of these has a Redfish service")


# -- what goes on for long, in a process of its own


def test_ctrl_c_ends_a_wait_promptly_and_leaves_no_session(racks: Racks, tmp_path: Path) -> None:
    racks.rigs["a1"].plant(lagging_power=600)
    argv = [sys.executable, "-m", "microdc.cli", "power", "on", "a1", "a2"]
    child = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    end = threading.Timer(60, child.kill)
    end.start()
    try:
        assert child.stderr is not None
        told = ""
        while "a2: power on: done" not in told:
            line = child.stderr.readline()
            assert line, told
            told += line
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == Exit.INTERRUPTED
    finally:
        end.cancel()
        child.kill()
        child.wait()
        assert child.stderr is not None
        child.stderr.close()
    assert racks.sessions() == 0
    with open_store(str(tmp_path / "store.db")) as store:
        (entry,) = store.journal.entries("t")
    assert entry.outcome == "interrupted"
    assert entry.result["servers"]["a2"]["came"] == "done"
    assert entry.result["servers"]["a1"]["error"].endswith("interrupted, after it was asked for on")


def test_after_a_kill_the_next_command_ends_its_session_and_closes_its_entry(
    racks: Racks, tmp_path: Path
) -> None:
    racks.rigs["a1"].plant(lagging_power=600)
    argv = [sys.executable, "-m", "microdc.cli", "power", "on", "a1", "a2"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as child:
        end = threading.Timer(60, child.kill)
        end.start()
        try:
            assert child.stderr is not None
            while "a2: power on: done" not in (line := child.stderr.readline()):
                assert line
        finally:
            end.cancel()
            child.kill()
    assert racks.sessions() > 0
    racks("power", "status", "a1")
    racks("power", "on", "a2")
    assert racks.sessions() == 0
    with open_store(str(tmp_path / "store.db")) as store:
        killed, done = store.journal.entries("t")
    assert (killed.outcome, done.outcome) == ("interrupted", "done")
    assert "power status tells" in killed.result["settled"]


def test_new_entries_are_told_as_they_come(racks: Racks) -> None:
    argv = [
        sys.executable,
        "-m",
        "microdc.cli",
        "bmc",
        "sel",
        "a1",
        "--follow",
        "--every",
        "200ms",
        "-o",
        "json",
    ]
    child = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ)
    )
    end = threading.Timer(60, child.kill)
    end.start()
    stop = threading.Event()

    def toggle() -> None:
        """Makes entries until one was heard, since nobody knows when it begins to listen."""
        kinds = ["On", "ForceOff"]
        while not stop.wait(0.5):
            racks.rigs["a1"].as_user(racks.rigs["a1"].client.login).reset(kinds[0])
            kinds.reverse()

    maker = threading.Thread(target=toggle)
    maker.start()
    try:
        assert child.stdout is not None
        heard = json.loads(child.stdout.readline())
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == Exit.INTERRUPTED
    finally:
        stop.set()
        maker.join()
        end.cancel()
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()
    assert (heard["kind"], heard["server"]) == ("BmcLogEntry", "a1")
    assert heard["message"]
    assert racks.sessions() == 0


@pytest.mark.usefixtures("racks")
@pytest.mark.parametrize(
    "command",
    [["power", "status"], ["boot"], ["bmc", "show"], ["bmc", "sel"], ["bmc", "sensors"], ["bmc", "trust"]],
)
def test_the_tab_key_knows_servers_and_sites(command: list[str]) -> None:
    words = f"microdc {' '.join(command)} a"
    env = {
        **os.environ,
        "_MICRODC_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    done = subprocess.run(
        [sys.executable, "-m", "microdc.cli"], env=env, capture_output=True, text=True, check=False
    )
    assert {line.partition(",")[2] for line in done.stdout.split()} == {"a", "a1", "a2", "a3", "a4"}
    assert not done.stderr


def test_a_restart_of_the_bmc_asks_and_is_waited_for(racks: Racks) -> None:
    racks("bmc", "reset", "a1", code=Exit.USAGE, says="Restart the BMC of 1 server (a1)?")
    result = by_name(racks("bmc", "reset", "a1", "--yes", "-o", "json"))["a1"]
    assert result["result"] in {"done", "asked"}  # whether it is seen gone depends on how fast it starts
    racks("power", "status", "a1")


def opening(bmc: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has this BMC opened, whatever the inventory names."""

    @contextmanager
    def opened(*_: object) -> Iterator[Bmc]:
        with bmc:
            yield bmc

    monkeypatch.setattr(visiting, "open_bmc", opened)


def test_a_hint_for_the_console(racks: Racks, monkeypatch: pytest.MonkeyPatch) -> None:
    opening(Scripted([Power.ON]), monkeypatch)
    found = by_name(racks("bmc", "console-hint", "a1", "-o", "json"))["a1"]
    assert found["command"] == "ssh a1"
    assert "ssh a1" in racks("bmc", "console-hint", "a1")


class Slips(Scripted):
    """A driver with a mistake in it."""

    def power(self) -> Power:
        raise LookupError("a slip")


def test_a_mistake_of_the_program_is_told_and_traced_where_that_is_asked_for(
    racks: Racks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opening(Slips([Power.ON]), monkeypatch)
    found = by_name(racks("power", "status", "a1", "-o", "json", code=Exit.FAILED))["a1"]
    assert found["error"]["what"] == "LookupError: a slip"
    assert main.call(["power", "status", "a1", "-v"]) == Exit.FAILED
    captured = capsys.readouterr()
    assert "Traceback" in captured.err
    assert "in power" in captured.err


def test_a_console_without_a_command_is_an_answer(racks: Racks) -> None:
    found = by_name(racks("bmc", "console-hint", "a1", "-o", "json", says="offered as Oem only"))["a1"]
    assert (found["error"], found["command"], found["kinds"]) == (None, "", ["Oem"])


def test_a_bmc_that_hangs_costs_no_more_than_is_said(racks: Racks, tmp_path: Path) -> None:
    racks.rigs["a1"].plant(dead=True)
    told = racks("power", "status", "a1", "a2", "--timeout", "2s", "-o", "json", code=Exit.UNREACHABLE)
    found = by_name(told)
    assert found["a1"]["error"]["what"] == "not done after 2 s"
    assert found["a1"]["error"]["cause"] == "no answer in time"
    assert found["a2"]["power"] == "off"
    racks("power", "on", "a1", "--timeout", "2s", code=Exit.UNREACHABLE, says="not done after 2 s")
    with open_store(str(tmp_path / "store.db")) as store:
        (entry,) = store.journal.entries("t")
    assert entry.outcome == "failed"
    assert "may have been done" in entry.result["servers"]["a1"]["error"]
    words = ("inventory", "collect", "a1", "--timeout", "2s", "-o", "json")
    assert "not done after 2 s" in racks(*words, code=Exit.UNREACHABLE)
    racks("bmc", "sel", "a1", "--follow", "--timeout", "2s", code=Exit.USAGE)
    racks.rigs["a1"].plant()
