"""A real rack comes in whole: every device, every cable, every BMC, as its operators wrote them down.

What is expected is read here from the same files by other means: lines and regular expressions.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from microdc.cli import main
from microdc.errors import Exit
from microdc.testbed.load import load
from microdc.testbed.model import Rack, Server, Switch, Testbed

NAMES = "{site}-{role}-{rack}-u{unit}"
MISNAMED = (
    "st01-sw25g-r01-u36"  # the wiring table's word for st01-sw100g-r01-u36, which is what stands in unit 36
)
OPTIONS = ("--names", NAMES, "--rename", f"{MISNAMED}=st01-sw100g-r01-u36", "--kind", "S1-S48-MR=switch")
ENDLESS = 1
"""Rows with one end: the uplink of a system that was given back."""
BUNDLES = {
    frozenset({"st01-sw100g-r01-u36:Portchannel01", "st01-sw100g-r01-u37:Portchannel01"}),
    frozenset({"st01-sw1g-r01-u42:PortChannel02", "st01-sw100g-r01-u41:PortChannel02"}),
}
"""Rows of the wiring table that are no cables; their members have rows of their own."""

DIFFERENCES = {
    frozenset({"st01-sw10g-r01-u38:Ethernet64", "st01-sw100g-r01-u41:Ethernet64"}): "u38's table names u41, u39's names u38",
    frozenset({"st01-sw10g-r01-u38:Ethernet68", "st01-sw100g-r01-u41:Ethernet68"}): "u38's table names u41, u39's names u38",
    frozenset({"st01-sw100g-r01-u41:Ethernet96", "st01-sw1g-r01-u42:Ethernet56"}): "older table under Misc: 96 and 100 both in 56",
    frozenset({"st01-sw100g-r01-u41:Ethernet112", "st01-sw10g-r01-u39:Ethernet64"}): "older table under Misc: before 64 went to u38",
    frozenset({"st01-sw100g-r01-u41:Ethernet124", "st01-sw10g-r01-u38:Ethernet64"}): "older table under Misc: before 64 went to u39",
}  # fmt: skip
"""Where the wiring table says of a port something else than NetBox does, and why; the table says both."""

Ends = frozenset[str]


@pytest.fixture(scope="module")
def rack(reference_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rack")
    with tarfile.open(reference_data / "rack-scs" / "scs-hardware-landscape.tar.xz") as archive:
        archive.extractall(place, filter="data")
    return next(place.glob("**/documentation")).parent


def imported(place: Path, *argv: str) -> Testbed:
    assert main.call(["inventory", "import", *argv, "-O", str(place), "-q"]) == Exit.OK
    assert main.call(["validate", "-i", str(place)]) == Exit.OK
    return load(place)


@pytest.fixture(scope="module")
def testbed(rack: Path, tmp_path_factory: pytest.TempPathFactory) -> Testbed:
    tables = [part for name in ("Network", "Power") for part in ("--cables", str(table(rack, name)))]
    return imported(
        tmp_path_factory.mktemp("whole"), "netbox", str(landscape(rack)),
        "--host-vars", str(rack / "inventory" / "host_vars"), *tables, *OPTIONS,
    )  # fmt: skip


def landscape(rack: Path) -> Path:
    return rack / "netbox" / "bootstrap" / "landscape"


def table(rack: Path, name: str) -> Path:
    return rack / "documentation" / f"System_{name}_Wireing.md"


def rows(file: Path) -> Iterator[list[str]]:
    """The cells of every row with words in it, under no header."""
    for line in file.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if "|" in line and cells[0] not in {"Source", "Device"} and not cells[0].startswith("---"):
            yield cells


def name(text: str) -> str:
    return "st01-sw100g-r01-u36" if text == MISNAMED else text.lower()


def end(device: str, port: str) -> str:
    return f"{name(device)}:{'bmc' if port == 'MGMT' else port}"


def network_rows(rack: Path) -> list[Ends]:
    found = [row for row in rows(table(rack, "Network")) if len(row) >= 4 and row[1]]
    assert sum(not row[2] for row in found) == ENDLESS
    return [frozenset({end(*row[:2]), end(*row[2:4])}) for row in found if row[2]]


def power_rows(rack: Path) -> list[Ends]:
    found = []
    for device, psu, source in rows(table(rack, "Power")):
        outlet = device if psu == "-" else f"{device}-{psu}"
        found.append(frozenset({f"{device}:{'psu' if psu == '-' else psu}", f"{source.lower()}:{outlet}"}))
    return found


def netbox_cables(rack: Path) -> set[Ends]:
    text = (landscape(rack) / "21_cables.yml").read_text()
    ends = re.findall(r'device: "(\S+)"\s+interface: "(\S+)"', text)
    return {frozenset({end(*a), end(*b)}) for a, b in zip(ends[::2], ends[1::2], strict=True)}


def racks(testbed: Testbed) -> list[Rack]:
    return list(testbed.sites["st01"].racks.values())


def devices(testbed: Testbed) -> dict[str, Server | Switch]:
    found: dict[str, Server | Switch] = {}
    for rack in racks(testbed):
        found |= {**rack.servers, **rack.switches}
    return found


def cables(testbed: Testbed, *kinds: str) -> list[Ends]:
    """Every cable of the testbed by its two ends, wherever the documents say it."""
    found = [
        frozenset({cable.a, cable.b})
        for rack in racks(testbed)
        for cable in rack.cables
        if cable.kind in kinds
    ]
    for rack in racks(testbed) if "data" in kinds else ():
        for server in rack.servers.values():
            plugs = {**server.nics, **({"bmc": server.bmc.nic} if server.bmc and server.bmc.nic else {})}
            found += [
                frozenset({f"{server.name}:{key}", f"{nic.switch}:{nic.port}"})
                for key, nic in plugs.items()
                if nic.switch
            ]
    return found


def test_every_row_of_the_network_table_is_there_and_nothing_else(rack: Path, testbed: Testbed) -> None:
    told = network_rows(rack)
    assert len(told) == 136
    assert {ends for ends in told if any("channel" in one.lower() for one in ends)} == BUNDLES
    expected = (set(told) | netbox_cables(rack)) - BUNDLES
    found = cables(testbed, "data")
    assert set(found) == expected
    assert len(found) == len(expected), "a cable stands twice"


def test_every_row_of_the_power_table_is_there_and_nothing_else(rack: Path, testbed: Testbed) -> None:
    told = power_rows(rack)
    assert len(told) == 61
    found = cables(testbed, "power")
    assert sorted(map(sorted, found)) == sorted(map(sorted, told))


def test_labels_keep_what_the_tables_tell_of_a_cable(testbed: Testbed) -> None:
    servers = testbed.sites["st01"].racks["r01"].servers
    words = (
        "RJ45/1GBE, OSBA-DL-S7-L, Temp-Downlink-S7-OSBA, IPv4 DNAT/SNAT"  # of a row that starts without a bar
    )
    assert servers["st01-mgmt-r01-u31"].nics["eno2"].label == words
    assert servers["st01-comp-r01-u21"].nics["enP1p1s0f1np1"].label == "SFP+/25G"
    labels = {frozenset({cable.a, cable.b}): cable.label for one in racks(testbed) for cable in one.cables}
    assert (
        labels[frozenset({"st01-sw1g-r01-u32:Ethernet52", "st01-sw100g-r01-u37:Ethernet108"})]
        == "QSFP28/100G, SPINE-UPSTREAM2, DEACTIVATED"
    )


def variables(rack: Path) -> dict[str, dict[str, str]]:
    files = sorted((rack / "inventory" / "host_vars").glob("*/01_base.yml"))
    return {
        file.parent.name: dict(re.findall(r"^(\w+): *(\S+)$", file.read_text(), re.MULTILINE))
        for file in files
    }


def test_every_device_stands_in_its_unit_with_model_and_serial(rack: Path, testbed: Testbed) -> None:
    told, found = variables(rack), devices(testbed)
    assert len(told) == 33
    assert found.keys() - {"s1-s48-mr"} == told.keys()
    assert sum(isinstance(one, Server) for one in found.values()) == 21
    serials = {}
    for file in landscape(rack).glob("10_device_*.yml"):
        serials[file.stem.removeprefix("10_device_")] = re.findall(r'serial: "(\w+)"', file.read_text())[0]
    assert len(serials) == 5
    for host, values in told.items():
        one = found[host]
        assert (one.rack, one.unit, one.height) == ("r01", int(host[-2:]), 1)
        model = (
            (one.hardware.model if one.hardware else "") if isinstance(one, Server) else one.labels["model"]
        )
        # NetBox calls the models of its switches by the slugs of their types.
        assert model.upper().removeprefix("EDGECORE-").removesuffix("-AC-B") == values[
            "device_model"
        ].removesuffix("-AC-B")
        assert one.labels.get("serial-device", "") == values.get("serial_device", "")
        assert isinstance(one, Server) or one.labels.get("serial", "") == serials.get(host, "")
    assert testbed.sites["st01"].racks["r01"].height == 47


def test_every_bmc_and_management_port_has_its_address_and_mac(rack: Path, testbed: Testbed) -> None:
    found = devices(testbed)
    macs = set()
    for host, values in variables(rack).items():
        one = found[host]
        if isinstance(one, Server):
            assert one.bmc is not None
            assert one.bmc.nic is not None
            assert (one.bmc.redfish, one.bmc.nic.mac) == (
                f"https://{values['mgmt_address']}",
                values["mgmt_mac"],
            )
            assert (one.bmc.credentials, one.bmc.ipmi) == ("", "")
            assert one.labels["address"] == values["ansible_host"]
        else:
            assert (one.management, one.labels["mac"]) == (values["mgmt_address"], values["mgmt_mac"])
        macs.add(values["mgmt_mac"])
    assert len(macs) == 33


def test_networks_are_those_of_the_address_plan(testbed: Testbed) -> None:
    networks = {key: [str(net) for net in nets] for key, nets in testbed.sites["st01"].networks.items()}
    assert networks == {
        "vpn1": ["10.10.1.0/24"], "zone1": ["10.10.21.0/24"], "mgmt-p2p": ["10.10.22.0/24"], "mgmt": ["10.10.23.0/24"],
    }  # fmt: skip


def test_netbox_and_the_tables_agree_but_for_what_is_listed(rack: Path, tmp_path: Path) -> None:
    one = imported(tmp_path / "one", "netbox", str(landscape(rack)))
    other = imported(tmp_path / "other", "csv", str(table(rack, "Network")), "--site", "st01", *OPTIONS)
    netbox, tables = set(cables(one, "data")), set(cables(other, "data"))
    assert netbox == netbox_cables(rack)
    assert len(netbox) == 8
    assert netbox <= tables
    ports = {port for ends in netbox for port in ends}
    assert {ends for ends in tables - netbox if ends & ports} == set(DIFFERENCES)
    mine, theirs = devices(one), devices(other)
    assert mine.keys() <= theirs.keys()
    for key, device in mine.items():
        assert (device.rack, device.unit) == (theirs[key].rack, theirs[key].unit)
        assert isinstance(theirs[key], Switch)


def test_without_the_right_name_the_misnamed_device_is_kept_and_its_unit_told(
    rack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = [
        "inventory",
        "import",
        "csv",
        str(table(rack, "Network")),
        "--names",
        NAMES,
        "-O",
        str(tmp_path),
        "-v",
    ]
    assert main.call(argv) == Exit.OK
    err = capsys.readouterr().err
    assert f"36 of {MISNAMED}" in err
    assert load(tmp_path).sites["st01"].racks["r01"].switches[MISNAMED].unit is None
