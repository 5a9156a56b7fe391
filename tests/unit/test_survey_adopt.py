"""What is found is written down; comments, order and what a person decided stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inventories import site, write

from microdc.bmc.model import FoundNic, Hardware, Identity, Memory, Processor
from microdc.survey.adopt import Adoption, adopt
from microdc.testbed.load import load
from microdc.testbed.servers import servers

GIB = 2**30
RACK = """
racks:
  r1:
    servers:
      c1:   # the first
        role: compute
        bmc: {redfish: "https://10.101.0.11",   credentials: "env:BMC"}
        nics:
          eno1: {mac: "52:54:00:00:01:01"}   # left port
          eno2: {}
      c2:
        bmc: {ipmi: 10.101.0.12}
        hardware: {serial: S2, memory: 8GiB}   # as bought
"""
FOUND = Hardware(
    Identity("Supermicro", "X10", "S1"),
    processors=(Processor("CPU1"),),
    memory=16 * GIB,
    modules=(Memory("A1", 8 * GIB), Memory("B1", 8 * GIB)),
    nics=(FoundNic("1", "52:54:00:00:01:01"), FoundNic("2", "52:54:00:00:01:02")),
)


def adopted(directory: Path, found: dict[str, Hardware], *, over: bool = False) -> Adoption:
    testbed = load(write(directory, a=site("a", 1, RACK)))
    (one,) = adopt(testbed, {s.name: s for s in servers(testbed)}, found, replace=over)
    return one


def test_what_is_found_is_in_the_document_and_loads(tmp_path: Path) -> None:
    one = adopted(tmp_path, {"c1": FOUND})
    one.file.write_text(one.after)
    server = next(s for s in servers(load(tmp_path)) if s.name == "c1")
    assert server.hardware is not None
    assert (server.hardware.serial, server.hardware.memory, server.hardware.modules) == ("S1", 16 * GIB, 2)
    assert {nic.name: nic.mac for nic in server.nics.values()} == {
        "eno1": "52:54:00:00:01:01",
        "eno2": "52:54:00:00:01:02",  # the one port that was left, and the one NIC without an address
    }


def test_every_other_line_is_the_authors(tmp_path: Path) -> None:
    one = adopted(tmp_path, {"c1": FOUND})
    gone = [line for line in one.before.splitlines() if line not in one.after.splitlines()]
    assert gone == ["          eno2: {}"]


def test_adopting_twice_changes_nothing_more(tmp_path: Path) -> None:
    one = adopted(tmp_path, {"c1": FOUND})
    one.file.write_text(one.after)
    testbed = load(tmp_path)
    assert adopt(testbed, {s.name: s for s in servers(testbed)}, {"c1": FOUND}) == []


def test_what_is_declared_and_differs_is_left_and_told(tmp_path: Path) -> None:
    found = replace(FOUND, identity=Identity(serial="S2"), processors=(), nics=())
    one = adopted(tmp_path, {"c2": found})
    assert len(one.left) == 1
    assert "8GiB is declared" in one.left[0]
    assert "memory: 8GiB" in one.after
    assert "modules: 2" in one.after


def test_nothing_is_taken_of_another_machine_that_answers_there(tmp_path: Path) -> None:
    one = adopted(tmp_path, {"c2": FOUND})
    assert one.after == one.before
    assert any("serial S1" in words and "S2 is declared" in words for words in one.left)
    assert any("52:54:00:00:01:02" in words and "another machine" in words for words in one.left)


def test_with_replace_a_new_board_brings_its_addresses_where_the_old_ones_stood(tmp_path: Path) -> None:
    rack = RACK.replace("eno2: {}", 'eno2: {mac: "52:54:00:00:01:02"}')
    testbed = load(write(tmp_path, a=site("a", 1, rack)))
    named = {server.name: server for server in servers(testbed)}
    board = replace(
        FOUND, nics=(FoundNic("eno2", "52:54:00:00:09:02"), FoundNic("eno1", "52:54:00:00:09:01"))
    )
    (kept,) = adopt(testbed, named, {"c1": board})
    assert "52:54:00:00:09" not in kept.after
    assert any("52:54:00:00:01:02 is declared" in words for words in kept.left)
    (one,) = adopt(testbed, named, {"c1": board}, replace=True)
    one.file.write_text(one.after)
    server = next(s for s in servers(load(tmp_path)) if s.name == "c1")
    assert {nic.name: nic.mac for nic in server.nics.values()} == {
        "eno1": "52:54:00:00:09:01",
        "eno2": "52:54:00:00:09:02",
    }
    assert "# left port" in one.after


def test_ports_that_may_have_taken_the_place_of_lost_ones_are_left_to_a_person(tmp_path: Path) -> None:
    rack = RACK.replace("eno2: {}", 'eno2: {mac: "52:54:00:00:01:02"}')
    testbed = load(write(tmp_path, a=site("a", 1, rack)))
    named = {server.name: server for server in servers(testbed)}
    board = replace(FOUND, nics=(FoundNic("1", "52:54:00:00:09:02"), FoundNic("2", "52:54:00:00:09:01")))
    (one,) = adopt(testbed, named, {"c1": board}, replace=True)
    assert "52:54:00:00:09" not in one.after
    assert (
        sum("may have taken the place of eno1 (52:54:00:00:01:01), eno2" in words for words in one.left) == 2
    )


def test_with_replace_it_is_written_over(tmp_path: Path) -> None:
    found = replace(FOUND, identity=Identity(serial="S3"), processors=(), nics=())
    one = adopted(tmp_path, {"c2": found}, over=True)
    assert one.left == ()
    assert "serial: S3, memory: 16GiB" in one.after
    assert "# as bought" in one.after


def test_which_of_two_nics_a_port_is_only_a_person_knows(tmp_path: Path) -> None:
    more = replace(FOUND, nics=(*FOUND.nics, FoundNic("3", "52:54:00:00:01:03")))
    one = adopted(tmp_path, {"c1": more})
    assert [words for words in one.left if "it may be one of eno2" in words] == list(one.left)
    assert len(one.left) == 2
    assert "eno2: {}" in one.after


def test_ports_of_a_server_without_nics_get_names_that_an_interface_can_have(tmp_path: Path) -> None:
    ports = (
        FoundNic("NIC.Integrated.1-1-1", "52:54:00:00:02:01"),
        FoundNic("LAN 1", "52:54:00:00:02:02"),
        FoundNic("LAN 1", "52:54:00:00:02:03"),
        FoundNic("blank", None, told="Not Available"),
    )
    one = adopted(tmp_path, {"c2": Hardware(Identity(), nics=ports)})
    one.file.write_text(one.after)
    server = next(s for s in servers(load(tmp_path)) if s.name == "c2")
    assert {nic.name: nic.mac for nic in server.nics.values()} == {
        "nic1": "52:54:00:00:02:01",
        "LAN-1": "52:54:00:00:02:02",
        "nic2": "52:54:00:00:02:03",
    }
