"""What the documents and the switches of a site say around a node: where it should be plugged in, where it is seen, in which VLAN."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from inventories import site, write

from microdc.deploy.explaining.model import Facts, PortFact, Seat, Sighting
from microdc.deploy.explaining.surroundings import declared, seen_by, station_skew
from microdc.deploy.specs import node_spec, site_spec
from microdc.switch.model import Address, Identifier, Neighbour, Port, Status, SwitchState, System, Vlan
from microdc.testbed.load import load

MAC, OTHER, THIRD = "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:03"
SITE = """
deploy: {host: local, interface: eno1, image: base}
racks:
  r1:
    switches: {a-sw1: {management: 10.101.0.2}}
    servers:
      a-c1:
        nics:
          eno1: {mac: "52:54:00:00:00:01", switch: a-sw1, port: "7"}
          eno2: {switch: a-sw1, port: "8"}
        deploy: {address: 10.1.1.11}
      a-c2: {nics: {eno1: {mac: "52:54:00:00:00:02", switch: a-sw1, port: "9"}}, deploy: {address: 10.1.1.12}}
"""


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    write(tmp_path, a=site("a", 1, SITE))
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "base.yaml").write_text("image: base\n", "utf-8")
    testbed = load(tmp_path)
    server = testbed.sites["a"].racks["r1"].servers["a-c1"]
    return declared(testbed, server, node_spec(testbed, server, site_spec(testbed, testbed.sites["a"])))


def switch(
    *ports: tuple[str, Status, Status],
    vlans: Iterable[Vlan] = (),
    seen: Iterable[Address] = (),
    neighbours: Iterable[Neighbour] = (),
) -> dict[str, SwitchState]:
    rows = tuple(Port(n, name, admin=admin, oper=oper) for n, (name, admin, oper) in enumerate(ports, 1))
    return {"a-sw1": SwitchState(System(), rows, tuple(neighbours), tuple(vlans), tuple(seen))}


def test_the_documents_tell_where_each_nic_should_be(facts: Facts) -> None:
    assert facts.nics == {MAC: "eno1"}
    assert facts.others == {OTHER: "a-c2"}
    assert facts.seats == {MAC: Seat("a-sw1", "7")}
    assert facts.boot_vlan is None


def test_a_port_is_found_by_the_name_that_its_switch_has_for_it(facts: Facts) -> None:
    states = switch(("Ethernet7", "up", "down"), vlans=[Vlan(10, untagged=("Ethernet7",))])
    assert seen_by(facts, states, ()).ports == (
        PortFact(Seat("a-sw1", "7"), up=False, enabled=True, vlan=10),
    )


def test_a_switch_that_was_not_read_says_nothing(facts: Facts) -> None:
    assert seen_by(facts, {}, ()) == facts


def test_the_vlan_of_what_the_station_heard_is_its_own(facts: Facts) -> None:
    states = switch(
        ("Ethernet7", "up", "up"), seen=[Address(MAC, "Ethernet7", 20), Address(OTHER, "Ethernet9", 10)]
    )
    seen = seen_by(facts, states, {OTHER})
    assert seen.boot_vlan == 10
    assert seen.sightings == (Sighting(MAC, Seat("a-sw1", "7"), 20),)


def test_the_node_itself_is_no_witness_of_the_vlan_of_the_station(facts: Facts) -> None:
    """It was heard before its port moved into another one."""
    states = switch(("Ethernet7", "up", "up"), seen=[Address(MAC, "Ethernet7", 20)])
    assert seen_by(facts, states, {MAC}).boot_vlan is None


def test_where_the_station_is_seen_itself_that_decides(facts: Facts) -> None:
    station = "52:54:00:00:00:77"
    crowd = [Address(OTHER, "Ethernet1", 10), Address(THIRD, "Ethernet1", 10)]
    states = switch(("Ethernet7", "up", "up"), seen=[*crowd, Address(station, "Ethernet1", 1)])
    assert seen_by(facts, states, {OTHER, THIRD, MAC}, {station}).boot_vlan == 1
    assert seen_by(facts, states, {OTHER, THIRD, MAC}, {"52:54:00:00:00:78"}).boot_vlan == 10


def test_what_another_switch_is_behind_is_not_said_to_be_there(facts: Facts) -> None:
    trunk = Neighbour("Ethernet48", Identifier("mac", "02:00:00:00:00:01"), Identifier("name", "1"))
    states = switch(
        ("Ethernet48", "up", "up"),
        seen=[Address(MAC, "Ethernet48", 10), Address(THIRD, "Ethernet48", 10)],
        neighbours=[trunk],
    )
    assert seen_by(facts, states, ()).sightings == ()


def test_a_port_of_which_the_state_is_not_told_is_neither_up_nor_down(facts: Facts) -> None:
    (port,) = seen_by(facts, switch(("Ethernet7", "up", "unknown")), ()).ports
    assert port.up is None


@pytest.mark.parametrize(("ahead", "expected"), [(0, 0), (90, 90), (-90, -90), (1, 0)])
def test_the_clock_of_a_station_is_known_by_what_was_taken_in_soonest(ahead: int, expected: int) -> None:
    start = datetime(2026, 11, 27, 20, tzinfo=UTC)
    late = [1800, 20, 0, 7]
    seen = [
        (start + timedelta(seconds=n + ahead), start + timedelta(seconds=n + wait))
        for n, wait in enumerate(late)
    ]
    assert station_skew(seen) == timedelta(seconds=expected)


def test_of_a_station_that_noted_nothing_the_clock_is_taken_to_be_ours() -> None:
    assert station_skew([]) == timedelta(0)
