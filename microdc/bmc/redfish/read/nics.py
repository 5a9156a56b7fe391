"""Network ports: as interfaces of the system and as ports of the adapters in its chassis, merged without losing or doubling one.

A port is known by no MAC: two ports of a Gigabyte H262 tell the same. So a port of an adapter is matched with at most one interface.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from microdc.bmc.model import FoundNic
from microdc.bmc.redfish.read import plain
from microdc.bmc.redfish.read.boards import name
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import plain as key
from microdc.bmc.redfish.read.members import members
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.status import absent, state

MEGA = 10**6
GIGA = 10**9
_UP = frozenset({"linkup", "up"})
_DOWN = frozenset({"linkdown", "down", "nolink"})


@dataclass(frozen=True, slots=True)
class _Port:
    """A port of an adapter. macs: all that it may answer to, its own first."""

    nic: FoundNic
    macs: tuple[str, ...]


def nics(reader: Reader, system: Doc | None, chassis: Sequence[Doc]) -> tuple[FoundNic, ...]:
    """All network ports of the server, interfaces first. Those of its BMC are none of them."""
    interfaces = [
        _interface(one) for one in members(reader, system.link("EthernetInterfaces") if system else None)
    ]
    ports = [port for one in _adapters(reader, system, chassis) for port in _ports(reader, one)]
    return distinct(_merged(interfaces, ports))


def distinct(found: Iterable[FoundNic]) -> tuple[FoundNic, ...]:
    """With the id beside a name that several have, such as `bond0`, which is what Linux calls both."""
    all_ = tuple(found)
    names = [one.name for one in all_]
    return tuple(
        replace(one, name=f"{one.name} ({key(one.where).rpartition('/')[2]})")
        if names.count(one.name) > 1
        else one
        for one in all_
    )


def _merged(interfaces: list[FoundNic], ports: list[_Port]) -> list[FoundNic]:
    left = list(ports)
    found = list(interfaces)
    matched: set[int] = set()
    for exactly in (True, False):
        for number, nic in enumerate(interfaces):
            port = None if number in matched else _match(nic, left, exactly=exactly)
            if port is not None:
                left.remove(port)
                matched.add(number)
                found[number] = _joined(nic, port.nic)
    return found + [port.nic for port in left]


def _match(nic: FoundNic, ports: list[_Port], *, exactly: bool) -> _Port | None:
    """exactly: by the port's own MAC; else by any that it answers to, as the ports of a bond answer to one."""
    if nic.mac is None:
        return None
    return next((port for port in ports if nic.mac in (port.macs[:1] if exactly else port.macs)), None)


def _joined(nic: FoundNic, port: FoundNic) -> FoundNic:
    return replace(
        nic,
        link=port.link if nic.link is None else nic.link,
        speed=port.speed if nic.speed is None else nic.speed,
        enabled=port.enabled if nic.enabled is None else nic.enabled,
    )


# -- interfaces of the system


def _interface(one: Doc) -> FoundNic:
    mac, told = _mac([one.word("PermanentMACAddress"), one.word("MACAddress")])
    return FoundNic(
        name=name(one, "Name"),
        mac=mac,
        link=_link(one.word("LinkStatus")),
        speed=_speed(one),
        enabled=_enabled(one, "InterfaceEnabled"),
        where=one.at,
        told=told,
    )


def _mac(words: Sequence[str]) -> tuple[str | None, str]:
    """The first that is a MAC; else what was told instead."""
    found = next((mac for word in words if (mac := plain.mac(word)) is not None), None)
    return found, "" if found else next((word for word in words if word), "")


def _link(word: str) -> bool | None:
    low = word.lower()
    return True if low in _UP else False if low in _DOWN else None


def _enabled(one: Doc, flag: str) -> bool | None:
    told = one.flag(flag)
    if told is not None:
        return told
    return {"enabled": True, "disabled": False}.get(state(one).lower())


def _speed(one: Doc) -> int | None:
    if (mega := one.some("SpeedMbps", "CurrentLinkSpeedMbps")) is not None:
        return mega * MEGA
    giga = one.number("CurrentSpeedGbps")
    return round(giga * GIGA) if giga and 0 < giga < MEGA else None


# -- ports of adapters


def _adapters(reader: Reader, system: Doc | None, chassis: Sequence[Doc]) -> Iterator[Doc]:
    """Those in the chassis; where these list none, those that the system's network interfaces name."""
    found = [
        one for doc in chassis for one in members(reader, doc.link("NetworkAdapters")) if not absent(one)
    ]
    if not found and system is not None:
        for interface in members(reader, system.link("NetworkInterfaces")):
            adapter = interface.part("Links").follow("NetworkAdapter")
            if adapter is not None and not absent(adapter):
                found.append(adapter)
    yield from {key(one.at): one for one in found}.values()


def _ports(reader: Reader, adapter: Doc) -> Iterator[_Port]:
    functions = list(members(reader, adapter.link("NetworkDeviceFunctions")))
    ports = list(members(reader, adapter.link("Ports") or adapter.link("NetworkPorts")))
    served = {key(port.at): [one for one in functions if key(port.at) in _assigned(one)] for port in ports}
    title = adapter.text("Model", "Name", "Id") or "adapter"
    for number, port in enumerate(ports, 1):
        yield _port(
            port, served[key(port.at)], f"{title} port {port.text('PortId', 'PhysicalPortNumber') or number}"
        )
    placed = {one.at for ones in served.values() for one in ones}
    for number, one in enumerate(functions, 1):
        ethernet = one.word("NetDevFuncType").lower() in {"ethernet", "", "infiniband"}
        if one.at not in placed and ethernet and not ports:
            yield _port(one, [one], f"{title} function {one.text('Id') or number}")


def _port(port: Doc, functions: list[Doc], called: str) -> _Port:
    words = [
        one.part("Ethernet").word(which)
        for which in ("PermanentMACAddress", "MACAddress")
        for one in functions
    ]
    listed = (
        *(port.part("Ethernet").words("AssociatedMACAddresses") or ()),
        *(port.words("AssociatedNetworkAddresses") or ()),
        *(one.part("InfiniBand").word("PermanentPortGUID") for one in functions),
    )
    mac, told = _mac([*words, *listed])
    macs = dict.fromkeys(found for word in (*words, *listed) if (found := plain.mac(word)) is not None)
    nic = FoundNic(
        name=called,
        mac=mac,
        link=_link(port.word("LinkStatus")),
        speed=_speed(port),
        enabled=_enabled(port, "InterfaceEnabled"),
        where=port.at,
        told=told,
    )
    return _Port(nic, tuple(macs))


def _assigned(function: Doc) -> set[str]:
    """The ports that a function works on."""
    links = function.part("Links")
    told = [
        links.link("PhysicalPortAssignment"),
        links.link("PhysicalNetworkPortAssignment"),
        function.link("PhysicalPortAssignment"),
        function.link("PhysicalNetworkPortAssignment"),
    ]
    one = next((path for path in told if path is not None), None)
    several = function.links("AssignablePhysicalNetworkPorts") or function.links("AssignablePhysicalPorts")
    return {key(one)} if one is not None else {key(path) for path in several[:1]}
