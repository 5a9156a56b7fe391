"""Which port is meant: by ifIndex, by a bridge's own number, or by a text that is one of its names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microdc.switch.model import Port
from microdc.switch.snmp.objects import Object
from microdc.switch.snmp.told import Told

BASE_PORTS = Object("dot1dBasePortIfIndex", (1, 3, 6, 1, 2, 1, 17, 1, 4, 1, 2))


@dataclass(frozen=True, slots=True)
class Ports:
    """names: by ifIndex; bridged: ifIndex by the bridge's number of a port; known: ifIndex by a text that only one port has."""

    names: Mapping[int, str]
    bridged: Mapping[int, int]
    known: Mapping[str, int]

    def name(self, index: int) -> str:
        """Of an ifIndex; its number where the port has no name."""
        return self.names.get(index, str(index))

    def of_bridge(self, number: int) -> int | None:
        """The ifIndex of a bridge's port (BRIDGE-MIB, dot1dBasePortIfIndex). An agent that tells no such table numbers them alike, as far as it can be seen."""
        if self.bridged:
            return self.bridged.get(number)
        return number if number in self.names else None


def ports(told: Told, listed: tuple[Port, ...]) -> Ports:
    """The ports that are listed, and how the bridge numbers them.

    A table that counts from 0, as that of Dell's SONiC does, is one behind all else that the same device says: the MIB has no port 0.
    """
    bridged = {}
    for index in told.column(BASE_PORTS):
        number = told.number(BASE_PORTS, index, least=1)
        if number is not None and len(index) == 1:
            bridged[index[0]] = number
    if 0 in bridged:
        bridged = {number + 1: index for number, index in bridged.items()}
    names = {port.index: port.name for port in listed}
    return Ports(names, bridged, _known(listed))


def _known(listed: tuple[Port, ...]) -> dict[str, int]:
    """Names count more than descriptions, these more than aliases, and these more than MAC addresses, which a stack's ports may share."""
    known: dict[str, int] = {}
    for texts in (
        [(port.name, port.index) for port in listed],
        [(port.description, port.index) for port in listed],
        [(port.alias, port.index) for port in listed],
        [(port.mac, port.index) for port in listed],
    ):
        count: dict[str, list[int]] = {}
        for text, index in texts:
            if text:
                count.setdefault(text, []).append(index)
        known |= {text: found[0] for text, found in count.items() if len(found) == 1 and text not in known}
    return known
