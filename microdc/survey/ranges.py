"""Which addresses may be looked at: those of the declared management networks, and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from microdc.errors import InputError
from microdc.testbed.model import Network, Server, Testbed
from microdc.testbed.servers import servers

MOST = 4096
"""Addresses that one look takes at most: a /20. A whole IPv6 /64 would take longer than the universe has."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address to look at. server: whose BMC it is declared to be, "" for nobody's; via: the namespace from which it is reached."""

    address: Address
    site: str
    server: str = ""
    via: str = ""


def candidates(testbed: Testbed, sites: Sequence[str], only: Sequence[Network] = ()) -> list[Candidate]:
    """The addresses of the sites' `mgmt` networks, those of declared BMCs first.

    only: within these networks, which must lie within declared ones. Raises InputError for ranges that are not declared, and for too many
    addresses.
    """
    declared = {net: site for site in sites for net in testbed.sites[site].networks.get("mgmt", ())}
    for net in only:
        if not any(_within(net, whole) for whole in declared):
            known = ", ".join(map(str, declared)) or "none"
            hint = f"declared management networks: {known}; microdc looks at no other address"
            raise InputError(f"{net} is in no management network of these sites", hint=hint)
    ranges = [(net, next(declared[whole] for whole in declared if _within(net, whole))) for net in only]
    named = _named(testbed)
    found: dict[Address, Candidate] = {}
    for net, site in ranges or declared.items():
        if net.num_addresses > MOST and net.version == 6 and not only:
            continue  # only what is declared of it can be looked at
        if net.num_addresses > MOST:
            raise InputError(
                f"{net} has {net.num_addresses} addresses: {MOST} can be looked at in one go",
                where=str(testbed.where("sites", site, "networks", "mgmt")),
                hint="name a part of it with --range",
            )
        via = _via(testbed, site)
        for address in net.hosts():
            server = named.get(address)
            name, way = (server.name, server.bmc.via) if server and server.bmc else ("", via)
            found[address] = Candidate(address, site, name, way)
    for address, server in named.items():
        inside = not only or any(address in net for net in only)
        if server.site in sites and inside and server.bmc:
            found.setdefault(address, Candidate(address, server.site, server.name, server.bmc.via))
    return sorted(found.values(), key=lambda one: (not one.server, one.address.version, int(one.address)))


def _within(net: Network, whole: Network) -> bool:
    return net.version == whole.version and net.subnet_of(whole)  # type: ignore[arg-type]  # of one version


def _named(testbed: Testbed) -> dict[Address, Server]:
    """Declared BMCs by address. Host names are not asked for: a look at addresses must not depend on a name server."""
    found: dict[Address, Server] = {}
    for server in servers(testbed):
        for address in _addresses(server):
            found.setdefault(address, server)
    return found


def _addresses(server: Server) -> Iterator[Address]:
    bmc = server.bmc
    if bmc is None:
        return
    for host in (urlsplit(bmc.redfish).hostname or "", urlsplit(f"//{bmc.ipmi}").hostname or ""):
        try:
            yield ip_address(host)
        except ValueError:
            continue


def _via(testbed: Testbed, site: str) -> str:
    """The namespace from which the site's declared BMCs are reached, if that is one and the same."""
    ways = {server.bmc.via for server in servers(testbed) if server.site == site and server.bmc}
    return ways.pop() if len(ways) == 1 else ""
