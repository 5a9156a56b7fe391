"""The VLANs of ports: what a switch tells of them, and what is said where another one is declared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import cabling_lab
import pytest
import recorded_walk

from microdc.cli import cabling, main
from microdc.documents.model import DocumentError
from microdc.errors import Exit
from microdc.snmp.model import Value
from microdc.survey.cabling import operate
from microdc.survey.cabling.declared import declares_vlans, expected
from microdc.survey.cabling.model import BMC, CableVerdict, End, PortVlan
from microdc.switch.model import Port, SwitchState
from microdc.switch.snmp import interfaces, ports, vlans
from microdc.switch.snmp.objects import Object
from microdc.switch.snmp.state import state
from microdc.switch.snmp.told import Told
from microdc.switch.targets import chosen
from microdc.testbed.load import load

RACK = cabling_lab.RACK.replace('port: "1"}   # left', 'port: "1", vlan: 20}   # left').replace(
    'port: "1", label: W-12', 'port: "1", vlan: 1, label: W-12'
)
"""c1:eno1 is declared to be in VLAN 20, c1:eno2 in VLAN 1; of the others nothing is said."""


# -- what is declared


def test_what_is_declared_is_known_with_its_place(tmp_path: Path) -> None:
    text = RACK.replace('eno1: {mac: "3c:ec:ef:00:03:01"}', 'eno1: {mac: "3c:ec:ef:00:03:01", vlan: 7}')
    text = text.replace('nic: {mac: "3c:ec:ef:00:03:0f"}', 'nic: {mac: "3c:ec:ef:00:03:0f", vlan: 4094}')
    testbed = load(cabling_lab.inventory(tmp_path, text))
    found = expected(testbed).vlans
    assert {str(end): one.vlan for end, one in found.items()} == {
        "c1:eno1": 20,
        "c1:eno2": 1,
        "c3:eno1": 7,
        f"c3:{BMC}": 4094,
    }
    line = next(
        n for n, said in enumerate((tmp_path / "sites/a.yaml").read_text().splitlines(), 1) if "left" in said
    )
    assert found[End("c1", "eno1")].where.endswith(f"a.yaml:{line}")
    assert declares_vlans(testbed)


def test_an_inventory_without_vlans_declares_none(tmp_path: Path) -> None:
    testbed = load(cabling_lab.inventory(tmp_path))
    assert not declares_vlans(testbed)
    assert expected(testbed).vlans == {}


@pytest.mark.parametrize("vlan", ["0", "4095", "twenty", "true"])
def test_a_vlan_is_a_number_from_1_to_4094(tmp_path: Path, vlan: str) -> None:
    with pytest.raises(DocumentError, match="vlan"):
        load(cabling_lab.inventory(tmp_path, RACK.replace("vlan: 20", f"vlan: {vlan}")))


# -- what a switch tells


def told(cells: Mapping[tuple[Object, tuple[int, ...]], Value], *names: bytes) -> Mapping[str, int]:
    """Of ports that the bridge numbers from 1 on."""
    every: dict[tuple[Object, tuple[int, ...]], Value] = dict(cells)
    for index, name in enumerate(names, 1):
        every[interfaces.NAME, (index,)] = name
        every[ports.BASE_PORTS, (index,)] = index
    found = Told([((*of.oid, *index), value) for (of, index), value in every.items()])
    return state(found, {"ports", "vlans"}).pvids


def test_the_vlan_of_untagged_frames_is_the_one_that_is_told() -> None:
    cells: dict[tuple[Object, tuple[int, ...]], Value] = {
        (vlans.CURRENT, (0, 1)): b"\x80",
        (vlans.CURRENT_UNTAGGED, (0, 1)): b"\x80",
        (vlans.CURRENT, (0, 20)): b"\x60",
        (vlans.CURRENT_UNTAGGED, (0, 20)): b"\x40",
        (vlans.PVID, (1,)): 1,
        (vlans.PVID, (2,)): 20,
        (vlans.PVID, (3,)): 20,
    }
    assert told(cells, b"a", b"b", b"c") == {"a": 1, "b": 20, "c": 20}


def test_a_port_without_a_link_is_in_no_list_and_has_its_vlan_all_the_same() -> None:
    cells: dict[tuple[Object, tuple[int, ...]], Value] = {
        (vlans.NAME, (31,)): b"servers",
        (vlans.CURRENT, (0, 31)): b"\x00",
        (vlans.PVID, (1,)): 31,
    }
    assert told(cells, b"Ethernet4") == {"Ethernet4": 31}


def test_where_no_pvid_is_told_the_only_vlan_without_a_tag_counts() -> None:
    cells: dict[tuple[Object, tuple[int, ...]], Value] = {
        (vlans.STATIC, (10,)): b"\xe0",
        (vlans.STATIC_UNTAGGED, (10,)): b"\xc0",
        (vlans.STATIC, (20,)): b"\x60",
        (vlans.STATIC_UNTAGGED, (20,)): b"\x60",
    }
    assert told(cells, b"a", b"b", b"c") == {"a": 10, "c": 20}  # b is untagged in both


@pytest.mark.parametrize("pvid", [0, 4095, 3856, 20])
def test_a_number_that_is_no_vlan_of_the_port_counts_for_nothing(pvid: int) -> None:
    """The last is one of the switch's, and the port is in another: which of the two is true is not known."""
    cells: dict[tuple[Object, tuple[int, ...]], Value] = {
        (vlans.CURRENT, (0, 10)): b"\x80",
        (vlans.CURRENT_UNTAGGED, (0, 10)): b"\x80",
        (vlans.NAME, (20,)): b"other",
        (vlans.PVID, (1,)): pvid,
    }
    assert told(cells, b"a") == ({} if pvid == 20 else {"a": 10})


@pytest.mark.parametrize(
    ("device", "port", "vlan"),
    [("arista_eos", "Ethernet4", 31), ("ios_2960x", "Gi1/0/42", 527), ("procurve", "35", None)],
)
def test_recorded_switches(reference_data: Path, device: str, port: str, vlan: int | None) -> None:
    files = recorded_walk.files(reference_data / recorded_walk.ARCHIVE)
    found = state(Told(recorded_walk.cells(files[f"{device}.snmprec"])), {"ports", "vlans"})
    assert found.pvids.get(port) == vlan


# -- what is said


def recorded(pvids: Mapping[str, Mapping[str, int]], *, swapped: bool = False) -> cabling_lab.Recorded:
    """The rack of cabling_lab, whose switches tell these VLANs by port."""
    made = cabling_lab.recorded(cabling_lab.swapped() if swapped else cabling_lab.plugged())
    return cabling_lab.Recorded(
        {name: replace(told, pvids=pvids.get(name, {})) for name, told in made.states.items()}
    )


RIGHT = {"sw1": {"Ethernet1": 20, "Ethernet2": 5}, "sw2": {"Ethernet1": 1}}


def checked(directory: Path, answers: cabling_lab.Recorded, rack: str = RACK) -> operate.Checked:
    testbed = load(cabling_lab.inventory(directory, rack))
    work = operate.check(testbed, chosen(testbed), answers)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: operate.Checked = end.value
            return found


def wrong(found: operate.Checked) -> list[CableVerdict]:
    return [one for one in found.verdicts if one.kind == "wrong vlan"]


def test_where_all_is_as_declared_nothing_is_said(tmp_path: Path) -> None:
    found = checked(tmp_path, recorded(RIGHT))
    assert {one.kind for one in found.verdicts} == {"right", "stranger"}
    assert found.remarks == ()


def test_another_vlan_is_a_finding_of_its_own_beside_a_cable_that_is_right(tmp_path: Path) -> None:
    found = checked(tmp_path, recorded({**RIGHT, "sw1": {"Ethernet1": 30}}))
    (one,) = wrong(found)
    assert (str(one.cable), str(one.port), one.severity) == ("c1:eno1 - sw1:1", "sw1:1", "critical")
    assert (one.vlan and (one.vlan.declared, one.vlan.found)) == (20, 30)
    assert "VLAN 20 is declared for c1:eno1" in one.reason
    assert "are of VLAN 30: set VLAN 20 on that port, or declare `vlan: 30`" in one.reason
    assert [str(told) for told in one.evidence] == ["VLAN of sw1:Ethernet1: untagged frames are of VLAN 30"]
    assert [other.kind for other in found.verdicts if other.cable == one.cable] == ["wrong vlan", "right"]


def test_the_port_is_looked_at_and_not_what_is_plugged_into_it(tmp_path: Path) -> None:
    """c1's cable is in a port in VLAN 5, and nobody said of that port that it should be another one."""
    found = checked(tmp_path, recorded(RIGHT, swapped=True))
    assert wrong(found) == []
    assert [one.kind for one in found.verdicts].count("wrong") == 2


def test_a_port_of_an_aggregation_may_be_told_with_it(tmp_path: Path) -> None:
    answers = recorded({"sw1": {"Po1": 30}, "sw2": {"Ethernet1": 1}})
    sw1 = answers.states["sw1"]
    members = tuple(replace(port, lag="Po1") if port.name == "Ethernet1" else port for port in sw1.ports)
    more: dict[str, SwitchState] = {"sw1": replace(sw1, ports=(*members, Port(99, "Po1", kind=161)))}
    (one,) = wrong(checked(tmp_path, cabling_lab.Recorded({**answers.states, **more})))
    assert one.vlan == PortVlan(20, 30, one.where)


def test_a_port_that_is_not_named_is_the_one_in_which_the_cable_is(tmp_path: Path) -> None:
    somewhere = RACK.replace('switch: sw1, port: "1", vlan: 20', "switch: sw1, vlan: 20")
    (one,) = wrong(checked(tmp_path, recorded({**RIGHT, "sw1": {"Ethernet1": 30}}), somewhere))
    assert "untagged frames of sw1:Ethernet1 are of VLAN 30" in one.reason


def test_a_switch_that_does_not_tell_is_remarked_once(tmp_path: Path) -> None:
    found = checked(tmp_path, recorded({"sw2": RIGHT["sw2"]}))
    assert wrong(found) == []
    (remark,) = found.remarks
    assert (remark.where, remark.what.endswith("does not clearly tell theirs: Ethernet1")) == ("sw1", True)


def test_a_switch_that_was_not_read_says_nothing(tmp_path: Path) -> None:
    answers = recorded(RIGHT)
    found = checked(tmp_path, cabling_lab.Recorded({"sw2": answers.states["sw2"]}))
    assert wrong(found) == []
    assert found.remarks == ()


# -- the command


def test_it_is_told_drawn_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "lab").mkdir()
    cabling_lab.inventory(tmp_path / "lab", RACK)
    monkeypatch.setattr(cabling, "read", recorded({**RIGHT, "sw1": {"Ethernet1": 30}}))

    def call(*words: str, code: Exit) -> str:
        assert main.call(["cabling", *words, "--inventory", str(tmp_path / "lab")]) == code
        return capsys.readouterr().out

    said = call("check", code=Exit.FAILED)
    assert "wrong vlan" in said
    assert said.splitlines()[-1] == "6 cables declared: 6 right; 1 in a wrong VLAN; 2 not declared"
    data = json.loads(call("check", "-o", "json", code=Exit.FAILED))["verdicts"]
    assert [one["vlan"] for one in data if one["kind"] == "wrong vlan"] == [{"declared": 20, "found": 30}]
    assert {one["vlan"] for one in data if one["kind"] == "right"} == {None}
    shown = call("show", code=Exit.OK)
    assert "1 in a wrong VLAN  1 right" in next(line for line in shown.splitlines() if "│ c1" in line)
    assert "c1:eno1 - sw1:1: wrong vlan: VLAN 20 is declared" in shown
    call("show", "--svg", str(tmp_path / "rack.svg"), code=Exit.OK)
    root = ET.parse(tmp_path / "rack.svg").getroot()
    drawn = [one.get("class") for one in root.iter() if (one.get("class") or "").startswith("wire ")]
    assert drawn.count("wire wrong-vlan") == 2  # the cable, drawn once, and the legend
    assert drawn.count("wire right") == 6
    texts = ["".join(one.itertext()) for one in root.iter() if one.tag.endswith("text")]
    assert "c1:eno1: in VLAN 30 instead of 20" in texts
