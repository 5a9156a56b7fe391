"""VLANs of a lab's switches: what is in one reaches nothing in another, over one switch or two; and vtysh as the command line of one of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import switchlab
from netboot import run_inside, wait_for
from racklab import steps
from switchlab import IF_NAME, SWITCHES, SwitchLab

from microdc.host import namespaces
from microdc.lab import names
from microdc.switch.cli import operate
from microdc.switch.cli.model import PortChange
from microdc.switch.cli.targets import target_of
from microdc.switch.model import SwitchState
from microdc.switch.operate import read

pytestmark = [pytest.mark.root, pytest.mark.lab]
IN_1, IN_20, BEYOND = "sw1-stranger-1", "sw1-stranger-3", "sw2-stranger-1"
"""Hosts that are plugged in: into port 1 of sw1 (VLAN 1), into port 3 (VLAN 20), into swp1 of sw2 (VLAN 20)."""
ADDRESSES = {IN_1: "10.99.0.1", IN_20: "10.99.0.3", BEYOND: "10.99.0.4"}
PVID = "1.3.6.1.2.1.17.7.1.4.5.1.1"


@pytest.fixture(scope="module")
def built(_homes: None) -> Iterator[SwitchLab]:
    with switchlab.built(f"t{os.getpid()}vlan", switchlab.VLANS) as made:
        yield made


@pytest.fixture
def lab(built: SwitchLab) -> Iterator[SwitchLab]:
    yield built
    for switch in SWITCHES:
        built.clear(switch)


@pytest.fixture
def hosts(lab: SwitchLab) -> SwitchLab:
    """The lab with a host in each of the three ports, all of one subnet."""
    lab.plant("sw1", stranger="1,3")
    lab.plant("sw2", stranger="swp1")
    for host, address in ADDRESSES.items():
        run_inside(names.namespace(lab.name, host), "ip", "addr", "add", f"{address}/24", "dev", "eth0")
    return lab


def reaches(lab: SwitchLab, host: str, other: str) -> bool:
    words = ("ping", "-c", "3", "-i", "0.2", "-W", "1", ADDRESSES[other])
    inside = namespaces.inside(names.namespace(lab.name, host))
    return subprocess.run([*inside, *words], capture_output=True, check=False, timeout=30).returncode == 0


def wait_reaches(lab: SwitchLab, host: str, other: str) -> None:
    """The kernel tells a bridge of a link up to a second after it came."""
    wait_for(lambda: reaches(lab, host, other), 20, f"{host} reaches {other}")


def look(lab: SwitchLab, name: str) -> SwitchState:
    (found,) = steps(read(lab.lab.testbed, [lab.switch(name)], ("ports", "vlans", "addresses")))[1]
    assert found.state is not None, found.error
    return found.state


def vlans(lab: SwitchLab, name: str) -> dict[int, tuple[set[str], set[str]]]:
    """Untagged and tagged ports of each VLAN."""
    return {one.id: (set(one.untagged), set(one.tagged)) for one in look(lab, name).vlans}


def wait_vlans(lab: SwitchLab, name: str, wanted: dict[int, tuple[set[str], set[str]]]) -> None:
    """snmpd looks at interfaces every 15 s: a port that was just moved has no name for that long."""
    wait_for(lambda: vlans(lab, name) == wanted, 40, f"the VLANs of {name}", lambda: str(vlans(lab, name)))


DECLARED = {
    "sw1": {1: ({"1", "2", "49", "uplink"}, set[str]()), 20: ({"3"}, {"49"})},
    "sw2": {1: ({"swp49"}, set[str]()), 20: ({"swp1", "swp47"}, {"swp49"})},
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_port_is_in_the_vlan_that_is_declared(lab: SwitchLab, switch: str) -> None:
    wait_vlans(lab, switch, DECLARED[switch])
    state = look(lab, switch)
    assert state.remarks == ()
    assert not [port.name for port in state.ports if port.name.startswith("+")]
    assert state.pvids == {
        port: vlan for vlan, (untagged, _) in DECLARED[switch].items() for port in untagged
    }


def test_net_snmp_reads_the_same(lab: SwitchLab) -> None:
    ports, base = lab.walk("sw1", IF_NAME), lab.walk("sw1", switchlab.BASE_PORT)
    found = {ports[base[number]]: vlan for number, vlan in lab.walk("sw1", PVID).items()}
    assert found == {"1": "1", "2": "1", "49": "1", "uplink": "1", "3": "20"}


def test_one_vlan_does_not_reach_another(hosts: SwitchLab) -> None:
    wait_reaches(hosts, IN_20, BEYOND)  # over the cable between the switches
    wait_reaches(hosts, BEYOND, IN_20)
    assert not reaches(hosts, IN_1, IN_20)
    assert not reaches(hosts, IN_1, BEYOND)
    heard = {(one.mac, one.port): one.vlan for one in look(hosts, "sw1").addresses if one.learned}
    mac = json.loads(run_inside(names.namespace(hosts.name, BEYOND), "ip", "-j", "link", "show", "eth0"))
    assert heard[mac[0]["address"], "49"] == 20


def test_a_port_in_a_wrong_vlan_is_cut_off_and_joined_to_others(hosts: SwitchLab) -> None:
    """While what is plugged in goes on."""
    hosts.plant("sw1", wrong_vlan="1:20, 3:30")
    wait_reaches(hosts, IN_1, BEYOND)
    assert not reaches(hosts, IN_20, BEYOND)
    moved = {1: ({"2", "49", "uplink"}, set[str]()), 20: ({"1"}, {"49"}), 30: ({"3"}, set[str]())}
    wait_vlans(hosts, "sw1", moved)
    hosts.plant("sw1", wrong_vlan=None)
    assert not reaches(hosts, IN_1, BEYOND)
    wait_reaches(hosts, IN_20, BEYOND)
    wait_vlans(hosts, "sw1", DECLARED["sw1"])


def test_all_vlans_go_the_way_of_the_cable_between_the_switches(hosts: SwitchLab) -> None:
    for cut in ({"unplugged": "49"}, {"dead_port": "49"}, {"swapped": "2,49"}, {"wrong_vlan": "49:20"}):
        hosts.plant("sw1", **cut)
        assert not reaches(hosts, IN_20, BEYOND), cut
        hosts.plant("sw1", **dict.fromkeys(cut))
        wait_reaches(hosts, IN_20, BEYOND)
    hosts.plant(
        "sw2", swapped="swp49,swp50"
    )  # the cable is in another port now, which leads to the same switch
    wait_reaches(hosts, IN_20, BEYOND)
    there = ({"swp1", "swp47"}, {"swp50"})
    wait_for(lambda: vlans(hosts, "sw2")[20] == there, 40, "the VLAN is behind the other port")


def test_what_was_set_of_a_port_stays_when_its_cable_is_moved(lab: SwitchLab) -> None:
    """At the command line of the switch: off, a description, another VLAN."""
    target = target_of(lab.lab.testbed, lab.switch("sw1"))
    change = PortChange("2", up=False, description="to c2", vlan=20)
    list(operate.apply(target, operate.plan(target, change)))
    try:
        for fault in ({"swapped": "1,2"}, {"unplugged": "2"}, {"counter_reset": True}):
            lab.plant("sw1", **fault)
            assert port_of(lab, "sw1", "2") == (False, "to c2", "br20"), fault
            lab.clear("sw1")
            assert port_of(lab, "sw1", "2") == (False, "to c2", "br20"), fault
        assert port_of(lab, "sw1", "1") == (True, "", "br1")
    finally:
        back = operate.plan(target, PortChange("2", up=True, description="", vlan=1))
        list(operate.apply(target, back))
    wait_vlans(lab, "sw1", DECLARED["sw1"])


def port_of(lab: SwitchLab, switch: str, port: str) -> tuple[bool, str, str]:
    """On, description and bridge, as the kernel has them."""
    told = run_inside(lab.plan(switch).namespace, "ip", "-j", "link", "show", "dev", port)
    (link,) = json.loads(told)
    return "UP" in link["flags"], link.get("ifalias", ""), link.get("master", "")


def test_a_fault_names_a_vlan_that_is_wrong(lab: SwitchLab) -> None:
    command = ("lab", "fault", "sw1", "--name", lab.name)
    assert "port 3 is in it anyway" in lab.lab.microdc(*command, "wrong-vlan=3:20", code=2).stderr
    assert "wrong-vlan=1:20" in lab.lab.microdc(*command, "wrong-vlan", code=2).stderr
    assert lab.lab.data(*command, "wrong-vlan=3:1")["planted"] == {"wrong-vlan": "3:1"}
    assert "wrong-vlan" in lab.lab.data(*command, "--clear", "all")["known"]
    wait_vlans(lab, "sw1", DECLARED["sw1"])


# -- vtysh


@pytest.fixture
def frr(lab: SwitchLab) -> SwitchLab:
    if lab.switch("sw2").ssh_platform != "frr":
        pytest.skip("this machine gives no mount namespace, and so no command line")
    return lab


def test_vtysh_changes_a_port_and_takes_it_back(frr: SwitchLab) -> None:
    target = target_of(frr.lab.testbed, frr.switch("sw2"))
    assert "FRR" in str(operate.facts(target).vendor)
    plan = operate.plan(target, PortChange("swp47", up=False, description="to c1, Ñandú"))
    assert [step.state for step in operate.apply(target, plan)][-1] == "done"
    assert port_of(frr, "sw2", "swp47")[0] is False
    frr.wait_port("sw2", switchlab.IF_ADMIN, "swp47", switchlab.DOWN)
    back = PortChange("swp47", up=True, description="")
    list(operate.apply(target, operate.plan(target, back)))
    assert port_of(frr, "sw2", "swp47")[0] is True


def test_its_configuration_is_kept_and_compared(frr: SwitchLab, tmp_path: Path) -> None:
    words = ("switch", "backup", "sw2", "--into", str(tmp_path))
    assert frr.lab.data(*words)["switches"][0]["state"] == "new"
    kept = tmp_path / "yard" / "r1" / "sw2.cfg"
    assert "hostname sw2" in kept.read_text("utf-8")
    frr.lab.microdc("switch", "diff", "sw2", "--into", str(tmp_path))
    target = target_of(frr.lab.testbed, frr.switch("sw2"))
    list(operate.apply(target, operate.plan(target, PortChange("swp1", description="spare"))))
    said = frr.lab.microdc("switch", "diff", "sw2", "--into", str(tmp_path), code=1).stdout
    assert "+ description spare" in said
    list(operate.apply(target, operate.plan(target, PortChange("swp1", description=""))))


def test_nothing_of_this_machine_is_written_to(frr: SwitchLab) -> None:
    """`write memory` wrote the switch's own file."""
    saved = frr.files("sw2") / "frr" / "frr.conf"
    target = target_of(frr.lab.testbed, frr.switch("sw2"))
    list(operate.apply(target, operate.plan(target, PortChange("swp1", description="kept"))))
    wait_for(lambda: "description kept" in saved.read_text("utf-8"), 10, "it is saved")
    if Path("/etc/frr/frr.conf").exists():
        assert "description kept" not in Path("/etc/frr/frr.conf").read_text("utf-8")
    list(operate.apply(target, operate.plan(target, PortChange("swp1", description=""))))
