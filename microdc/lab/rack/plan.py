"""The declared servers -> the machines and BMCs that stand in for them. Pure.

A BMC has the address that the inventory gives it, so that what the inventory says holds in the lab too. One that is named by a host name,
which no lab can give out, gets an address of the lab's own management network.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from microdc.errors import InputError
from microdc.lab import names
from microdc.lab.addresses import unfit
from microdc.lab.ports import BRIDGE, IpAddress, Port, mac_of
from microdc.lab.rack.naming import tap_of
from microdc.testbed.model import Bmc, Server, Site, Testbed
from microdc.testbed.servers import servers

MEMORY_MIB = 512
"""What a machine has: an installer's ramdisk runs in it, and ten of them on a laptop."""
MODULES = 2
"""Memory modules that a machine is said to have."""
MANUFACTURER, MODEL = "microdc", "Virtual Server"

_FIRST_OWN = 100
"""Of the lab's management network; the guests' addresses are below."""


@dataclass(frozen=True, slots=True)
class BmcPlan:
    """Where a machine's BMC answers. redfish, ipmi: TCP and UDP ports."""

    address: IpAddress
    redfish: int = 443
    ipmi: int = 623

    @property
    def url(self) -> str:
        port = "" if self.redfish == 443 else f":{self.redfish}"
        return f"https://{self.host}{port}"

    @property
    def host(self) -> str:
        return f"[{self.address}]" if isinstance(self.address, IPv6Address) else str(self.address)


@dataclass(frozen=True, slots=True)
class MachinePlan:
    """A machine that stands in for a server. ports: its taps, each with the NIC's name and MAC: in the site's bridge, or (without a `master` here) in a switch.

    memory: MiB.
    """

    name: str
    site: str
    namespace: str
    ports: tuple[tuple[str, str, Port], ...]
    bmc: BmcPlan
    serial: str
    uuid: str
    memory: int = MEMORY_MIB
    firmware: str = "bios"


def machines(
    testbed: Testbed,
    lab: str,
    management: IPv4Network,
    plugged: Mapping[tuple[str, str], Port] = MappingProxyType({}),
) -> tuple[MachinePlan, ...]:
    """One for each server with a BMC. plugged: (server, NIC) -> the port of a switch that its tap is.

    Raises InputError where two have one address, where one is none that a BMC can have, or names do not fit.
    """
    planned = []
    taken: dict[IpAddress, Server] = {}
    for number, server in enumerate(server for server in servers(testbed) if server.bmc):
        own = management[_FIRST_OWN + number] if _FIRST_OWN + number < management.num_addresses - 1 else None
        bmc = _bmc(testbed, server, own)
        if bmc.address != own and (why := unfit(bmc.address, management)):
            raise InputError(
                f"the BMC of {server.name} cannot be at {bmc.address} in a lab: {why}",
                where=_where(testbed, server),
                hint="give it an address of the site's management network, as it has in the rack",
            )
        twin = taken.setdefault(bmc.address, server)
        if twin is not server:
            raise InputError(
                f"{server.name} and {twin.name} have BMCs at {bmc.address}: in a lab every server has its own",
                where=_where(testbed, server),
            )
        planned.append(_machine(testbed.sites[server.site], server, lab, bmc, plugged))
    return tuple(planned)


def _machine(
    site: Site, server: Server, lab: str, bmc: BmcPlan, plugged: Mapping[tuple[str, str], Port]
) -> MachinePlan:
    namespace = names.namespace(lab, site.name)
    ports = tuple(
        (
            nic,
            mac,
            plugged.get((server.name, nic))
            or Port(namespace, tap_of(server.name, number), mac, site.mtu, master=BRIDGE),
        )
        for number, (nic, mac) in enumerate(_nics(server, lab))
    )
    digest = hashlib.sha256(f"{lab}/{server.name}".encode()).hexdigest()
    ident = str(uuid.UUID(digest[:32], version=4))
    serial = f"MDC{digest[:9].upper()}"
    mode = "uefi" if server.labels.get("firmware") == "uefi" else "bios"
    return MachinePlan(server.name, site.name, namespace, ports, bmc, serial, ident, firmware=mode)


def _nics(server: Server, lab: str) -> Iterator[tuple[str, str]]:
    """Name and MAC of each NIC; a server of which none is declared has one, or it could not boot from the network."""
    for nic in server.nics.values():
        yield nic.name, nic.mac or mac_of(lab, server.name, nic.name)
    if not server.nics:
        yield "eth0", mac_of(lab, server.name, "eth0")


def _bmc(testbed: Testbed, server: Server, own: IpAddress | None) -> BmcPlan:
    declared = server.bmc or Bmc()
    for text in (declared.redfish, f"//{declared.ipmi}"):
        parts = urlsplit(text)
        try:
            address = ip_address(parts.hostname or "")
        except ValueError:
            continue
        return BmcPlan(address, redfish=(parts.port or 443) if declared.redfish == text else 443)
    if own is None:
        what = f"no address is left in the lab's management network for the BMC of {server.name}"
        raise InputError(
            what, where=_where(testbed, server), hint="give its BMC an address instead of a name"
        )
    return BmcPlan(own)


def _where(testbed: Testbed, server: Server) -> str:
    return str(testbed.where("sites", server.site, "racks", server.rack, "servers", server.name, "bmc"))
