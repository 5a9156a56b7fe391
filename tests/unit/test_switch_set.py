"""`microdc switch set` on a command line behind SSH on loopback: what is asked, done, refused, undone and written down."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from inventories import site, write
from ssh_switch import PASSWORD, Script, Terminal, switch

from microdc.cli import complete, main, render
from microdc.errors import Exit
from microdc.store.clocks import Reading
from microdc.store.operate import open_store
from microdc.store.process import this_process
from microdc.switch.cli import applying
from microdc.switch.cli.model import PortSetting

RACK = """
racks:
  r1:
    switches:
      sw1:
        management: 127.0.0.1
        ssh: {platform: frr, credentials: env:TEST_SWITCH, host_key: "KEY"}
      sw2: {management: 127.0.0.1, ssh: {platform: arista_eos, credentials: env:TEST_SWITCH}}
      sw3: {management: 127.0.0.1}
    servers:
      c1: {nics: {eno1: {mac: "52:54:00:00:01:01", switch: sw1, port: swp1}}}
    cables: [{a: "sw1:swp49", b: "sw2:Ethernet49"}]
"""


@dataclass
class Port:
    """swp1 of a vtysh. lies: it takes every command and does nothing."""

    up: bool = True
    description: str = "to c1"
    lies: bool = False

    def script(self) -> Script:
        def showing(terminal: Terminal) -> None:
            told = {"administrativeStatus": "up" if self.up else "down", "description": self.description}
            terminal.say(json.dumps({"swp1": told}) + "\n")

        def setting(name: str, value: object) -> Callable[[Terminal], None]:
            def obey(_: Terminal) -> None:
                if not self.lies:
                    setattr(self, name, value)

            return obey

        answers: dict[str, str | Callable[[Terminal], None]] = {
            "show interface swp1 json": showing,
            "show interface swp9 json": "% No such interface\n",
            "shutdown": setting("up", False),
            "no shutdown": setting("up", True),
            "description to c7": setting("description", "to c7"),
            "description to c1": setting("description", "to c1"),
            "write memory": "Integrated configuration saved\n",
        }
        modes = {
            "configure terminal": "sw1(config)#",
            "interface swp1": "sw1(config-if)#",
            "exit": "sw1(config)#",
            "end": "sw1#",
        }
        return Script(answers=answers, modes=modes)


@dataclass
class Rig:
    """The command, the switch that it is about, and the store in which it is written down."""

    port: Port
    script: Script
    store: str
    capsys: pytest.CaptureFixture[str]
    told: str = ""

    def __call__(self, *words: str, code: Exit = Exit.OK, says: str = "") -> str:
        came = main.call(["switch", "set", *words, "--owner", "ann"])
        said = self.capsys.readouterr()
        self.told = said.err
        assert came == code, said.out + said.err
        assert says in said.err
        assert PASSWORD not in said.out + said.err
        return said.out

    @property
    def changing(self) -> list[str]:
        """What the switch was sent that would change it."""
        return [
            line for line in self.script.heard if line.startswith(("conf", "shut", "no sh", "desc", "wr"))
        ]

    def entries(self) -> list[Any]:
        with open_store(self.store) as store:
            return store.journal.entries("t")


@pytest.fixture
def rig(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))
    store = str(tmp_path / "store.db")
    monkeypatch.setenv("MICRODC_STORE", store)
    monkeypatch.setenv("MICRODC_INVENTORY", str(tmp_path / "inventory"))
    monkeypatch.setenv("TEST_SWITCH", f"admin:{PASSWORD}")
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "inventory").mkdir()
    port = Port()
    script = port.script()
    with switch(script) as device:
        write(tmp_path / "inventory", a=site("a", 1, RACK.replace("KEY", device.host_key)))
        monkeypatch.setattr("microdc.switch.cli.model.PORT", device.port)
        yield Rig(port, script, store, capsys)


def test_a_change_is_planned_done_and_written_down(rig: Rig) -> None:
    found = json.loads(rig("sw1", "swp1", "--down", "--description", "to c7", "--yes", "-o", "json"))
    assert (rig.port.up, rig.port.description) == (False, "to c7")
    assert (found["kind"], found["result"], found["switch"]) == ("SwitchSet", "done", "sw1")
    assert (found["before"]["up"], found["after"]["up"]) == (True, False)
    assert found["diff"][:2] == ["- swp1: up", "+ swp1: down"]
    assert found["declared_behind"] == ["c1:eno1"]
    assert found["taken_back_after_seconds"] is None
    for words in (
        "undone:  no shutdown",
        "c1:eno1 hangs on it",
        "takes nothing back by itself",
        "write memory",
    ):
        assert words in rig.told
    (entry,) = rig.entries()
    assert (entry.kind, entry.outcome, entry.actor.owner) == ("switch", "done", "ann")
    assert (entry.data["switch"], entry.data["port"], entry.data["undo"]) == (
        "a/r1/sw1",
        "swp1",
        found["undo"],
    )
    assert PASSWORD not in json.dumps([entry.data, entry.result])


def test_what_is_so_already_is_no_change_and_nobody_is_asked(rig: Rig) -> None:
    assert "is so already" in rig("sw1", "swp1", "--up")
    assert json.loads(rig("sw1", "swp1", "--up", "-o", "json"))["result"] == "nothing"
    assert rig.changing == []
    assert rig.entries() == []


def test_it_asks_and_without_consent_nothing_is_sent(rig: Rig) -> None:
    rig("sw1", "swp1", "--down", code=Exit.USAGE, says="Change swp1 of sw1?")
    assert "+ swp1: down" in rig.told
    assert rig.port.up
    assert rig.changing == []
    assert rig.entries() == []


def test_a_dry_run_shows_the_plan(rig: Rig) -> None:
    found = json.loads(rig("sw1", "swp1", "--down", "--dry-run", "-o", "json"))
    assert (found["kind"], found["commands"][1], found["undo"][1]) == (
        "SwitchPlan",
        "shutdown",
        "no shutdown",
    )
    shown = rig("a/r1/sw1", "swp1", "--down", "--dry-run").splitlines()
    assert shown[:4] == ["- swp1: up", "+ swp1: down", "sent:    interface swp1", "sent:    shutdown"]
    assert rig.changing == []
    assert rig.entries() == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["sw1", "swp1"], Exit.USAGE, "nothing is to be changed of swp1"),
        (["sw1", "swp1", "--vlan", "20"], Exit.FAILED, "knows no VLANs of ports"),
        (["sw1", "swp1", "--vlan", "5000"], Exit.USAGE, "--vlan"),
        (["sw1", "swp1", "--down", "--confirm-within", "1h"], Exit.USAGE, "more than 10m"),
        (["sw1", "swp1; reboot", "--down"], Exit.USAGE, "is no port that can be changed"),
        (["sw1", "swp9", "--down"], Exit.FAILED, "No such interface"),
        (["sw2", "Ethernet1", "--down"], Exit.FAILED, "is read only until the change suite was run"),
        (["sw3", "swp1", "--down"], Exit.USAGE, "sw3 has no `ssh`"),
        (["sw11", "swp1", "--down"], Exit.USAGE, "sw1"),
        (["a", "swp1", "--down"], Exit.USAGE, "stands for several switches: sw1, sw2, sw3"),
    ],
)
def test_what_cannot_be_meant(rig: Rig, words: list[str], code: Exit, says: str) -> None:
    rig(*words, "--yes", code=code, says=says)
    assert rig.changing == []
    assert rig.entries() == []


@pytest.mark.parametrize("resource", ["site:a", "rack:a/r1"])
def test_what_somebody_else_holds_is_left_alone(rig: Rig, resource: str) -> None:
    taken = main.call(["lease", "take", resource, "--for", "1h", "--owner", "bob", "--reason", "a long run"])
    assert taken == Exit.OK
    rig("sw1", "swp1", "--down", "--yes", code=Exit.LOCKED, says="a long run")
    assert rig.script.heard == []  # it was not even logged in to


def test_what_is_not_as_planned_is_undone_and_has_failed(rig: Rig) -> None:
    rig.port.lies = True
    rig("sw1", "swp1", "--down", "--yes", code=Exit.FAILED, says="it was taken back: swp1 is as before")
    assert rig.changing[-2:] == ["configure terminal", "no shutdown"]
    (entry,) = rig.entries()
    assert entry.outcome == "failed"
    assert "as before" in entry.result["error"]


def test_an_interruption_undoes_it_and_says_where_it_is_written(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirming = applying._confirm

    def interrupted(*_: object) -> None:
        monkeypatch.setattr(applying, "_confirm", confirming)
        raise KeyboardInterrupt

    monkeypatch.setattr(applying, "_confirm", interrupted)
    rig("sw1", "swp1", "--down", "--yes", code=Exit.INTERRUPTED, says="microdc log show 1")
    assert rig.port.up
    (entry,) = rig.entries()
    assert entry.outcome == "interrupted"
    assert entry.result["told"] == ["interrupted; it was taken back: swp1 is as before"]


class Past:
    """A clock that is slow."""

    def __init__(self, ago: timedelta) -> None:
        self._ago = ago

    def read(self) -> Reading:
        return Reading(datetime.now(UTC) - self._ago)


def left(rig: Rig, *, ago: float, alive: bool = False, host: str = "") -> int:
    """An entry that some process opened and never closed, of a change that takes the port down."""
    actor = this_process("bob", ["microdc", "switch", "set"])
    if not alive:
        actor = replace(actor, pid=2**22 - 1, started=1)
    before = PortSetting("swp1", up=True, description="to c1")
    data = {
        "switch": "a/r1/sw1",
        "port": "swp1",
        "before": before,
        "after": replace(before, up=False),
        "undo": ["no shutdown"],
        "dead_man": 30,
    }
    with open_store(rig.store, clock=Past(timedelta(seconds=ago))) as store:
        actor = replace(actor, host=host or actor.host)
        return store.journal.begin("switch", actor, "t", "swp1 of sw1", data)


@pytest.mark.parametrize(
    ("now", "outcome", "words"),
    [
        ((True, "to c1"), "interrupted", "is as it was before"),
        ((False, "to c1"), "done", "is as it was to be"),
        ((False, "to c7"), "interrupted", "neither"),
    ],
)
def test_what_a_dead_controller_left_is_settled_by_what_the_switch_says(
    rig: Rig, now: tuple[bool, str], outcome: str, words: str
) -> None:
    left(rig, ago=600)
    rig.port.up, rig.port.description = now
    rig("sw1", "swp1", "--up", "--yes")
    settled = rig.entries()[0]
    assert settled.outcome == outcome
    assert words in settled.result["settled"]


@pytest.mark.parametrize(
    ("ago", "alive", "host", "says"),
    [
        (5, False, "", "the switch may still take it back"),
        (600, True, "", "bob changes swp1 of it"),
        (5, False, "elsewhere", "from elsewhere"),
    ],
)
def test_what_may_still_go_on_is_not_crossed(rig: Rig, ago: float, alive: bool, host: str, says: str) -> None:  # noqa: FBT001
    number = left(rig, ago=ago, alive=alive, host=host)
    rig("sw1", "swp1", "--down", "--yes", code=Exit.LOCKED, says=says)
    assert f"microdc log show {number}" in rig.told
    assert rig.script.heard == []
    rig("sw1", "swp1", "--down", "--dry-run")  # who only looks is in nobody's way


def test_what_another_host_left_long_ago_is_in_nobodys_way(rig: Rig) -> None:
    left(rig, ago=600, host="elsewhere")
    rig("sw1", "swp1", "--down", "--yes")
    assert [entry.outcome for entry in rig.entries()] == ["open", "done"]


def test_of_two_who_begin_together_the_first_goes_on(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one opened its entry after the plan was made, and before ours was."""
    monkeypatch.setattr(render, "confirm", lambda _: left(rig, ago=0, alive=True))
    rig("sw1", "swp1", "--down", code=Exit.LOCKED, says=f"process {os.getpid()}")
    assert rig.port.up
    assert [entry.outcome for entry in rig.entries()] == ["open", "refused"]


def test_a_port_that_changed_while_it_was_asked_is_left_alone(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "confirm", lambda _: setattr(rig.port, "description", "theirs"))
    rig("sw1", "swp1", "--down", code=Exit.LOCKED, says="no longer as the plan found it")
    assert (rig.port.up, rig.port.description) == (True, "theirs")
    assert [entry.outcome for entry in rig.entries()] == ["refused"]


@pytest.mark.usefixtures("rig")
def test_the_tab_key_knows_the_ports_of_the_switch() -> None:
    ctx = click.Context(click.Command("x"))
    ctx.params["switch_name"] = "a/r1/sw1"
    assert complete.port_names(ctx) == ["swp1", "swp49"]
    ctx.params["switch_name"] = "sw2"
    assert complete.port_names(ctx) == ["Ethernet49"]
    assert complete.port_names() == ["Ethernet49", "swp1", "swp49"]
