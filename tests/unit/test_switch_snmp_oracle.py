"""Recorded walks of 20 devices, read as LibreNMS reads them: every row that differs has its reason here.

LibreNMS leaves out ports that are not present and ports without a name, takes for a neighbour only what tells a name or a description of itself, and derives
the VLANs of Cisco's ports from the spanning tree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import recorded_walk

from microdc.switch.model import SwitchState
from microdc.switch.snmp.ports import Ports, ports
from microdc.switch.snmp.state import state
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.views import ALL

DEVICES = (
    "arista_eos",
    "arubaos-cx",
    "comware_a5500",
    "cumulus_cumulus",
    "dell-sonic",
    "dnos_s4048",
    "drac_r640",
    "edgeswitch_10xp",
    "fs-switch-dc_n8560-48bc",
    "hpe-ilo_5_with_bat_checks",
    "ios_2960x",
    "junos_qfx5100",
    "junos_qfx5100-vcs-14.1x53-d40.8-1",
    "nxos_n3k-3064pq",
    "procurve",
    "procurve_131",
    "routeros_crs317",
    "supermicro-bmc_x11",
    "vyos",
    "xclarity_sr665",
)
Row = tuple[object, ...]
Rows = dict[Row, object]
"""What identifies a row, and what is said of it."""

_ABSENT = "ifOperStatus is notPresent: LibreNMS leaves such ports out"
_NAMELESS = "it has neither ifName nor ifDescr: LibreNMS leaves such ports out"
_SILENT = "it tells no name and no description of itself: LibreNMS makes no link of it"
_ZERO = "dot1dBasePort is counted from 0 there and the ports of a list from 1: LibreNMS loses the ports whose numbers leave the table"
_NOT_LISTED = "LibreNMS has left the port itself out, as not present"
_FIRST_ZERO = "the list of ports begins with 0, and LibreNMS drops such lists"
_ACCESS = "ports are in a VLAN that VTP does not list: LibreNMS goes by VTP alone"
_TREE = "LibreNMS goes by the spanning tree; which VLANs the trunk may carry was not recorded"

EXPLAINED: dict[tuple[str, str, Row], str] = {
    **{("arista_eos", "port", (index,)): _ABSENT for index in (*range(8, 43), 45, *range(49, 53))},
    ("arubaos-cx", "port", (268435456,)): _NAMELESS,
    **{
        ("dnos_s4048", "port", (index,)): _ABSENT
        for index in (10485761, 11534337, 12582913, 13631489, 14680065)
    },
    **{
        ("dnos_s4048", "port", (index,)): _NAMELESS
        for index in (1275593728, 1275595264, 1275595776, 1275596288, 1275596800, 1275597312)
    },
    **{("edgeswitch_10xp", "port", (index,)): _ABSENT for index in range(1001, 1008)},
    ("junos_qfx5100", "port", (4,)): "LibreNMS leaves Juniper's internal port lsi out by its name",
    **{
        ("arubaos-cx", "link", (f"1/1/{port}", "LLDP", mac, None)): _SILENT
        for port, mac in (
            (8, "0050d7126868"),
            (9, "0050d71263f0"),
            (43, "0050da41d5d1"),
            (44, "0050da41d585"),
            (45, "0050da41d5e9"),
            (46, "0050da41d589"),
            (47, "0050da41d55d"),
            (48, "0050da41d5c9"),
        )
    },
    **{
        ("dell-sonic", "link", (f"Eth1/{port}", "LLDP", mac, None)): _SILENT
        for port, mac in (
            (2, "cc483a905d71"),
            (4, "a02919b4aa17"),
            (7, "a02919d020b9"),
            (8, "ac91a17ab41a"),
            (9, "ac91a1818fd5"),
            (13, "a02919d02558"),
            (15, "ac1a3d4ff5c1"),
            (19, "7486e20a0c04"),
            (20, "0026fda054cf"),
            (21, "cc483a917490"),
            (22, "0026fda054b9"),
            (23, "cc483a900da6"),
            (30, "4cd7172337a7"),
            (32, "ac91a17ab5f6"),
            (33, "ac1a3daa550e"),
            (35, "4cd717c27c88"),
            (36, "3448edd12ea7"),
            (39, "acb4800971b1"),
            (46, "cc96e5d0fa89"),
            (47, "c45ab1e0c0f5"),
        )
    },
    ("procurve", "link", ("31", "LLDP", "3cecef764c88", None)): _SILENT,
    **{
        ("dell-sonic", "member", (vlan, port)): _ZERO
        for vlan in (1, 100, 200, 210, 220, 400, 500, 600, 700)
        for port in ("Eth1/53", "Eth1/54")
    },
    **{("edgeswitch_10xp", "member", (1, port)): _NOT_LISTED for port in ("LAG4", "LAG5")},
    **{
        ("junos_qfx5100", "member", (vlan, f"xe-0/0/{port}")): _FIRST_ZERO
        for vlan, members in ((23, (0, 1)), (4002, (0, 1, 3, 5)), (4004, (0, 1, 2)), (4005, (0, 1, 4)))
        for port in members
    },
    **{
        ("ios_2960x", "member", (1, f"Gi{port}")): _TREE
        for port in ("1/0/3", "1/0/4", "1/0/5", "3/0/3", "3/0/4")
    },
}
UNLISTED = dict.fromkeys((("ios_2960x", "vlan"), ("ios_2960x", "member")), _ACCESS)
"""The reason of all such rows that are of VLANs which LibreNMS does not list."""


@cache
def read(archive: Path, device: str) -> tuple[SwitchState, Ports, dict[str, Any]]:
    files = recorded_walk.files(archive)
    told = Told(recorded_walk.cells(files[f"{device}.snmprec"]))
    found = state(told, ALL)
    expected: dict[str, Any] = json.loads(files[f"{device}.expected.json"])
    return found, ports(told, found.ports), expected


def table(expected: dict[str, Any], module: str, name: str, phase: str = "discovery") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = expected.get(module, {}).get(phase, {}).get(name, [])
    return found


def bare(text: str) -> str:
    """As LibreNMS writes a MAC address of a port or not."""
    joined = "".join(letter for letter in text.lower() if letter not in ":-. ")
    mac = len(joined) == 12 and all(letter in "0123456789abcdef" for letter in joined)
    return joined if mac else text


def ours(found: SwitchState) -> dict[str, Rows]:
    names = {"not present": "notPresent", "lower layer down": "lowerLayerDown"}
    return {
        "port": {
            (port.index,): (
                port.name,
                port.speed,
                names.get(str(port.oper), port.oper),
                names.get(str(port.admin), port.admin),
            )
            for port in found.ports
        },
        "link": {
            (
                one.port,
                one.protocol,
                bare(one.remote_port.text),
                one.system or one.system_description,
            ): "heard"
            for one in found.neighbours
        },
        "vlan": {(vlan.id,): vlan.name for vlan in found.vlans},
        "member": {
            **{(vlan.id, port): "untagged" for vlan in found.vlans for port in vlan.untagged},
            **{(vlan.id, port): "tagged" for vlan in found.vlans for port in vlan.tagged},
        },
        "component": {
            (part.index,): (part.serial or "", part.model or "", part.firmware or "", part.software or "")
            for part in found.components
        },
    }


def theirs(found: SwitchState, place: Ports, expected: dict[str, Any]) -> dict[str, Rows]:
    return {
        "port": {
            (row["ifIndex"],): (row["ifName"], row["ifSpeed"], row["ifOperStatus"], row["ifAdminStatus"])
            for row in table(expected, "ports", "ports", "poller")
        },
        "link": {
            (row["ifName"], row["protocol"].upper(), remote_port(found, row), row["remote_hostname"]): "heard"
            for row in table(expected, "discovery-protocols", "links")
        },
        "vlan": {(row["vlan_vlan"],): row["vlan_name"] for row in table(expected, "vlans", "vlans")},
        "member": dict(members(found, place, table(expected, "vlans", "ports_vlans"))),
        "component": {
            (row["entPhysicalIndex"],): tuple(
                (row[name] or "").strip()
                for name in (
                    "entPhysicalSerialNum",
                    "entPhysicalModelName",
                    "entPhysicalFirmwareRev",
                    "entPhysicalSoftwareRev",
                )
            )
            for row in table(expected, "entity-physical", "entPhysical")
        },
    }


def remote_port(found: SwitchState, row: dict[str, Any]) -> str:
    """LibreNMS writes `port id (MAC address)`; where a chassis id is an interface's name, as VMware's is, it writes that and after it the port id."""
    first, _, last = row["remote_port"].removesuffix(")").partition(" (")
    chassis = {
        one.chassis.text
        for one in found.neighbours
        if one.port == row["ifName"] and one.chassis.kind == "name"
    }
    return bare(last if first in chassis else first)


def members(found: SwitchState, place: Ports, rows: list[dict[str, Any]]) -> Iterator[tuple[Row, object]]:
    """A port is told by the bridge's number. Several rows of one VLAN have 0, for ports that the bridge does not number: these stand for as many of them."""
    numbered = {place.name(index) for index in place.bridged.values()}
    for vlan in sorted({row["vlan"] for row in rows}):
        ports_of = [
            name for one in found.vlans if one.id == vlan for name in one.untagged if name not in numbered
        ]
        for row in (row for row in rows if row["vlan"] == vlan):
            index = place.of_bridge(row["baseport"])
            if row["baseport"]:
                name = place.name(index) if index is not None else f"#{row['baseport']}"
            else:
                name = ports_of.pop(0) if ports_of else "one that is not numbered"
            yield (vlan, name), "untagged" if row["untagged"] else "tagged"


def asked(expected: dict[str, Any], kind: str) -> bool:
    """Whether LibreNMS was asked for such rows of this device at all."""
    module = {"link": "discovery-protocols", "component": "entity-physical", "port": "ports"}.get(
        kind, "vlans"
    )
    return module in expected


def explained(device: str, kind: str, row: Row, listed: set[object]) -> bool:
    if (device, kind, row) in EXPLAINED:
        return True
    return (device, kind) in UNLISTED and row[0] not in listed


@pytest.fixture
def archive(reference_data: Path) -> Path:
    return reference_data / recorded_walk.ARCHIVE


def test_each_of_the_walks_is_here(archive: Path) -> None:
    names = {
        name.removesuffix(".snmprec") for name in recorded_walk.files(archive) if name.endswith(".snmprec")
    }
    assert names == set(DEVICES)


KINDS = ("port", "link", "vlan", "member")


@pytest.mark.parametrize("device", DEVICES)
def test_every_difference_is_explained(archive: Path, device: str) -> None:
    found, place, expected = read(archive, device)
    mine, other = ours(found), theirs(found, place, expected)
    wrong = []
    for kind in KINDS:
        if asked(expected, kind):
            listed = {row[0] for row in other["vlan"]}
            wrong += [
                (kind, row, mine[kind].get(row, "-"), other[kind].get(row, "-"))
                for row in mine[kind].keys() | other[kind].keys()
                if mine[kind].get(row, "-") != other[kind].get(row, "-")
                and not explained(device, kind, row, listed)
            ]
    assert wrong == []


def test_no_explanation_is_left_over(archive: Path) -> None:
    left = set(EXPLAINED)
    for device in DEVICES:
        found, place, expected = read(archive, device)
        mine, other = ours(found), theirs(found, place, expected)
        for kind in KINDS:
            for row in mine[kind].keys() | other[kind].keys():
                if mine[kind].get(row, "-") != other[kind].get(row, "-"):
                    left.discard((device, kind, row))
    assert left == set()


def test_nearly_all_rows_that_librenms_has_are_equal(archive: Path) -> None:
    rows = equal = 0
    for device in DEVICES:
        found, place, expected = read(archive, device)
        mine, other = ours(found), theirs(found, place, expected)
        for kind in KINDS:
            rows += len(other[kind])
            equal += sum(mine[kind].get(row, "-") == said for row, said in other[kind].items())
    assert rows > 1600
    assert equal / rows >= 0.99


@pytest.mark.parametrize("device", [one for one in DEVICES if one != "junos_qfx5100"])
def test_components_are_those_of_librenms(archive: Path, device: str) -> None:
    """But for Juniper's, which this device tells in a MIB of its own."""
    found, place, expected = read(archive, device)
    assert ours(found)["component"] == theirs(found, place, expected)["component"]


@pytest.mark.parametrize(
    "device", ["arubaos-cx", "cumulus_cumulus", "dell-sonic", "ios_2960x", "nxos_n3k-3064pq", "procurve"]
)
def test_sensors_of_librenms_are_found_with_their_values(archive: Path, device: str) -> None:
    """Not Arista's optical power, which it tells in watts and LibreNMS turns into dBm."""
    found, _, expected = read(archive, device)
    values = [sensor.value for sensor in found.sensors if sensor.value is not None]
    rows = [
        row
        for row in table(expected, "sensors", "sensors")
        if row["sensor_type"] in {"entity-sensor", "cisco-entity-sensor"}
    ]
    assert rows
    for row in rows:
        assert any(value == pytest.approx(row["sensor_current"], rel=1e-3, abs=6e-3) for value in values), row


def test_every_walk_has_an_owner_and_counters_that_fit_its_ports(archive: Path) -> None:
    for device in DEVICES:
        found, _, _ = read(archive, device)
        assert found.system.object_id or found.system.description, device
        if found.sample is not None:
            assert found.sample.counters.keys() <= {port.index for port in found.ports}
