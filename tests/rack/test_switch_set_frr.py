"""`microdc switch set` on real command lines: vtysh and bash behind OpenSSH, with ports of the kernel, and a controller that is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import frr_switch
import pytest
from frr_switch import NEEDED, Switch
from netboot import wait_for

from microdc.cli import main
from microdc.errors import Exit
from microdc.store.model import Entry
from microdc.store.operate import open_store

pytestmark = NEEDED
KILLED = """
import os, signal, sys
from pathlib import Path
from microdc.cli.actor import actor
from microdc.store.operate import open_store
from microdc.store.pages import Book
from microdc.switch import changing
from microdc.switch.cli.model import PortChange
from microdc.testbed.load import load

def run(work):
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            return end.value
        if step.state == "progress":
            os.kill(os.getpid(), signal.SIGKILL)

testbed = load(Path(sys.argv[1]))
switch = changing.one(testbed, "linux")
with open_store(sys.argv[2]) as store:
    book = Book(store, actor("bob"), testbed.name)
    made = run(changing.plan(testbed, switch, PortChange("swp1", up=False), book, confirm_within=6))
    run(changing.apply(testbed, switch, made, book))
"""
"""A controller that dies when what it sent was read back, before it is confirmed."""

Call = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def device() -> Iterator[Switch]:
    with frr_switch.switch() as made:
        yield made


@pytest.fixture
def inventory(device: Switch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rig as two switches of an inventory: as vtysh shows it, and as bash does."""
    (tmp_path / "sites").mkdir()
    (tmp_path / "testbed.yaml").write_text("testbed: t\n")
    lines = [
        f"      {name}: {{management: {address}, via: {via}, ssh: {{platform: {platform}, "
        f"credentials: env:{login}, host_key: '{device.host_key}'}}}}"
        for name, address, via, platform, login in (
            ("frr", "127.0.0.1", device.namespace, "frr", "VTYSH"),
            ("linux", "127.0.0.1", device.namespace, "linux", "SHELL_LOGIN"),
            ("far", "10.77.0.1", device.far, "linux", "SHELL_LOGIN"),
        )
    ]
    text = "\n".join(["site: hall", "racks:", "  r1:", "    switches:", *lines, ""])
    (tmp_path / "sites/hall.yaml").write_text(text)
    monkeypatch.setenv("VTYSH", f"admin:{frr_switch.PASSWORD}")
    monkeypatch.setenv("SHELL_LOGIN", f"ops:{frr_switch.PASSWORD}")
    monkeypatch.setenv("MICRODC_STORE", str(tmp_path / "store.db"))
    return tmp_path


@pytest.fixture
def call(inventory: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs `microdc switch set` with consent; its answer, or "" with what it said under `told`."""

    def run(*words: str, code: Exit = Exit.OK) -> dict[str, Any]:
        came = main.call(["switch", "set", *words, "--yes", "-o", "json", "-i", str(inventory)])
        said = capsys.readouterr()
        assert came == code, said.out + said.err
        found: dict[str, Any] = json.loads(said.out) if said.out else {}
        return {**found, "told": said.err}

    return run


def entries(inventory: Path) -> list[Entry]:
    with open_store(str(inventory / "store.db")) as store:
        return store.journal.entries("t")


def is_up(device: Switch, port: str = "swp1") -> bool:
    (told,) = json.loads(device.ip("-j", "link", "show", "dev", port))
    return "UP" in told["flags"]


@pytest.mark.parametrize("name", ["frr", "linux"])
def test_a_port_is_turned_off_and_on_again(device: Switch, inventory: Path, call: Call, name: str) -> None:
    assert call(name, "swp1", "--down", "--dry-run")["kind"] == "SwitchPlan"
    assert is_up(device)
    found = call(name, "swp1", "--down", "--description", "to c1")
    try:
        assert (found["result"], is_up(device)) == ("done", False)
        assert (found["taken_back_after_seconds"] is None) == (name == "frr")
        assert call(name, "swp1", "--down")["result"] == "nothing"
    finally:
        back = call(name, "swp1", "--up", "--description", found["before"]["description"])
    assert is_up(device)
    assert back["commands"] == found["undo"]
    assert [entry.outcome for entry in entries(inventory)] == ["done", "done"]


def test_a_port_moves_to_another_vlan_and_back(device: Switch, call: Call) -> None:
    found = call("linux", "swp1", "--vlan", "20")
    try:
        (told,) = json.loads(device.ip("-j", "link", "show", "dev", "swp1"))
        assert told["master"] == "br20"
    finally:
        call("linux", "swp1", "--vlan", str(found["before"]["vlan"]))


def test_a_port_that_is_our_own_way_comes_back_by_itself(device: Switch, inventory: Path, call: Call) -> None:
    found = call("far", "mgmt0", "--down", "--confirm-within", "6s", code=Exit.FAILED)
    assert "The switch takes it back after 6 s" in found["told"]
    # the connection hangs, or is lost, until the switch acts
    assert re.search("the switch took (it|the change) back .*: mgmt0 is as before", found["told"])
    assert is_up(device, "mgmt0")
    (entry,) = entries(inventory)
    assert entry.outcome == "failed"


def test_what_a_killed_controller_left_is_taken_back_by_the_switch_and_settled_by_the_next(
    device: Switch, inventory: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [sys.executable, "-c", KILLED, str(inventory), str(inventory / "store.db")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120, env=os.environ)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [entry.outcome for entry in entries(inventory)] == ["open"]
    assert "may still take it back" in call("linux", "swp1", "--up", code=Exit.LOCKED)["told"]
    wait_for(lambda: is_up(device), 60, "the switch takes the change back")
    monkeypatch.setattr("microdc.switch.changing._LOGIN", 0.0)  # it was seen that it is over
    assert call("linux", "swp1", "--up")["result"] == "nothing"
    (entry,) = entries(inventory)
    assert (entry.outcome, entry.actor.owner) == ("interrupted", "bob")
    assert "swp1 is as it was before" in entry.result["settled"]
