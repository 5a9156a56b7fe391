"""Rows of MIB tables -> values: each vendor's way of saying it, and what makes no sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from microdc.remarks import Remark
from microdc.snmp.model import Value
from microdc.switch.model import Address, Component, Identifier, Poe, Port, Sensor, SwitchState, Vlan
from microdc.switch.snmp import (
    addresses,
    entity,
    identifiers,
    interfaces,
    lags,
    lldp,
    poe,
    portlists,
    sensors,
    system,
    texts,
    vlans,
)
from microdc.switch.snmp.objects import Object
from microdc.switch.snmp.ports import BASE_PORTS
from microdc.switch.snmp.state import state
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.vendors import cisco, juniper
from microdc.switch.snmp.views import ALL

Cells = Mapping[tuple[Object, tuple[int, ...]], Value]


def read(cells: Cells) -> SwitchState:
    return state(Told([((*of.oid, *index), value) for (of, index), value in cells.items()]), ALL)


def named(*names: bytes) -> dict[tuple[Object, tuple[int, ...]], Value]:
    """Ports 1, 2, ... that the bridge numbers alike."""
    found: dict[tuple[Object, tuple[int, ...]], Value] = {}
    for index, name in enumerate(names, 1):
        found[interfaces.NAME, (index,)] = name
        found[BASE_PORTS, (index,)] = index
    return found


# -- texts


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (b"Gi1/0/1", "Gi1/0/1"),
        ("Büro ☃ 🚀".encode(), "Büro ☃ 🚀"),
        (b"B\xfcro", "Büro"),
        (b"padded\0\0\0", "padded"),
        (b"two\r\nlines", "two\nlines"),
        (b"\x1b[31mred", r"\x1b[31mred"),
        (b"\x80\x81a", r"\x80\x81a"),
        (b"", ""),
    ],
)
def test_text_is_readable_whatever_octets_it_was(said: bytes, text: str) -> None:
    assert texts.readable(said) == text


@pytest.mark.parametrize(
    "said",
    [
        bytes.fromhex("48a98abdb47d"),
        b"48:A9:8A:BD:B4:7D",
        b"48-a9-8a-bd-b4-7d",
        b"48 a9 8a bd b4 7d",
        b"48a9.8abd.b47d",
        b"48a98abdb47d",
        b"48:a9:8a:bd:b4:7d\0",
    ],
)
def test_a_mac_address_is_one_in_every_spelling(said: bytes) -> None:
    assert texts.mac(said) == "48:a9:8a:bd:b4:7d"


@pytest.mark.parametrize(
    "said", [b"", b"eth0", b"48:a9:8a:bd:b4", b"48:a9-8a:bd:b4:7d", b"zz:a9:8a:bd:b4:7d"]
)
def test_what_is_no_mac_address(said: bytes) -> None:
    assert texts.mac(said) is None


# -- LLDP's ids


@pytest.mark.parametrize(
    ("subtype", "said", "kind", "text"),
    [
        (1, b"chassis-1", "component", "chassis-1"),
        (2, b"to the core", "alias", "to the core"),
        (3, b"port 3", "port", "port 3"),
        (4, bytes.fromhex("001b21bbe6f0"), "mac", "00:1b:21:bb:e6:f0"),
        (4, b"48:A9:8A:BD:B4:7D", "mac", "48:a9:8a:bd:b4:7d"),
        (5, b"\x01\x0a\x38\x20\x71", "address", "10.56.32.113"),
        (5, b"\x0a\x38\x20\x71", "address", "10.56.32.113"),
        (5, b"\x02" + bytes(15) + b"\x01", "address", "::1"),
        (5, b"10.1.1.1", "address", "10.1.1.1"),
        (5, b"fd00:20::10:1111", "address", "fd00:20::10:1111"),
        (6, b"vmnic5", "name", "vmnic5"),
        (7, b"TW0CCN8D", "local", "TW0CCN8D"),
        (7, b"B\xfcro", "local", "Büro"),
        (7, b"two\nlines", "local", "two\nlines"),
        (7, b"\xff\xfe\xfd", "local", "ff fe fd"),
        (2, b"\x01\x02", "alias", "01 02"),
        (9, b"\x00\x1b\x21\xbb\xe6\xf0", "unknown", "00:1b:21:bb:e6:f0"),
        (None, b"switch-1", "unknown", "switch-1"),
        (4, b"\x01\x02\x03", "mac", "01 02 03"),
    ],
)
def test_a_chassis_id_of_every_kind(subtype: int | None, said: bytes, kind: str, text: str) -> None:
    found = identifiers.chassis(subtype, said)
    assert (found.kind, found.text, found.told) == (kind, text, said.hex())


@pytest.mark.parametrize(
    ("subtype", "said", "kind", "text"),
    [
        (1, b"uplink", "alias", "uplink"),
        (2, b"Module 2", "component", "Module 2"),
        (3, b"cc:48:3a:90:5d:71", "mac", "cc:48:3a:90:5d:71"),
        (4, b"\x01\x0a\x00\x00\x01", "address", "10.0.0.1"),
        (5, b"Ethernet1/49", "name", "Ethernet1/49"),
        (6, b"\x01\x02", "agent circuit", "01 02"),
        (7, b"2150", "local", "2150"),
        (0, b"a0:29:19:d0:25:58", "unknown", "a0:29:19:d0:25:58"),
    ],
)
def test_a_port_id_of_every_kind(subtype: int, said: bytes, kind: str, text: str) -> None:
    found = identifiers.port(subtype, said)
    assert (found.kind, found.text) == (kind, text)


# -- ports


@pytest.mark.parametrize(
    ("low", "high", "speed"),
    [
        (10**9, 1000, 10**9),
        (2**32 - 1, 100_000, 10**11),
        (1_410_065_408, 10_000, 10**10),
        (0, 10_000, 10**10),
        (1_500_000, 2, 1_500_000),
        (1_500_000, None, 1_500_000),
        (2**32 - 1, None, None),
        (0, 0, None),
        (None, None, None),
    ],
)
def test_the_speed_of_a_port(low: int | None, high: int | None, speed: int | None) -> None:
    assert interfaces.speed(low, high) == speed


def test_a_port_with_holes_and_nonsense_is_still_a_port() -> None:
    found = read(
        {
            (interfaces.DESCRIPTION, (7,)): b"swp7",
            (interfaces.MTU, (7,)): b"1500",
            (interfaces.SPEED, (7,)): None,
            (interfaces.OPER, (7,)): 42,
            (interfaces.ADMIN, (7,)): 1,
            (interfaces.MAC, (7,)): b"",
            (interfaces.MTU, (8,)): 1500,
        }
    )
    assert found.ports == (Port(7, "swp7", "swp7", admin="up"),)
    assert found.remarks == (
        Remark("ifMtu.7", "it should be a number"),
        Remark("ifOperStatus.7", "it is none of the states that the MIB knows"),
    )


def test_nonsense_of_a_whole_column_is_one_remark() -> None:
    found = read({(interfaces.NAME, (index,)): index for index in range(1, 1001)})
    assert found.remarks == (Remark("ifName.1 and 999 more", "it should be octets"),)


def kinds(**by_name: int) -> dict[tuple[Object, tuple[int, ...]], Value]:
    found: dict[tuple[Object, tuple[int, ...]], Value] = {}
    for index, (name, kind) in enumerate(by_name.items(), 1):
        found[interfaces.NAME, (index,)] = name.encode()
        found[interfaces.KIND, (index,)] = kind
    return found


@pytest.mark.parametrize(
    "told",
    [
        {(lags.ATTACHED, (1,)): 3, (lags.ATTACHED, (2,)): 0, (lags.ATTACHED, (3,)): 3},
        {(lags.STACKED, (3, 1)): 1, (lags.STACKED, (0, 3)): 1, (lags.STACKED, (2, 0)): 1},
        {(lags.STACKED, (1, 3)): 1, (lags.STACKED, (3, 2)): 2},  # Aruba; and a row that is not in service
        {(lags.STACKED, (3, 1)): 1, (lags.STACKED, (4, 3)): 1},  # a VLAN on the aggregation
    ],
)
def test_ports_of_an_aggregation(told: Cells) -> None:
    found = read({**kinds(a=6, b=6, po1=161, vlan10=135), **told})
    assert [(port.name, port.lag) for port in found.ports] == [
        ("a", "po1"),
        ("b", None),
        ("po1", None),
        ("vlan10", None),
    ]


# -- neighbours

HEARD: dict[tuple[Object, tuple[int, ...]], Value] = {
    (lldp.CHASSIS_KIND, (0, 5, 1)): 4,
    (lldp.CHASSIS, (0, 5, 1)): b"48:A9:8A:BD:B4:7D",
    (lldp.PORT_KIND, (0, 5, 1)): 5,
    (lldp.PORT, (0, 5, 1)): b"eth0",
}


@pytest.mark.parametrize(
    "local",
    [
        {(lldp.LOCAL_KIND, (5,)): 5, (lldp.LOCAL_ID, (5,)): b"xe-0/0/1"},  # its name
        {(lldp.LOCAL_KIND, (5,)): 7, (lldp.LOCAL_ID, (5,)): b"518"},  # its ifIndex, as Juniper has it
        {(lldp.LOCAL_KIND, (5,)): 1, (lldp.LOCAL_ID, (5,)): b"to the core"},  # its alias
        {(lldp.LOCAL_KIND, (5,)): 3, (lldp.LOCAL_ID, (5,)): bytes.fromhex("28a24b41a1e3")},  # its MAC address
        {(lldp.LOCAL_ID, (5,)): bytes.fromhex("28a24b41a1e3")},  # the same without its kind
        {
            (lldp.LOCAL_KIND, (5,)): 7,
            (lldp.LOCAL_ID, (5,)): b"five",
            (lldp.LOCAL_DESCRIPTION, (5,)): b"xe-0/0/1",
        },
        {(BASE_PORTS, (5,)): 518},  # the bridge's number
    ],
    ids=["name", "ifIndex", "alias", "MAC", "unknown kind", "description", "bridge"],
)
def test_a_local_port_is_found_by_what_the_vendor_tells_of_it(local: Cells) -> None:
    found = read(
        {
            **HEARD,
            **local,
            (interfaces.NAME, (518,)): b"xe-0/0/1",
            (interfaces.ALIAS, (518,)): b"to the core",
            (interfaces.MAC, (518,)): bytes.fromhex("28a24b41a1e3"),
            (interfaces.NAME, (519,)): b"xe-0/0/2",
        }
    )
    (one,) = found.neighbours
    assert (one.port, one.index) == ("xe-0/0/1", 518)
    assert one.chassis == Identifier("mac", "48:a9:8a:bd:b4:7d", b"48:A9:8A:BD:B4:7D".hex())


def test_a_local_port_that_no_table_knows_keeps_the_name_it_has() -> None:
    (one,) = read({**HEARD, (lldp.LOCAL_ID, (5,)): b"swp5"}).neighbours
    assert (one.port, one.index) == ("swp5", None)


def test_management_addresses() -> None:
    key = (0, 5, 1)
    cells: dict[tuple[Object, tuple[int, ...]], Value] = {
        **HEARD,
        (lldp.MANAGEMENT, (*key, 6, 6, 0, 10, 247, 236, 209, 97)): 2,
        (lldp.MANAGEMENT, (*key, 1, 4, 172, 20, 5, 87)): 2,
        (lldp.MANAGEMENT, (*key, 1, 10, 0, 0, 1)): 2,  # without the length
        (lldp.MANAGEMENT, (*key, 1, 4, 0, 0, 0, 0)): 2,
        (lldp.MANAGEMENT, (*key, 2, 16, *bytes(15), 1)): 2,
        (lldp.MANAGEMENT, (*key, 1, 4, 300, 0, 0, 1)): 2,
    }
    found = read(cells)
    assert set(found.neighbours[0].management) == {"172.20.5.87", "10.0.0.1", "::1", "00:0a:f7:ec:d1:61"}
    assert found.neighbours[0].management[-1] == "00:0a:f7:ec:d1:61"
    assert [remark.what for remark in found.remarks] == ["its index is no address"]


def test_a_neighbour_that_is_not_whole_is_remarked() -> None:
    found = read(
        {
            **HEARD,
            (lldp.CHASSIS, (0, 6, 1)): b"somebody",
            (lldp.CHASSIS, (9,)): b"somebody",
            (lldp.PORT, (9,)): b"somewhere",
        }
    )
    assert len(found.neighbours) == 1
    assert {remark.where for remark in found.remarks} == {"lldpRemEntry.0.6.1", "lldpRemEntry.9"}


def test_two_neighbours_on_one_port_are_two() -> None:
    other: dict[tuple[Object, tuple[int, ...]], Value] = {
        (of, (0, 5, 2)): value for (of, _), value in HEARD.items()
    }
    assert len(read({**HEARD, **other}).neighbours) == 2


def test_the_switchs_own_id() -> None:
    found = read({(system.CHASSIS_KIND, (0,)): 4, (system.CHASSIS, (0,)): bytes.fromhex("f872eae009bc")})
    assert found.system.chassis == Identifier("mac", "f8:72:ea:e0:09:bc", "f872eae009bc")


# -- VLANs


@pytest.mark.parametrize(
    ("said", "text", "numbers"),
    [
        (b"\x80\x01", False, (1, 16)),
        (b"", False, ()),
        (b"\x00\x00", False, ()),
        (b"0,4097,4099", False, (4097, 4099)),
        (b"4102", True, (4102,)),
        (b"0", True, ()),
        (b"0", False, (3, 4)),
        (b"ff 00 80", False, (*range(1, 9), 17)),
        (b"17", False, (3, 4, 8, 11, 12, 14, 15, 16)),
    ],
)
def test_a_list_of_ports(said: bytes, text: bool, numbers: Sequence[int]) -> None:  # noqa: FBT001
    assert portlists.members(said, text=text) == tuple(numbers)


def test_vlans_are_those_of_now_and_else_those_that_are_configured() -> None:
    found = read(
        {
            **named(b"a", b"b", b"c"),
            (vlans.NAME, (10,)): b"Data",
            (vlans.STATIC, (10,)): b"\xe0",
            (vlans.STATIC_UNTAGGED, (10,)): b"\xe0",
            (vlans.CURRENT, (0, 10)): b"\xc0",
            (vlans.CURRENT_UNTAGGED, (0, 10)): b"\x80",
            (vlans.NAME, (20,)): b"",
            (vlans.STATIC, (20,)): b"\x30",
            (vlans.CURRENT, (77, 30)): b"\x20",
            (vlans.NAME, (5000,)): b"no such thing",
        }
    )
    assert found.vlans == (
        Vlan(10, "Data", ("a",), ("b",)),
        Vlan(20, None, (), ("c",)),
        Vlan(30, None, (), ("c",)),
    )
    assert {remark.what for remark in found.remarks} == {
        "it has ports that the bridge does not number",  # the fourth bit of VLAN 20
        "no VLAN has such a number",
    }


def test_of_several_time_marks_the_last_one_counts() -> None:
    found = read(
        {**named(b"a", b"b"), (vlans.CURRENT, (5, 10)): b"\x80", (vlans.CURRENT, (900, 10)): b"\x40"}
    )
    assert found.vlans == (Vlan(10, None, (), ("b",)),)


def test_a_bridge_that_counts_from_0_is_one_behind() -> None:
    found = read(
        {
            (interfaces.NAME, (1,)): b"Eth1/1",
            (interfaces.NAME, (2,)): b"Eth1/2",
            (BASE_PORTS, (0,)): 1,
            (BASE_PORTS, (1,)): 2,
            (vlans.CURRENT, (0, 10)): b"c0 00",
            (vlans.CURRENT_UNTAGGED, (0, 10)): b"0",
        }
    )
    assert found.vlans == (Vlan(10, None, (), ("Eth1/1", "Eth1/2")),)


def test_vlans_of_cisco() -> None:
    carried = bytearray(128)
    carried[1] |= 0x20  # VLAN 10
    found = read(
        {
            (interfaces.NAME, (101,)): b"Gi1/0/1",
            (interfaces.NAME, (102,)): b"Gi1/0/2",
            (interfaces.NAME, (103,)): b"Gi1/0/3",
            (cisco.STATE, (1, 1)): 1,
            (cisco.NAME, (1, 1)): b"default",
            (cisco.STATE, (1, 10)): 1,
            (cisco.NAME, (1, 10)): b"Data",
            (cisco.KIND, (1, 1002)): 2,
            (cisco.NAME, (1, 1002)): b"fddi-default",
            (cisco.ACCESS, (101,)): 10,
            (cisco.NATIVE, (101,)): 1,
            (cisco.NATIVE, (102,)): 1,
            (cisco.TRUNK, (102,)): 1,
            (cisco.ENABLED, (102,)): bytes(carried),
            (cisco.NATIVE, (103,)): 1,
        }
    )
    assert found.vlans == (
        Vlan(1, "default", ("Gi1/0/2", "Gi1/0/3"), ()),
        Vlan(10, "Data", ("Gi1/0/1",), ("Gi1/0/2",)),
    )


def test_names_of_junipers_vlans() -> None:
    found = read(
        {
            **named(b"xe-0/0/0"),
            (vlans.STATIC, (23,)): b"0,1",
            (juniper.NAME, (4,)): b"noc-mgmt",
            (juniper.TAG, (4,)): 23,
            (juniper.NAME, (5,)): b"spare",
            (juniper.TAG, (5,)): 24,
        }
    )
    assert found.vlans == (Vlan(23, "noc-mgmt", (), ("xe-0/0/0",)), Vlan(24, "spare"))


# -- addresses

MAC = (0, 27, 33, 187, 230, 240)
TEXT = "00:1b:21:bb:e6:f0"


def test_the_forwarding_table_by_vlan() -> None:
    found = read(
        {
            **named(b"a", b"b"),
            (vlans.FDB, (0, 10)): 1,
            (addresses.PORT, (1, *MAC)): 2,
            (addresses.STATUS, (1, *MAC)): 3,
            (addresses.PORT, (1, 6, *MAC[:5], 1)): 1,  # with the address's length before it
            (addresses.STATUS, (1, 6, *MAC[:5], 1)): 4,
            (addresses.PORT, (1, *MAC[:5], 2)): 0,
            (addresses.PORT, (1, *MAC[:5], 3)): 99,
            (addresses.PORT, (1, 2, 3)): 1,
            (addresses.PLAIN_PORT, MAC): 1,
        }
    )
    assert set(found.addresses) == {
        Address(TEXT, "b", 10),
        Address("00:1b:21:bb:e6:01", "a", 10, learned=False),
    }
    assert len(found.remarks) == 2


def test_the_forwarding_table_of_a_bridge_without_vlans() -> None:
    found = read(
        {**named(b"a"), (addresses.PLAIN_PORT, (6, *MAC)): 1, (addresses.PLAIN_STATUS, (6, *MAC)): 2}
    )
    assert found.addresses == ()
    assert read({**named(b"a"), (addresses.PLAIN_PORT, MAC): 1}).addresses == (Address(TEXT, "a"),)


def test_a_table_whose_numbers_are_one_ahead_of_the_bridges() -> None:
    cells: dict[tuple[Object, tuple[int, ...]], Value] = {}
    for number in (101, 103, 105):
        cells[BASE_PORTS, (number,)] = number
        cells[interfaces.NAME, (number,)] = b"Po%d" % number
        cells[addresses.PORT, (1, *MAC[:5], number)] = number + 1
    assert [one.port for one in read(cells).addresses] == ["Po101", "Po103", "Po105"]


# -- components, sensors, power


def test_components() -> None:
    found = read(
        {
            (entity.KIND, (1,)): 3,
            (entity.NAME, (1,)): b"chassis 1",
            (entity.SERIAL, (1,)): b"TW0CCN8D ",
            (entity.INSIDE, (1,)): 0,
            (entity.KIND, (2,)): 99,
            (entity.INSIDE, (2,)): 1,
        }
    )
    assert found.components == (
        Component(1, "chassis", "chassis 1", serial="TW0CCN8D"),
        Component(2, "unknown", inside=1),
    )


@pytest.mark.parametrize(
    ("kind", "scale", "digits", "said", "sensor"),
    [
        (8, 9, 3, 34562, Sensor("x", "temperature", 34.562, "Cel", ok=True)),
        (4, 8, 0, 11980, Sensor("x", "voltage", 11.98, "V", ok=True)),
        (6, 10, 0, 2, Sensor("x", "power", 2000.0, "W", ok=True)),
        (8, 9, 0, -40, Sensor("x", "temperature", -40.0, "Cel", ok=True)),
        (10, None, None, 5400, Sensor("x", "fan", 5400.0, "RPM", ok=True)),
        (8, 9, 0, 1_000_000_000, Sensor("x", "temperature", None, "Cel", ok=True)),
        (8, 99, 0, 5, Sensor("x", "temperature", None, "Cel", ok=True)),
        (77, 9, 0, 5, Sensor("x", "unknown", 5.0, "", ok=True)),
    ],
)
def test_a_sensor(kind: int, scale: int | None, digits: int | None, said: int, sensor: Sensor) -> None:
    told = zip(sensors.OBJECTS, (kind, scale, digits, said, 1), strict=True)
    found = read({(entity.NAME, (4,)): b"x", **{(of, (4,)): value for of, value in told}})
    assert found.sensors == (sensor,)


def test_a_sensor_that_does_not_work_has_no_value() -> None:
    told = zip(sensors.OBJECTS, (8, 9, 0, 25, 3), strict=True)
    (found,) = read({(of, (4,)): value for of, value in told}).sensors
    assert found == Sensor("sensor 4", "temperature", None, "Cel", ok=False)


def test_power_that_ports_give() -> None:
    found = read(
        {
            **named(b"1", b"2"),
            (poe.ENABLED, (1, 1)): 1,
            (poe.DETECTION, (1, 1)): 3,
            (poe.CLASS, (1, 1)): 5,
            (poe.CONSUMED, (1, 1)): 6300,
            (poe.ENABLED, (1, 2)): 2,
            (poe.DETECTION, (1, 2)): 1,
            (poe.ENABLED, (4, 1)): 1,
        }
    )
    assert found.poe == (
        Poe("1", True, True, "class 4", 6.3),
        Poe("2", False, False),
        Poe("4/1", True, False),
    )


def test_power_of_a_stacks_port_is_the_ports_of_that_unit() -> None:
    found = read({**named(b"Gi1/0/2", b"Gi2/0/2"), (poe.ENABLED, (2, 2)): 1})
    assert found.poe == (Poe("Gi2/0/2", True, False),)
