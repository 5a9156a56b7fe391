"""A switch of a lab as values: its ports, and the cables that end in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microdc.lab.ports import IpAddress
from microdc.lab.switch.naming import NATIVE

MANAGEMENT = "mgmt0"
UPLINK, BMC = "uplink", "bmc"
LINUX, FRR = "linux", "frr"
"""The command lines that a lab's switch can have, in the words of `ssh.platform`."""


@dataclass(frozen=True, slots=True)
class Cable:
    """What is plugged into a port. loose: the interface that its end is while it lies about in the site's namespace.

    kind: `server` (a machine's tap, whose NIC is `far`: server and NIC), `bmc` (its BMC's own port, of address `mac`), `switch` (to the port `far` of
    another one), `uplink` (to the site's bridge), or `other` (to a device that the lab does not have, so that there is no link). forwards: whether the port that it is in belongs to the bridge; the ends of one that would close a loop stay out, as spanning tree would have it.
    """

    kind: str
    loose: str
    far: tuple[str, str] = ("", "")
    mac: str = ""
    forwards: bool = True


@dataclass(frozen=True, slots=True)
class Socket:
    """A port of a switch. name: as the inventory declares it; interface: as Linux calls it; number: its place, from 1; index: ifIndex.

    cable: what belongs into it; vlan: that of untagged frames.
    """

    name: str
    interface: str
    number: int
    index: int
    mac: str
    cable: Cable
    vlan: int = NATIVE

    @property
    def is_trunk(self) -> bool:
        """Whether it carries the other VLANs as well: a port to another switch."""
        return self.cable.kind == "switch"


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """A switch. snmp: the version that its document asks for; mac: of the bridges and the management port; home: the site's namespace, where loose

    cables lie. vlans: those that it and the switches joined with it have. platform: what its command line is.
    """

    name: str
    site: str
    rack: str
    number: int
    namespace: str
    home: str
    address: IpAddress
    snmp: int
    mac: str
    serial: str
    mtu: int
    sockets: tuple[Socket, ...]
    vlans: tuple[int, ...] = (NATIVE,)
    platform: str = LINUX

    def strands(self, cable: Cable) -> tuple[int, ...]:
        """The VLANs for which a cable has a strand of its own."""
        carries = cable.kind == "switch" and cable.forwards
        return tuple(vlan for vlan in self.vlans if vlan != NATIVE) if carries else ()

    @property
    def by_name(self) -> Mapping[str, Socket]:
        return {socket.name: socket for socket in self.sockets}

    @property
    def odd(self) -> tuple[Socket, ...]:
        """Those whose names Linux cannot have, so that something has to tell the declared ones."""
        return tuple(socket for socket in self.sockets if socket.name != socket.interface)
