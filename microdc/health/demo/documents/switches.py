"""What is asked of a switch: health, ports, neighbours, MAC addresses, VLANs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from microdc.health.demo.building import Machine, SwitchBox
from microdc.health.demo.documents.frame import Document, of_switches
from microdc.health.demo.documents.hardware import hash_of
from microdc.health.demo.state import State
from microdc.health.demo.switches import observe, port_rows

_ETHERNET = 6
_VLANS = {True: ((1, "default"), (120, "bmc")), False: ((1, "default"), (20, "data"), (30, "boot"))}


def show(state: State, name: str, at: float) -> Document:
    """As `microdc switch show` prints it."""

    def told(box: SwitchBox) -> Document:
        reasons, _, facts = observe(box, at - state.begun, state.switch(box, at))
        return {
            "system": _system(state, box, facts["uptime"]),
            "findings": [
                {
                    "severity": "critical" if "heard where" in one.what else "warning",
                    "where": one.where,
                    "what": one.what,
                }
                for one in reasons
            ],
            "components": [_component(box)],
            "sensors": [
                {"name": "Temp Sensor 1", "kind": "celsius", "value": 41.0, "unit": "Cel", "ok": True},
                {"name": "Fan Tray 1", "kind": "rpm", "value": 9600.0, "unit": "RPM", "ok": True},
            ],
            "poe": [],
            "remarks": [],
        }

    return _asked(state, name, at, "SwitchShow", told)


def _system(state: State, box: SwitchBox, uptime: float) -> Document:
    system = "Cisco IOS Software, C2960X" if box.management else "Cumulus Linux 5.9.2, Mellanox SN2410"
    site = state.world.pops[box.device.site]
    return {
        "name": box.device.name,
        "description": system,
        "object_id": "1.3.6.1.4.1.9.1.1208" if box.management else "1.3.6.1.4.1.40310",
        "location": f"{site.title}, {box.device.rack}",
        "contact": "noc@lab.example",
        "uptime": uptime,
        "chassis": _identifier("mac", mac_of(box)),
    }


def _component(box: SwitchBox) -> Document:
    number = hash_of(box.device.name) % 10**6
    return {
        "index": 1,
        "kind": "chassis",
        "name": "chassis",
        "description": "switch",
        "model": "WS-C2960X-24TS-L" if box.management else "MSN2410-CB2F",
        "serial": f"MT{number:06d}",
        "hardware": "A1",
        "firmware": None,
        "software": "15.2(7)E8" if box.management else "5.9.2",
        "inside": None,
    }


def ports(state: State, name: str, at: float) -> Document:
    """As `microdc switch ports` prints it."""

    def told(box: SwitchBox) -> Document:
        rows = port_rows(box, at - state.begun, state.switch(box, at))
        found = [
            {
                "index": index,
                "name": row["name"],
                "description": row["name"],
                "alias": (row["far"] or "").partition(":")[0] or None,
                "mac": mac_of(box, index),
                "kind": _ETHERNET,
                "mtu": 1500 if box.management else 9216,
                "speed": row["speed"],
                "admin": row["admin"],
                "oper": row["oper"],
                "changed": 1200.0,
                "lag": None,
            }
            for index, row in enumerate(rows, 1)
        ]
        return {"ports": found, "remarks": []}

    return _asked(state, name, at, "SwitchPorts", told)


def neighbours(state: State, name: str, at: float) -> Document:
    """As `microdc switch neighbours` prints it."""

    def told(box: SwitchBox) -> Document:
        found = [
            _neighbour(box, number, machine.name, "eno1", _mac(machine, box))
            for number, machine in seated(state, box, at).items()
            if not box.management
        ]
        for port, far in box.uplinks:
            device, _, there = far.partition(":")
            found.append(_neighbour(box, box.ports.index(port) + 1, device, there, ""))
        return {"neighbours": found, "remarks": []}

    return _asked(state, name, at, "SwitchNeighbours", told)


def _neighbour(box: SwitchBox, number: int, system: str, port: str, mac: str) -> Document:
    return {
        "port": box.ports[number - 1],
        "chassis": _identifier("mac", mac) if mac else _identifier("local", system),
        "remote_port": _identifier("name", port),
        "index": number,
        "system": system,
        "system_description": None,
        "port_description": None,
        "management": [],
        "protocol": "LLDP",
        "platform": None,
    }


def macs(state: State, name: str, at: float) -> Document:
    """As `microdc switch macs` prints it."""

    def told(box: SwitchBox) -> Document:
        vlan = 120 if box.management else 20
        found = [
            {"mac": _mac(machine, box), "port": box.ports[number - 1], "vlan": vlan, "learned": True}
            for number, machine in seated(state, box, at).items()
        ]
        return {"addresses": found, "remarks": []}

    return _asked(state, name, at, "SwitchMacs", told)


def vlans(state: State, name: str, at: float) -> Document:
    """As `microdc switch vlans` prints it."""

    def told(box: SwitchBox) -> Document:
        used = [box.ports[number - 1] for number in box.wired]
        up = [port for port, _ in box.uplinks]
        rest = [port for port in box.ports if port not in used and port not in up]
        (first, first_name), *others = _VLANS[box.management]
        found = [_vlan(first, first_name, rest, [])]
        found += [_vlan(one, told, used if not place else [], up) for place, (one, told) in enumerate(others)]
        return {"vlans": found, "remarks": []}

    return _asked(state, name, at, "SwitchVlans", told)


def _vlan(ident: int, name: str, untagged: list[str], tagged: list[str]) -> Document:
    return {"id": ident, "name": name, "untagged": untagged, "tagged": tagged}


def seated(state: State, box: SwitchBox, at: float) -> dict[int, Machine]:
    """The servers by the number of the port where they really are; those that are off are not heard by the leaf."""
    mood = state.switch(box, at)
    found = {number: machine for number, machine in box.wired.items() if number not in mood.off}
    if mood.wrong:
        first, second = sorted(box.wired)[1:3]
        wired = box.wired
        found = {n: one for n, one in found.items() if n not in {first, second}}
        found |= {first: wired[second], second: wired[first]}
    return dict(sorted(found.items()))


def mac_of(box: SwitchBox, port: int = 0) -> str:
    """Of a switch, or of one of its ports."""
    number = hash_of(box.device.name) & 0xFFFF
    return f"1c:34:da:{number >> 8:02x}:{number & 0xFF:02x}:{port:02x}"


def _mac(machine: Machine, box: SwitchBox) -> str:
    """Of a server's NIC, or of its BMC at a switch for management."""
    return machine.macs[0] if not box.management else machine.macs[0].replace("52:54:01", "52:54:0b")


def _identifier(kind: str, text: str) -> Document:
    return {"kind": kind, "text": text, "told": text.encode().hex()}


def _asked(
    state: State, name: str, at: float, kind: str, told: Callable[[SwitchBox], dict[str, Any]]
) -> Document:
    return of_switches(
        kind,
        [(box, state.trouble(box.device.key, box.device.site, at) or told(box)) for box in state.boxes(name)],
    )
