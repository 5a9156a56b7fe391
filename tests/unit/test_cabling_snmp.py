"""`microdc cabling check` over SNMP: a recorded switch behind a real agent, and an inventory of what it hears."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import inventories
import pytest
import recorded_walk
import snmp_replay

from microdc.cli import main
from microdc.errors import Exit
from microdc.snmp import model as snmp
from microdc.switch.model import SwitchState
from microdc.switch.snmp.state import state
from microdc.switch.snmp.told import Told


@pytest.fixture
def record(reference_data: Path) -> bytes:
    return recorded_walk.files(reference_data / recorded_walk.ARCHIVE)["arista_eos.snmprec"]


def rack(told: SwitchState, order: list[int]) -> str:
    """The document of a rack with a server for each neighbour that gives its port's address; the ports in an order."""
    cards = [one for one in told.neighbours if one.remote_port.kind == "mac"]
    lines = ["racks:", "  r1:", "    switches:"]
    lines += [
        "      sw1: {management: 127.0.0.1, snmp: {version: 2, credentials: env:COMMUNITY}}",
        "    servers:",
    ]
    for number, (one, place) in enumerate(zip(cards, order, strict=True)):
        nic = f'{{mac: "{one.remote_port.text}", switch: sw1, port: {cards[place].port.replace("Ethernet", "Et")}}}'
        lines.append(f"      c{number}: {{nics: {{eno1: {nic}}}}}")
    return "\n".join(lines) + "\n"


def test_a_recorded_switch_is_right_and_a_swap_in_the_inventory_is_found(
    record: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMMUNITY", "arista")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    told = state(Told(recorded_walk.cells(record)), {"ports", "neighbours", "addresses"})
    for name, order in (("right", [0, 1, 2, 3]), ("swapped", [1, 0, 2, 3])):
        (tmp_path / name).mkdir()
        inventories.write(tmp_path / name, a=inventories.site("a", 1) + rack(told, order))

    def checked(name: str, code: Exit) -> list[dict[str, Any]]:
        assert main.call(["cabling", "check", "-o", "json", "--inventory", str(tmp_path / name)]) == code
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["verdicts"]
        return [one for one in found if one["a"]]

    with snmp_replay.serving(tmp_path, {"arista": record}) as port:
        monkeypatch.setattr(snmp, "PORT", port)
        assert [one["kind"] for one in checked("right", Exit.OK)] == ["right"] * 4
        wrong = [one for one in checked("swapped", Exit.FAILED) if one["kind"] == "wrong"]
    assert {(one["a"], one["crossed"][0].split()[0]) for one in wrong} == {
        ("c0:eno1", "c1:eno1"),
        ("c1:eno1", "c0:eno1"),
    }
