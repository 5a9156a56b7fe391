"""What an inventory declares of cables, and how what is found is written into it."""

from __future__ import annotations

from pathlib import Path

import cabling_lab
import cabling_racks as racks
import pytest

from microdc.documents.model import DocumentError
from microdc.survey.adopt import Adoption
from microdc.survey.cabling import operate
from microdc.survey.cabling.declared import expected
from microdc.survey.cabling.model import BMC, End
from microdc.switch.targets import chosen
from microdc.testbed.load import load
from microdc.testbed.model import Testbed


def checked(testbed: Testbed, rack: racks.Rack) -> operate.Checked:
    work = operate.check(testbed, chosen(testbed), cabling_lab.recorded(rack))
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: operate.Checked = end.value
            return found


def adopted(directory: Path, rack: racks.Rack, *, replace: bool = False) -> Adoption:
    testbed = load(directory)
    (one,) = operate.plan_adoption(testbed, checked(testbed, rack), replace=replace)
    return one


def test_every_way_of_declaring_a_cable_is_expected(tmp_path: Path) -> None:
    found = expected(load(cabling_lab.inventory(tmp_path)))
    assert {str(cable): cable.label for cable in found.cables} == {
        "c1:eno1 - sw1:1": "",
        "c1:eno2 - sw2:1": "W-12",
        "c2:eno1 - sw1:Et2": "",
        "c2:eno2 - sw2:Et2": "",
        "sw1:Ethernet5 - sw2:Ethernet5": "ring",
        "wan1:if1 - sw1:Ethernet6": "",
    }
    assert all(".yaml:" in cable.where for cable in found.cables)
    assert found.nics["c3"] == ("eno1", BMC)
    assert found.addresses["10.101.0.13"] == End("c3", BMC)
    assert found.addresses["10.101.0.2"] == End("sw1")
    assert found.kinds["wan1"] == "emulator"


def test_a_cable_that_is_declared_twice_is_one(tmp_path: Path) -> None:
    more = cabling_lab.RACK.replace("    cables:\n", '    cables:\n      - {a: "sw1:1", b: "c1:eno1"}\n')
    assert len(expected(load(cabling_lab.inventory(tmp_path, more))).cables) == 6


def test_a_cable_to_an_emulator_ends_in_the_sites_uplink(tmp_path: Path) -> None:
    wrong = cabling_lab.RACK.replace("wan1:if1", "wan1:if2")
    with pytest.raises(DocumentError, match="unknown device 'wan1'"):
        load(cabling_lab.inventory(tmp_path, wrong))


def test_a_rack_that_is_plugged_as_declared_is_right(tmp_path: Path) -> None:
    found = checked(load(cabling_lab.inventory(tmp_path)), cabling_lab.plugged())
    assert {str(one.cable) for one in found.verdicts if one.kind == "right"} == {
        str(cable) for cable in found.scene.known.expected.cables
    }
    assert {str(one.port) for one in found.verdicts if one.kind == "stranger"} == {
        "sw1:Ethernet3",
        "sw2:Ethernet3",
    }


def test_what_is_found_is_written_and_right_afterwards(tmp_path: Path) -> None:
    one = adopted(cabling_lab.inventory(tmp_path), cabling_lab.plugged())
    assert one.taken == ("c3:eno1 is in sw1:Ethernet3", "c3:bmc is in sw2:Ethernet3")
    assert one.left == ()
    gone = [line for line in one.before.splitlines() if line not in one.after.splitlines()]
    assert len(gone) == 2
    assert "# not written down yet" in one.after
    one.file.write_text(one.after)
    again = checked(load(tmp_path), cabling_lab.plugged())
    assert {verdict.kind for verdict in again.verdicts} == {"right"}
    assert operate.plan_adoption(load(tmp_path), again, replace=True) == []


def test_what_is_declared_otherwise_is_written_over_only_where_asked(tmp_path: Path) -> None:
    directory = cabling_lab.inventory(tmp_path)
    kept = adopted(directory, cabling_lab.swapped())
    assert len(kept.taken) == 2
    assert all("--replace" in words for words in kept.left)
    assert len(kept.left) == 2
    one = adopted(directory, cabling_lab.swapped(), replace=True)
    assert len(one.taken) == 4
    one.file.write_text(one.after)
    assert {verdict.kind for verdict in checked(load(directory), cabling_lab.swapped()).verdicts} == {"right"}


def test_a_port_that_is_declared_for_somebody_else_is_not_taken(tmp_path: Path) -> None:
    """c1 is in the port of c2, and c2 is nowhere: the document would say one port twice."""
    rack = racks.unplug(cabling_lab.plugged(), End("c2", "eno1"))
    rack = racks.replug(rack, {End("c1", "eno1"): End("sw1", "Ethernet2")})
    one = adopted(cabling_lab.inventory(tmp_path), rack, replace=True)
    assert "declared for c2:eno1" in " ".join(one.left)
    one.file.write_text(one.after)
    load(tmp_path)


def test_links_between_switches_are_left_to_a_person(tmp_path: Path) -> None:
    without = cabling_lab.RACK.replace('      - {a: "sw1:Ethernet5", b: "sw2:Ethernet5", label: ring}\n', "")
    one = adopted(cabling_lab.inventory(tmp_path, without), cabling_lab.plugged())
    assert any("sw1:Ethernet5 - sw2:Ethernet5: write it into `cables`" in words for words in one.left)


def test_a_name_that_no_document_can_hold_is_written_as_it_can(tmp_path: Path) -> None:
    rack = cabling_lab.plugged()
    ports = {name: tuple(f"🔌 Port 1:{port[-1]}" for port in names) for name, names in rack.ports.items()}
    cables = tuple(
        tuple(End(end.device, f"🔌 Port 1:{end.port[-1]}") if end.device in ports else end for end in pair)
        for pair in rack.cables
    )
    spoken = racks.Rack(ports, rack.hosts, cables)  # type: ignore[arg-type]
    bare = cabling_lab.RACK.replace(", switch: sw1, port: Et2", "").replace(', switch: sw1, port: "1"', "")
    bare = bare.replace(", switch: sw2, port: Et2", "").replace(', switch: sw2, port: "1"', "")
    bare = bare[: bare.index("    cables:")]
    one = adopted(cabling_lab.inventory(tmp_path, bare), spoken)
    one.file.write_text(one.after)
    found = checked(load(tmp_path), spoken)
    assert len([verdict for verdict in found.verdicts if verdict.kind == "right"]) == 6
    assert not any(verdict.cable and verdict.kind != "right" for verdict in found.verdicts)


def test_a_switchs_ports_show_their_declared_far_ends(tmp_path: Path) -> None:
    testbed = load(cabling_lab.inventory(tmp_path))
    switch = testbed.sites["a"].racks["r1"].switches["sw1"]
    found = operate.far_ends(testbed, switch, racks.told(cabling_lab.plugged())["sw1"])
    assert found == {1: "c1:eno1", 2: "c2:eno1", 5: "sw2:Ethernet5", 6: "wan1:if1"}
