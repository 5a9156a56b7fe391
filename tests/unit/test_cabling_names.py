"""Names of ports: what vendors call one port, and what they call different ones."""

from __future__ import annotations

import pytest

from microdc.survey.cabling.names import find, is_lag, parsed
from microdc.switch.model import Port


def ports(*names: str) -> tuple[Port, ...]:
    return tuple(Port(number, name) for number, name in enumerate(names, 1))


@pytest.mark.parametrize(
    "spellings",
    [
        ("Ethernet1", "Et1", "Eth1", "ethernet 1", "ETHERNET1", "e1", "Ethernet01"),
        ("Ethernet1/1", "Eth1/1", "Ethernet 1/1", "Ethernet1:1"),
        ("GigabitEthernet0/1", "Gi0/1", "gigabitethernet 0/1", "GigE0/1", "ge-0/1", "GE0/1"),
        (
            "TenGigabitEthernet1/0/1",
            "Te1/0/1",
            "Ten-GigabitEthernet1/0/1",
            "XGE1/0/1",
            "xe-1/0/1",
            "10GE1/0/1",
        ),
        ("FortyGigE1/0/49", "Fo1/0/49", "40GE1/0/49"),
        ("HundredGigE1/0/1", "Hu1/0/1", "100GE1/0/1"),
        ("TFGigabitEthernet 0/1", "TwentyFiveGigE0/1", "Twe0/1"),
        ("Port 1", "port1", "1", "１", "Port\t01"),
        ("swp1", "SWP1", "swp 1"),
        ("xe-0/0/0:1", "xe-0/0/0/1"),
        ("🔌 rack/7", "🔌rack/7", "🔌️ RACK/7"),
        ("port-channel1", "Po1", "Port-Channel1"),
    ],
)
def test_spellings_of_one_port_are_one(spellings: tuple[str, ...]) -> None:
    assert len({parsed(text) for text in spellings}) == 1
    for text in spellings:
        assert [port.name for port in find(text, ports(spellings[0], "other99"))] == [spellings[0]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ethernet1", "Ethernet11"),
        ("Ethernet1/1", "Ethernet11"),
        ("GigabitEthernet0/1", "TenGigabitEthernet0/1"),
        ("Ethernet1", "Management1"),
        ("xe-0/0/10", "xe-0/0/1"),
        ("A1", "B1"),
        ("swp1", "swp10"),
    ],
)
def test_different_ports_stay_apart(one: str, other: str) -> None:
    assert find(one, ports(one, other)) == ports(one, other)[:1]
    assert find(other, ports(one)) == ()


def test_a_bare_number_is_the_only_port_of_that_number_that_takes_a_cable() -> None:
    assert [port.name for port in find("1", ports("Ethernet1", "Management1", "Vlan1", "Port-Channel1"))] == [
        "Ethernet1"
    ]
    assert [port.name for port in find("0/1", ports("Gi0/1", "Te0/1"))] == ["Gi0/1", "Te0/1"]
    assert [port.name for port in find("swp7", ports("7", "8"))] == ["7"]
    assert find("Vlan1", ports("1")) == ()


def test_the_exact_name_comes_first_and_the_description_after_the_name() -> None:
    both = (Port(1, "1"), Port(2, "01"))
    assert find("01", both) == both[1:]
    described = (
        Port(7, "0/1", description="Slot: 0 Port: 1 Gigabit - Level"),
        Port(8, "Te1", description="TenGigabitEthernet1"),
    )
    assert find("TenGigabitEthernet1", described) == described[1:]
    assert find("slot: 0 port: 1 gigabit - level", described) == described[:1]


def test_an_aggregation_is_one_by_its_type_or_its_name() -> None:
    assert all(
        is_lag(port) for port in (*ports("Po1", "bond0", "ae0", "Trk1", "lag 1"), Port(1, "x1", kind=161))
    )
    assert not any(is_lag(port) for port in ports("Et1", "1", "swp1", "1/1/1"))
