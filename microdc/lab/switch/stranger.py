"""A host that nobody declared, plugged into a port of a switch: it has a MAC address of its own and says over LLDP who it is."""

from __future__ import annotations

from microdc.host import namespaces
from microdc.lab import names
from microdc.lab.ports import mac_of
from microdc.lab.switch import neighbours, wiring
from microdc.lab.switch.files import Files
from microdc.lab.switch.model import Socket, SwitchPlan

NAME = "stranger"
NIC = "eth0"


def plug_in(lab: str, switch: SwitchPlan, socket: Socket) -> None:
    namespace = _namespace(lab, switch, socket)
    namespaces.create(namespace)
    wiring.plug_in_host(switch, socket, namespace, NIC, mac_of(namespace, NIC))
    files = Files.of(lab, switch.name)
    neighbours.start_stranger(files, namespace, f"{NAME}-{socket.number}", NIC)


def take_out(lab: str, switch: SwitchPlan, socket: Socket) -> None:
    wiring.remove(switch, socket)
    namespaces.delete(_namespace(lab, switch, socket))


def _namespace(lab: str, switch: SwitchPlan, socket: Socket) -> str:
    return names.namespace(lab, f"{switch.name}-{NAME}-{socket.number}")
