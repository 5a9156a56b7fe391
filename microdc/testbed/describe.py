"""One part of a testbed as plain values under the words of its document, what it does not have left out. Pure."""

from __future__ import annotations

from typing import Any

from microdc.testbed.describe_nodes import deploy, node
from microdc.testbed.describe_reach import given, reach, reached
from microdc.testbed.model import (
    Bmc,
    Emulator,
    Expected,
    Nic,
    PairWan,
    Pdu,
    Rack,
    Server,
    Site,
    Switch,
    Testbed,
)
from microdc.testbed.selectors import Item
from microdc.units import format_memory


def describe(testbed: Testbed, item: Item) -> dict[str, Any]:
    """Kind, path, the part's own values, and where it is described. Secrets are references."""
    match item.part:
        case Site() as site:
            values = _site(testbed, site)
        case Rack() as rack:
            values = _rack(rack)
        case Server() as server:
            values = _server(server)
        case Switch() as switch:
            values = _switch(switch)
        case Pdu() as pdu:
            values = _pdu(pdu)
        case Emulator() as emulator:
            values = _emulator(testbed, emulator)
    where = testbed.where(*_document_path(item))
    return {"path": item.path, "kind": item.kind, **given(values), "described": str(where)}


def _document_path(item: Item) -> tuple[str, ...]:
    if item.kind == "emulator":
        return ("emulators", item.name)
    site, *rest = item.path.split("/")
    groups = {"server": "servers", "switch": "switches", "pdu": "pdus"}
    keys = ["racks", rest[0]] if rest else []
    if len(rest) > 1:
        keys += [groups[item.kind], rest[1]]
    return ("sites", site, *keys)


def _site(testbed: Testbed, site: Site) -> dict[str, Any]:
    return {
        "title": site.title,
        "pop": site.pops[0] if site.pops else "",
        "pops": list(site.pops),
        "access": site.access,
        "uplink": f"{site.uplink.emulator}:{site.uplink.interface}" if site.uplink else "",
        "networks": {purpose: [str(net) for net in nets] for purpose, nets in site.networks.items()},
        "probe": reached(site.probe_reach),
        "probe_ip": site.probe_ip,
        "mtu": site.mtu,
        "labels": site.labels,
        "deploy": deploy(site.deploy) if site.deploy else None,
        "racks": {name: _rack(rack) for name, rack in site.racks.items()},
        "wan": {
            _other(pair, site.name): pair.origin for pair in testbed.pairs if site.name in {pair.a, pair.b}
        },
    }


def _other(pair: PairWan, site: str) -> str:
    return pair.b if pair.a == site else pair.a


def _rack(rack: Rack) -> dict[str, Any]:
    return given(
        {
            "height": rack.height,
            "switches": list(rack.switches),
            "servers": list(rack.servers),
            "pdus": list(rack.pdus),
            "cables": [f"{cable.a} - {cable.b} ({cable.kind})" for cable in rack.cables],
        }
    )


def _server(server: Server) -> dict[str, Any]:
    return {
        "role": server.role,
        "unit": server.unit,
        "height": server.height,
        "labels": server.labels,
        "bmc": _bmc(server.bmc) if server.bmc else None,
        "nics": {name: _nic(nic) for name, nic in server.nics.items()},
        "hardware": _expected(server.hardware) if server.hardware else None,
        "edge": {"interface": server.edge.interface, **reach(server.edge.reach)} if server.edge else None,
        "deploy": node(server.deploy) if server.deploy else None,
    }


def _bmc(bmc: Bmc) -> dict[str, Any]:
    return given(
        {
            "redfish": bmc.redfish,
            "ipmi": bmc.ipmi,
            "credentials": bmc.credentials,
            "fingerprint": bmc.fingerprint,
            "ca": bmc.ca,
            "verify": None if bmc.verify else "no",
            "system": bmc.system,
            "via": bmc.via,
            "nic": _nic(bmc.nic) if bmc.nic else None,
        }
    )


def _nic(nic: Nic) -> dict[str, Any]:
    return given(
        {"mac": nic.mac, "switch": nic.switch, "port": nic.port, "vlan": nic.vlan, "label": nic.label}
    )


def _expected(hardware: Expected) -> dict[str, Any]:
    return given(
        {
            "manufacturer": hardware.manufacturer,
            "model": hardware.model,
            "serial": hardware.serial,
            "processors": hardware.processors,
            "memory": format_memory(hardware.memory) if hardware.memory else "",
            "modules": hardware.modules,
            "disks": hardware.disks,
            "power_supplies": hardware.power_supplies,
            "firmware": given({"bios": hardware.bios, "bmc": hardware.bmc}),
        }
    )


def _pdu(pdu: Pdu) -> dict[str, Any]:
    return {
        "unit": pdu.unit,
        "height": pdu.height,
        "management": pdu.management,
        "snmp": given({"version": pdu.snmp_version, "credentials": pdu.snmp_credentials}),
        "outlets": pdu.outlets,
        "via": pdu.via,
        "labels": pdu.labels,
    }


def _switch(switch: Switch) -> dict[str, Any]:
    return {
        "role": switch.role,
        "unit": switch.unit,
        "height": switch.height,
        "labels": switch.labels,
        "management": switch.management,
        "snmp": given({"version": switch.snmp_version, "credentials": switch.snmp_credentials}),
        "ssh": given(
            {
                "platform": switch.ssh_platform,
                "credentials": switch.ssh_credentials,
                "host_key": switch.ssh_host_key,
            }
        ),
        "via": switch.via,
    }


def _emulator(testbed: Testbed, emulator: Emulator) -> dict[str, Any]:
    uplinks = {
        site.uplink.interface: site.name
        for site in testbed.sites.values()
        if site.uplink and site.uplink.emulator == emulator.name
    }
    return {
        **reach(emulator.reach),
        "mtu": emulator.mtu,
        "interfaces": uplinks,
    }
