"""The declared switches -> bridges and cables, and what inventories cannot be built."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventories import write

from microdc.errors import InputError, UnreachableError
from microdc.lab.plan import LabPlan, plan
from microdc.lab.ports import BRIDGE
from microdc.lab.switch import frr, naming, start
from microdc.lab.switch.model import SwitchPlan
from microdc.lab.switch.sockets import interface_names, short_hash
from microdc.requirements import TOOLS
from microdc.testbed.load import load

SITE = """
site: a
networks: {{data: [10.1.0.0/24], mgmt: [10.101.0.0/24]}}
racks:
  r1:
    switches: {{{switches}}}
    servers: {{{servers}}}
    cables: [{cables}]
"""
BED = "testbed: t\n"


def made(tmp_path: Path, *, switches: str, servers: str = "", cables: str = "") -> LabPlan:
    text = SITE.format(switches=switches, servers=servers, cables=cables)
    testbed = load(write(tmp_path, testbed=BED, a=text, b=""))
    return plan(testbed, "lab", "namespace", rack=True)


def server(name: str, *nics: str, bmc: str = "") -> str:
    declared = ", ".join(f"eno{number}: {{{nic}}}" for number, nic in enumerate(nics, start=1))
    return (
        f'{name}: {{bmc: {{redfish: "https://{bmc or f"10.101.0.{10 + len(name)}"}"}}, nics: {{{declared}}}}}'
    )


def only(found: LabPlan) -> SwitchPlan:
    (switch,) = found.switches
    return switch


# -- names


@pytest.mark.parametrize("name", ["1", "swp1", "eth-0.100", "x" * 15])
def test_a_name_that_linux_can_have_stays(name: str) -> None:
    assert interface_names([name]) == {name: name}


@pytest.mark.parametrize(
    "name", ["Ethernet1/1", "ge-0/0/1", "port_münchen", "🔌", "x" * 16, "br0", ".", ".."]
)
def test_another_is_made_one(name: str) -> None:
    made_of_it = interface_names([name], ["br0"])[name]
    assert made_of_it != name
    assert len(made_of_it) <= 15
    assert made_of_it.isascii()
    assert "/" not in made_of_it


@given(st.lists(st.text(min_size=1, max_size=40), unique=True, max_size=60))
def test_no_two_names_become_one(names: Iterable[str]) -> None:
    found = interface_names(names, ["br0", "mgmt0"])
    assert len(set(found.values())) == len(found)
    assert not {"br0", "mgmt0"} & set(found.values())


# -- what is plugged in where


def test_servers_and_an_uplink_are_in_the_declared_ports(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        switches="sw1: {management: 10.101.0.2}",
        servers=f"{server('c1', 'switch: sw1, port: Et1/1', 'switch: sw1, port: Et1/2')}, {server('ab1')}",
    )
    switch = only(found)
    assert {socket.name: (socket.cable.kind, socket.cable.far) for socket in switch.sockets} == {
        "Et1/1": ("server", ("c1", "eno1")),
        "Et1/2": ("server", ("c1", "eno2")),
        "uplink": ("uplink", ("", "")),
    }
    assert switch.namespace in found.namespaces
    assert [socket.number for socket in switch.sockets] == [1, 2, 3]
    assert {socket.name for socket in switch.odd} == {"Et1/1", "Et1/2"}
    taps = {machine.name: [port for _, _, port in machine.ports] for machine in found.machines}
    assert [(port.namespace, port.master) for port in taps["c1"]] == [("mdc-lab-sw1", "")] * 2
    assert [port.name for port in taps["c1"]] == [socket.interface for socket in switch.sockets[:2]]
    assert [(port.namespace, port.master) for port in taps["ab1"]] == [("mdc-lab-a", BRIDGE)]


def test_a_switch_in_which_nothing_is_plugged_is_not_there(tmp_path: Path) -> None:
    assert not made(tmp_path, switches="sw1: {}", servers=server("c1", 'mac: "52:54:00:00:00:01"')).switches


def test_there_are_no_switches_without_a_rack(tmp_path: Path) -> None:
    text = SITE.format(switches="sw1: {}", servers=server("c1", "switch: sw1, port: a"), cables="")
    assert not plan(load(write(tmp_path, testbed=BED, a=text, b="")), "lab", "namespace").switches


def test_a_nic_whose_cable_stands_under_cables_is_plugged_in_as_well(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        switches="sw1: {}",
        servers=server("c1", 'mac: "52:54:00:00:00:01"'),
        cables='{a: "c1:eno1", b: "sw1:7"}',
    )
    assert only(found).by_name["7"].cable.far == ("c1", "eno1")


def test_a_nic_of_which_only_the_switch_is_known_has_a_port_named_after_it(tmp_path: Path) -> None:
    found = made(tmp_path, switches="sw1: {}", servers=server("c1", "switch: sw1"))
    assert only(found).by_name["c1.eno1"].cable.far == ("c1", "eno1")


def test_a_bmc_has_the_port_that_its_own_nic_is_plugged_into(tmp_path: Path) -> None:
    bmc = '{redfish: "https://10.101.0.9", nic: {mac: "52:54:00:00:00:0b", switch: sw1, port: m1}}'
    found = made(tmp_path, switches="sw1: {}", servers=f"c1: {{bmc: {bmc}}}")
    cable = only(found).by_name["m1"].cable
    assert (cable.kind, cable.far, cable.mac) == ("bmc", ("c1", "bmc"), "52:54:00:00:00:0b")


def test_the_cable_of_a_bmc_may_stand_under_cables_and_counts_once(tmp_path: Path) -> None:
    servers = server("c1", "switch: sw1, port: a")
    cables = '{a: "sw1:31", b: "c1:bmc"}, {a: "c1:eno1", b: "sw1:other"}'
    found = only(made(tmp_path, switches="sw1: {}", servers=servers, cables=cables))
    assert {name: one.cable.kind for name, one in found.by_name.items()} == {
        "a": "server",
        "31": "bmc",
        "uplink": "uplink",
    }


def test_what_the_lab_does_not_have_leaves_its_port_without_a_link(tmp_path: Path) -> None:
    text = SITE.format(switches="sw1: {}", servers="", cables='{a: "pdu1:net", b: "sw1:44"}')
    text = text.replace("    cables:", "    pdus: {pdu1: {}}\n    cables:")
    found = plan(load(write(tmp_path, testbed=BED, a=text, b="")), "lab", "namespace", rack=True)
    assert only(found).by_name["44"].cable.kind == "other"


def test_power_cables_are_none_of_a_switchs(tmp_path: Path) -> None:
    cables = '{a: "sw1:psu1", b: "sw2:psu1", kind: power}'
    assert not made(tmp_path, switches="sw1: {}, sw2: {}", cables=cables).switches


def test_joined_switches_reach_the_site_by_one_uplink_and_loops_stay_out(tmp_path: Path) -> None:
    pairs = [("sw1", "sw2", 1), ("sw2", "sw3", 2), ("sw3", "sw1", 3), ("sw4", "sw4", 9)]
    cables = ", ".join(f'{{a: "{a}:{n}a", b: "{b}:{n}b"}}' for a, b, n in pairs)
    switches = "sw1: {}, sw2: {}, sw3: {}, sw4: {}"
    found = {one.name: one for one in made(tmp_path, switches=switches, cables=cables).switches}
    assert [name for name, one in found.items() if "uplink" in one.by_name] == ["sw1", "sw4"]
    out = {
        (name, socket.name)
        for name, one in found.items()
        for socket in one.sockets
        if not socket.cable.forwards
    }
    assert out == {("sw3", "3a"), ("sw1", "3b"), ("sw4", "9a"), ("sw4", "9b")}


def test_a_port_called_uplink_keeps_its_name(tmp_path: Path) -> None:
    found = made(tmp_path, switches="sw1: {}", servers=server("c1", "switch: sw1, port: uplink"))
    assert {name: one.cable.kind for name, one in only(found).by_name.items()} == {
        "uplink": "server",
        "uplink-to-site": "uplink",
    }


def test_interface_numbers_of_a_lab_are_all_different(tmp_path: Path) -> None:
    """The kernel takes the two ends of a link with equal ones for no pair."""
    cables = ", ".join(f'{{a: "sw1:{n}", b: "sw2:{n}"}}' for n in range(1, 40))
    found = made(tmp_path, switches="sw1: {}, sw2: {}", cables=cables)
    numbers = [socket.index for switch in found.switches for socket in switch.sockets]
    assert len(numbers) == len(set(numbers)) == 79


# -- VLANs


def in_vlans(tmp_path: Path, *, cables: str, ssh: str = "") -> dict[str, SwitchPlan]:
    servers = ", ".join(
        server(name, f'switch: {switch}, port: "1"{vlan}')
        for name, switch, vlan in (
            ("c1", "sw1", ", vlan: 20"),
            ("ab1", "sw2", ", vlan: 30"),
            ("abc1", "sw3", ""),
        )
    )
    switches = f"sw1: {{{ssh}}}, sw2: {{}}, sw3: {{}}"
    return {
        one.name: one for one in made(tmp_path, switches=switches, servers=servers, cables=cables).switches
    }


def test_a_port_is_in_the_declared_vlan_and_joined_switches_know_each_others(tmp_path: Path) -> None:
    found = in_vlans(tmp_path, cables='{a: "sw1:49", b: "sw2:49"}, {a: "sw1:50", b: "sw2:50"}')
    assert {name: one.vlans for name, one in found.items()} == {
        "sw1": (1, 20, 30),
        "sw2": (1, 20, 30),
        "sw3": (1,),
    }
    assert [found[name].by_name["1"].vlan for name in found] == [20, 30, 1]
    trunk, loop = (found["sw1"].by_name[port] for port in ("49", "50"))
    assert (trunk.vlan, trunk.is_trunk, found["sw1"].strands(trunk.cable)) == (1, True, (20, 30))
    assert found["sw1"].strands(loop.cable) == ()  # it is out of every VLAN
    assert found["sw1"].strands(found["sw1"].by_name["1"].cable) == ()


def test_a_vlan_declared_at_a_nic_counts_also_where_its_cable_stands_elsewhere(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        switches="sw1: {}",
        servers=server("c1", 'mac: "52:54:00:00:00:01", vlan: 7'),
        cables='{a: "c1:eno1", b: "sw1:7"}',
    )
    assert (only(found).by_name["7"].vlan, only(found).vlans) == (7, (1, 7))


def test_no_port_is_called_like_the_bridge_of_a_vlan(tmp_path: Path) -> None:
    found = only(made(tmp_path, switches="sw1: {}", servers=server("c1", "switch: sw1, port: br4000")))
    assert found.by_name["br4000"].interface.startswith("br4000-")


@pytest.mark.parametrize("vlan", [1, 20, 4094])
def test_a_bridge_and_a_strand_are_known_by_their_names(vlan: int) -> None:
    assert naming.vlan_of(naming.bridge_of(vlan)) == vlan
    assert naming.strand_of(naming.strand(vlan, 900)) == (vlan, 900)
    assert len(naming.strand(vlan, 900)) <= 15
    assert len(naming.loose_strand(f"c{short_hash('sw1', '49')}", vlan)) <= 15
    assert interface_names([naming.strand(vlan, 900)]) != {naming.strand(vlan, 900): naming.strand(vlan, 900)}


@pytest.mark.parametrize("name", ["br0", "br01", "br4095", "xbr1", "br1x", "br", "1"])
def test_other_names_are_no_vlan(name: str) -> None:
    assert naming.vlan_of(name) is None
    assert naming.strand_of(name) is None


@pytest.mark.parametrize(
    ("ssh", "platform"), [("frr", "frr"), ("linux", "linux"), ("arista_eos", "linux"), ("", "linux")]
)
def test_the_command_line_is_that_of_linux_unless_frr_is_asked_for(
    tmp_path: Path, ssh: str, platform: str
) -> None:
    said = f"ssh: {{platform: {ssh}, credentials: env:X}}" if ssh else ""
    assert in_vlans(tmp_path, cables="", ssh=said)["sw1"].platform == platform


# -- addresses


def test_a_switch_without_an_address_gets_one_of_the_labs_own(tmp_path: Path) -> None:
    found = made(tmp_path, switches="sw1: {}", servers=server("c1", "switch: sw1, port: a"))
    assert found.management is not None
    assert only(found).address in found.management.address.network
    assert only(found).address not in ip_network("10.101.0.0/24")


def refused(tmp_path: Path, **parts: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        made(tmp_path, **parts)
    return caught.value


def test_two_switches_at_one_address_are_refused(tmp_path: Path) -> None:
    error = refused(
        tmp_path,
        switches="sw1: {management: 10.101.0.2}, sw2: {management: 10.101.0.2}",
        cables='{a: "sw1:1", b: "sw2:1"}',
    )
    assert "sw2 and sw1 are both at 10.101.0.2" in error.what
    assert "a.yaml" in error.where


@pytest.mark.parametrize("address", ["127.0.0.1", "224.0.0.5", "fe80::1", "0.0.0.0", "169.254.77.9"])
def test_an_address_that_no_switch_can_have_is_refused(tmp_path: Path, address: str) -> None:
    servers = server("c1", "switch: sw1, port: a")
    error = refused(tmp_path, switches=f'sw1: {{management: "{address}"}}', servers=servers)
    assert f"sw1 cannot be at {address}" in error.what
    assert "a.yaml" in error.where


def test_the_address_that_the_lab_gave_is_taken_back_from_its_own_inventory(tmp_path: Path) -> None:
    servers = server("c1", "switch: sw1, port: a")
    given = only(made(tmp_path, switches="sw1: {}", servers=servers)).address
    (tmp_path / "own").mkdir()
    again = made(tmp_path / "own", switches=f"sw1: {{management: {given}}}", servers=servers)
    assert only(again).address == given


def test_a_switch_at_the_address_of_a_bmc_is_refused(tmp_path: Path) -> None:
    error = refused(
        tmp_path,
        switches="sw1: {management: 10.101.0.9}",
        servers=server("c1", "switch: sw1, port: a", bmc="10.101.0.9"),
    )
    assert "sw1" in error.what
    assert "c1" in error.what


def test_a_port_with_two_cables_is_refused(tmp_path: Path) -> None:
    error = refused(
        tmp_path,
        switches="sw1: {}, sw2: {}",
        servers=server("c1", "switch: sw1, port: '1'"),
        cables='{a: "sw1:1", b: "sw2:1"}',
    )
    assert error.what == "port 1 of sw1 has two cables"


def test_a_switch_called_like_a_site_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, switches="a: {}", servers=server("c1", "switch: a, port: '1'"))
    assert "mdc-lab-a" in error.what


# -- what has to be installed


def test_missing_programs_are_told_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = [tool for tool in TOOLS if tool.program in {"lldpd", "snmpd", "ipmi_sim"}]
    monkeypatch.setattr("microdc.requirements.missing", lambda: lacking)
    with pytest.raises(UnreachableError) as caught:
        start.check_tools(())
    assert "snmpd, lldpd" in caught.value.what
    assert "lldpd snmpd" in caught.value.hint
    assert "openipmi" not in caught.value.hint


def test_frr_is_asked_for_only_where_a_switch_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("microdc.requirements.missing", list)
    monkeypatch.setattr(frr, "zebra", lambda: None)
    found = in_vlans(tmp_path, cables="", ssh="ssh: {platform: frr, credentials: env:X}")
    start.check_tools([found["sw2"]])
    with pytest.raises(UnreachableError) as caught:
        start.check_tools(found.values())
    assert "`ssh: {platform: frr}` of sw1 asks for it: zebra" in caught.value.what
    assert "apt-get install" in caught.value.hint
    assert "frr" in caught.value.hint
