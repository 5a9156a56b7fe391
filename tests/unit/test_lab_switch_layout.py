"""The faults of a switch's cables and ports -> what is plugged into which port, and in which VLAN the port is."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.errors import InputError
from microdc.lab.switch.layout import NOTHING, SOMEBODY, all_vlans, check, in_vlans, layout
from microdc.lab.switch.model import Cable, Socket, SwitchPlan

PORTS = ["1", "2", "3", "Et1/4"]
SWITCH = SwitchPlan(
    "sw1", "a", "r1", 1, "mdc-lab-sw1", "mdc-lab-a", ip_address("10.1.0.2"), 3, "02:00:00:00:00:01", "S1", 1500,
    tuple(
        Socket(name, name, number, 1000 + number, "02:00:00:00:00:11", Cable("other", f"o{number}"), vlan)
        for number, (name, vlan) in enumerate(zip(PORTS, (1, 1, 20, 1), strict=True), 1)
    ),
    vlans=(1, 20),
)  # fmt: skip


@pytest.mark.parametrize(
    ("faults", "moved"),
    [
        ({}, {}),
        ({"swapped": "1,2"}, {"1": "2", "2": "1"}),
        ({"swapped": "1, 2, 3"}, {"2": "1", "3": "2", "1": "3"}),
        ({"unplugged": "Et1/4"}, {"Et1/4": NOTHING}),
        ({"stranger": "1,3"}, {"1": SOMEBODY, "3": SOMEBODY}),
        ({"swapped": "1,2", "unplugged": "1"}, {"1": NOTHING, "2": "1"}),
        ({"dead-port": "1", "agent-hangs": True}, {}),
    ],
)
def test_what_is_in_a_port(faults: dict[str, Any], moved: dict[str, str]) -> None:
    assert layout(PORTS, faults) == {**dict(zip(PORTS, PORTS, strict=True)), **moved}


@given(st.lists(st.sampled_from(PORTS), unique=True, min_size=2))
def test_swapping_loses_no_cable_and_leaves_none_of_them_at_home(ports: list[str]) -> None:
    found = layout(PORTS, {"swapped": ",".join(ports)})
    assert sorted(found.values()) == sorted(PORTS)
    assert {port for port in PORTS if found[port] != port} == set(ports)


@pytest.mark.parametrize(
    ("fault", "value", "said"),
    [
        ("swapped", True, "two ports"),
        ("swapped", "1", "two ports"),
        ("swapped", "1,1", "two ports"),
        ("unplugged", True, "needs a port"),
        ("unplugged", "", "needs a port"),
        ("stranger", "Et1/5", "no port 'Et1/5'"),
    ],
)
def test_a_fault_of_ports_names_ports_that_are_there(fault: str, value: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check(fault, value, SWITCH)
    check(fault, "1,Et1/4", SWITCH)


# -- VLANs


@pytest.mark.parametrize(
    ("value", "vlans", "known"),
    [
        (None, [1, 1, 20, 1], {1, 20}),
        ("1:20", [20, 1, 20, 1], {1, 20}),
        ("3:1, Et1/4:30", [1, 1, 1, 30], {1, 20, 30}),
        ("1:20,1:4094", [4094, 1, 20, 1], {1, 20, 4094}),
    ],
)
def test_a_port_is_in_the_vlan_that_the_fault_names(
    value: str | None, vlans: list[int], known: set[int]
) -> None:
    if value:
        check("wrong-vlan", value, SWITCH)
    found = in_vlans(SWITCH, {"wrong-vlan": value, "unplugged": "1"})
    assert [socket.vlan for socket in found.sockets] == vlans
    assert all_vlans(found) == known
    assert found.vlans == SWITCH.vlans  # a VLAN that a fault brings is carried to no other switch


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "needs a port"),
        ("", "needs a port"),
        ("1", "names no VLAN"),
        ("1:", "names no VLAN"),
        ("1:0", "names no VLAN from 1 to 4094"),
        ("1:4095", "names no VLAN"),
        ("1:twenty", "names no VLAN"),
        ("9:20", "no port '9'"),
        ("3:20", "port 3 is in it anyway"),
        ("1:20,2:1", "port 2 is in it anyway"),
    ],
)
def test_a_wrong_vlan_is_one_that_there_is_and_that_is_wrong(value: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check("wrong-vlan", value, SWITCH)
