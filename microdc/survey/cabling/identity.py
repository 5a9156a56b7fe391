"""Who a neighbour of LLDP or CDP is, and which of its ports it speaks from. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from microdc.survey.cabling.known import Known, plain_name
from microdc.survey.cabling.model import BMC, End
from microdc.survey.cabling.names import comparable, find
from microdc.switch.model import Identifier, Neighbour

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


@dataclass(frozen=True, slots=True)
class Identity:
    """end: None for no device of ours; its port is "" where only the device is known. told: in words; by: over which protocol. doubt: why it is not clearer, "" else.

    macs: the addresses that it gave for its port and itself.
    """

    end: End | None
    told: str
    by: Literal["LLDP", "CDP"]
    doubt: str = ""
    macs: frozenset[str] = frozenset()


def identify(neighbour: Neighbour, known: Known) -> Identity:
    """By the address of its port, its chassis id, its management address, its name; the first that says one device decides."""
    told, macs = words(neighbour), frozenset(_macs(neighbour))
    claims = list(_claims(neighbour, known))
    settled = [devices for devices in claims if len(devices) == 1]
    if not settled:
        narrowed = frozenset.intersection(*claims) if claims else frozenset()
        if len(narrowed) == 1:
            settled = [narrowed]
    if not settled:
        doubt = f"it may be {' or '.join(sorted(claims[0]))}, which nothing tells apart" if claims else ""
        return Identity(None, told, neighbour.protocol, doubt, macs)
    device = next(iter(settled[0]))
    others = sorted({name for devices in claims for name in devices if device not in devices})
    doubt = f"something in what it tells says {', '.join(others)}" if others else ""
    port, text = _port(device, neighbour, known), _text(neighbour.remote_port)
    if known.expected.kinds[device] == "switch" and not port and text and not doubt:
        doubt = f"it calls its port {text}, which is not clearly one of {device}'s"
    return Identity(End(device, port), told, neighbour.protocol, doubt, macs)


def words(neighbour: Neighbour) -> str:
    """A neighbour as a person reads it: its name where it has one, its chassis id, its port."""
    chassis, port = neighbour.chassis.text, neighbour.remote_port.text
    name = f"{neighbour.system} ({chassis})" if neighbour.system and neighbour.system != chassis else chassis
    described = neighbour.port_description
    shown = f"{port} ({described})" if described and described != port else port
    return f"{name or 'a neighbour without an id'}, port {shown}" if shown else name


def mac_of(identifier: Identifier) -> str:
    """The MAC address that an id is, under whatever kind it was sent; "" for another id."""
    text = identifier.text.lower()
    return text if _MAC.fullmatch(text) else ""


def _macs(neighbour: Neighbour) -> Iterator[str]:
    for identifier in (neighbour.remote_port, neighbour.chassis):
        if mac := mac_of(identifier):
            yield mac


def _claims(neighbour: Neighbour, known: Known) -> Iterator[frozenset[str]]:
    """The devices that each thing it tells may mean, what is most surely its own first."""
    port, chassis = mac_of(neighbour.remote_port), neighbour.chassis
    if port:
        yield from _some(frozenset(end.device for end in known.macs.get(port, ())))
    yield from _some(known.chassis.get((chassis.kind, chassis.text), frozenset()))
    if mac := mac_of(chassis):
        yield from _some(frozenset(end.device for end in known.macs.get(mac, ())))
    addresses = [*neighbour.management, *([chassis.text] if chassis.kind == "address" else [])]
    yield from _some(
        frozenset(
            known.expected.addresses[one].device for one in addresses if one in known.expected.addresses
        )
    )
    for name in (neighbour.system, chassis.text if chassis.kind != "address" else None):
        if name and plain_name(name):
            called = known.names.get(plain_name(name), frozenset())
            yield from _some(frozenset(one for one in called if not _another(chassis, one, known)))


def _another(chassis: Identifier, device: str, known: Known) -> bool:
    """Whether a chassis id cannot be a switch's that told its own: a name that many devices have from the factory is then no proof."""
    own = known.seen[device].system.chassis if device in known.seen else None
    return own is not None and own.kind == chassis.kind and own.text != chassis.text


def _some(devices: frozenset[str]) -> Iterator[frozenset[str]]:
    if devices:
        yield devices


def _port(device: str, neighbour: Neighbour, known: Known) -> str:
    if known.expected.kinds[device] == "switch":
        return _switch_port(device, neighbour, known)
    if known.expected.kinds[device] == "server":
        return _server_port(device, neighbour, known)
    return _named(neighbour)


def _named(neighbour: Neighbour) -> str:
    """A port's name as told; "" where only an address or a number of the agent's own is."""
    if neighbour.remote_port.kind in {"port", "name", "alias"}:
        return neighbour.remote_port.text
    return neighbour.port_description or ""


def _server_port(device: str, neighbour: Neighbour, known: Known) -> str:
    """By its address, or by the name that its system gives it. Another system on it may call its ports otherwise: such a name says nothing."""
    nics = known.expected.nics.get(device, ())
    mac = mac_of(neighbour.remote_port)
    if mac:
        end = known.by_mac(mac)
        if end is not None and end.device == device and end.port:
            return end.port
    for name in (neighbour.remote_port.text, neighbour.port_description or ""):
        match = [nic for nic in nics if nic.casefold() == name.strip().casefold()]
        if match:
            return match[0]
    if any(known.expected.addresses.get(address) == End(device, BMC) for address in neighbour.management):
        return BMC
    hosts = [nic for nic in nics if nic != BMC]
    if mac and hosts and all(End(device, nic) in known.expected.macs for nic in hosts):
        return mac
    return ""


def _switch_port(device: str, neighbour: Neighbour, known: Known) -> str:
    """The port as the switch itself calls it where that was read, else as the inventory does."""
    ports = known.ports[device]
    identifier, description = neighbour.remote_port, neighbour.port_description
    if device in known.seen:
        for found in (
            _matches(device, identifier, known),
            [port.name for port in find(description, ports)] if description else [],
            [port.name for port in ports if description and port.alias == description],
        ):
            if len(found) == 1:
                return found[0]
        return ""
    for text in filter(None, (_text(identifier), description)):
        found = [port.name for port in find(text, ports)]
        if len(found) == 1:
            return found[0]
    told = _text(identifier)
    return told if told and ports and all(comparable(told, port.name) for port in ports) else ""


def _text(identifier: Identifier) -> str:
    return identifier.text if identifier.kind in {"port", "name", "alias"} else ""


def _matches(device: str, identifier: Identifier, known: Known) -> list[str]:
    ports = known.ports[device]
    if mac := mac_of(identifier):
        return [port.name for port in ports if port.mac == mac]
    if identifier.kind == "alias":
        aliased = [port.name for port in ports if port.alias == identifier.text]
        return aliased or [port.name for port in find(identifier.text, ports)]
    if identifier.kind == "local" and identifier.text.isdecimal():
        numbered = [port.name for port in ports if str(port.index) == identifier.text]
        return numbered or [port.name for port in find(identifier.text, ports)]
    return [port.name for port in find(identifier.text, ports)]
