"""`microdc cabling check` on a virtual rack: every fault that is planted in its cables and ports is found, said right, and gone when it is cleared.

A switch knows a server by what its firmware sends when it asks the network for a boot file, once after each reset; so servers are reset after a change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import switchlab
from netboot import wait_for
from racklab import steps
from switchlab import SWITCHES, SwitchLab

from microdc.cli.cabling import read
from microdc.survey.cabling.model import CableVerdict
from microdc.survey.cabling.operate import check

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long]

C1, C2, C3 = "c1:eno1 - sw1:1", "c2:eno1 - sw1:2", "c3:eno1 - sw1:3"
BMC, SECOND = "c1:bmc - sw2:swp47", "c1:eno2 - sw2:swp1"
BETWEEN, LOOP = "sw1:49 - sw2:swp49", "sw1:50 - sw2:swp50"
ALL = {C1, C2, C3, BMC, SECOND, BETWEEN, LOOP}
Found = list[CableVerdict]


@pytest.fixture(scope="module")
def lab(_homes: None) -> Iterator[SwitchLab]:
    with switchlab.built(f"t{os.getpid()}cable", switchlab.VLANS) as made:
        yield made


@pytest.fixture(scope="module")
def rack(lab: SwitchLab) -> SwitchLab:
    """With all servers on and heard."""
    for server in lab.servers:
        lab.machine(server).on()
    wait_right(lab)
    return lab


@pytest.fixture(autouse=True)
def _calm(lab: SwitchLab) -> Iterator[None]:
    yield
    for switch in SWITCHES:
        lab.clear(switch)


def look(lab: SwitchLab) -> Found:
    found = steps(check(lab.lab.testbed, [lab.switch(name) for name in SWITCHES], read))[1]
    assert found.unread == ()
    assert found.remarks == ()
    return list(found.verdicts)


def wait_found(lab: SwitchLab, holds: Callable[[Found], bool], what: str) -> Found:
    """LLDP tells every 5 s, snmpd looks at interfaces every 15 s, and firmware takes its time."""
    last: Found = []

    def now() -> bool:
        last[:] = look(lab)
        return holds(last)

    wait_for(now, 120, what, lambda: "\n".join(f"{one.kind} {one.cable}: {one.reason}" for one in last))
    return last


def wait_right(lab: SwitchLab) -> None:
    """Until every cable is right, and nothing else is said but that the uplink leads to something."""
    found = wait_found(lab, lambda found: kinds(found, "right") == ALL, "all cables are right")
    assert {(one.kind, str(one.port), one.severity) for one in found if one.kind != "right"} <= {
        ("stranger", "sw1:uplink", "info")
    }
    assert "7 right" in lab.lab.microdc("cabling", "check").stdout  # exit code 0


def kinds(found: Found, kind: str) -> set[str]:
    """The cables of which this is said."""
    return {str(one.cable) for one in found if one.kind == kind}


def alarming(found: Found) -> set[str]:
    return {str(one.cable or one.port) for one in found if one.alarming}


def reset(lab: SwitchLab, *servers: str) -> None:
    for server in servers:
        lab.machine(server).reset()


def wait_alarms(lab: SwitchLab, kind: str, *cables: str, crossed: bool = False) -> list[CableVerdict]:
    """Until this is said of these cables, and nothing alarming of any other; the verdicts on them.

    crossed: until it is said which changed places, too, for which all of their ends have to be heard.
    """
    wanted = set(cables)

    def all_of_it(found: Found) -> bool:
        told = kinds(found, kind) == wanted == alarming(found)
        return told and (not crossed or all(one.crossed for one in found if one.kind == kind))

    found = wait_found(lab, all_of_it, f"{kind}: {', '.join(cables)}")
    lab.lab.microdc("cabling", "check", code=1)
    return [one for one in found if one.kind == kind]


def test_at_first_only_the_links_of_servers_that_are_off_are_missing(lab: SwitchLab) -> None:
    """Before any is turned on, as soon as the lab is up."""
    found = look(lab)
    assert alarming(found) == {C1, C2, C3, SECOND}
    assert {one.reason for one in found if one.alarming} == {
        f"{port} has no link" for port in ("sw1:1", "sw1:2", "sw1:3", "sw2:swp1")
    }
    assert kinds(found, "wrong") == kinds(found, "wrong vlan") == set()


def test_two_swapped_cables_of_servers(rack: SwitchLab) -> None:
    rack.plant("sw1", swapped="2,3")
    reset(rack, "c2", "c3")
    found = wait_alarms(rack, "wrong", C2, C3, crossed=True)
    assert {str(one.cable): [str(other) for other in one.crossed] for one in found} == {C2: [C3], C3: [C2]}
    assert {str(one.cable): (str(one.there), str(one.stands)) for one in found} == {
        C2: ("c3:eno1", "sw1:3"),
        C3: ("c2:eno1", "sw1:2"),
    }
    assert {one.severity for one in found} == {"critical"}
    assert f"swapped with {C3}" in rack.lab.microdc("cabling", "check", code=1).stdout
    rack.clear("sw1")
    reset(rack, "c2", "c3")
    wait_right(rack)


@pytest.mark.extra
def test_three_cables_that_moved_round(rack: SwitchLab) -> None:
    rack.plant("sw1", swapped="1,2,3")
    reset(rack, "c1", "c2", "c3")
    found = wait_alarms(rack, "wrong", C1, C2, C3, crossed=True)
    assert all({str(one.cable), *map(str, one.crossed)} == {C1, C2, C3} for one in found)
    assert {str(one.cable): str(one.stands) for one in found} == {C1: "sw1:2", C2: "sw1:3", C3: "sw1:1"}
    assert all("3 cables changed places" in one.reason for one in found)
    rack.clear("sw1")
    reset(rack, "c1", "c2", "c3")
    wait_right(rack)


@pytest.mark.extra
def test_swapped_cables_between_switches(rack: SwitchLab) -> None:
    rack.plant("sw2", swapped="swp49,swp50")
    found = wait_alarms(rack, "wrong", BETWEEN, LOOP, crossed=True)
    assert {str(one.cable): [str(other) for other in one.crossed] for one in found} == {
        BETWEEN: [LOOP],
        LOOP: [BETWEEN],
    }
    rack.clear("sw2")
    wait_right(rack)


@pytest.mark.extra
def test_the_cable_of_a_bmc_in_the_port_of_a_server(rack: SwitchLab) -> None:
    """Both are of one server, so that only the addresses tell which is which."""
    rack.plant("sw2", swapped="swp1,swp47")
    reset(rack, "c1")
    found = wait_alarms(rack, "wrong", BMC, SECOND, crossed=True)
    assert {str(one.cable): [str(other) for other in one.crossed] for one in found} == {
        BMC: [SECOND],
        SECOND: [BMC],
    }
    rack.clear("sw2")
    reset(rack, "c1")
    wait_right(rack)


@pytest.mark.parametrize(("switch", "port", "cable"), [("sw1", "2", C2), ("sw2", "swp49", BETWEEN)])
def test_a_cable_that_is_pulled_out(rack: SwitchLab, switch: str, port: str, cable: str) -> None:
    rack.plant(switch, unplugged=port)
    (found,) = wait_alarms(rack, "missing", cable)
    assert "has no link" in found.reason
    assert found.severity == "warning"
    rack.clear(switch)
    reset(rack, "c1", "c2", "c3")
    wait_right(rack)


@pytest.mark.extra
def test_a_port_that_is_switched_off(rack: SwitchLab) -> None:
    rack.plant("sw1", dead_port="3")
    (found,) = wait_alarms(rack, "missing", C3)
    assert found.reason == "sw1:3 is switched off"
    rack.clear("sw1")
    reset(rack, "c3")
    wait_right(rack)


def test_a_stranger_in_place_of_a_server(rack: SwitchLab) -> None:
    rack.plant("sw1", stranger="2")
    (found,) = wait_alarms(rack, "wrong", C2)
    assert "a stranger is there: stranger-2" in found.reason
    assert (found.there, found.stands) == (None, None)
    rack.clear("sw1")
    reset(rack, "c2")
    wait_right(rack)


@pytest.mark.extra
def test_a_stranger_where_nothing_is_declared(rack: SwitchLab) -> None:
    """It asks for nobody: somebody may be plugging something in just now."""
    rack.plant("sw1", stranger="uplink")
    found = wait_found(
        rack,
        lambda found: any(one.kind == "stranger" and "stranger-" in one.reason for one in found),
        "the stranger is heard",
    )
    (one,) = (one for one in found if one.kind == "stranger")
    assert (str(one.port), one.severity) == ("sw1:uplink", "info")
    assert alarming(found) == set()
    rack.clear("sw1")
    wait_right(rack)


def test_ports_in_a_wrong_vlan(rack: SwitchLab) -> None:
    """Of a port of which nothing is declared nothing is said, whatever VLAN it is in."""
    rack.plant("sw1", wrong_vlan="1:20,3:1")
    rack.plant("sw2", wrong_vlan="swp47:40")
    found = wait_alarms(rack, "wrong vlan", C3, BMC)
    assert {str(one.cable): (one.vlan.declared, one.vlan.found) for one in found if one.vlan} == {
        C3: (20, 1),
        BMC: (20, 40),
    }
    assert {str(one.port) for one in found} == {"sw1:3", "sw2:swp47"}
    reset(rack, "c1", "c3")  # the cables themselves are right
    wait_found(
        rack, lambda found: kinds(found, "right") == ALL, "all cables are right, in a wrong VLAN or not"
    )
    told = rack.lab.data("cabling", "check", code=1)["verdicts"]
    (of_c3,) = (one for one in told if one["kind"] == "wrong vlan" and one["a"] == "c3:eno1")
    assert of_c3["vlan"] == {"declared": 20, "found": 1}
    assert of_c3["where"].endswith(":41")
    assert "set VLAN 20 on that port" in of_c3["reason"]
    for switch in SWITCHES:
        rack.clear(switch)
    reset(rack, "c1", "c3")
    wait_right(rack)
