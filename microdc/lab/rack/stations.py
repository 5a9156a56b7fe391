"""Where a lab's boot services run: in the namespace of each site whose inventory says how its nodes are deployed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from microdc.errors import InputError
from microdc.lab import names
from microdc.lab.ports import BRIDGE, IpAddress
from microdc.testbed.model import Site, Testbed

_FIRST = 2
"""Of the network: .1 is the gateway's."""


@dataclass(frozen=True, slots=True)
class StationPlan:
    """The boot services of a site. address: on the site's bridge."""

    site: str
    namespace: str
    address: IPv4Interface
    interface: str = BRIDGE


def stations(testbed: Testbed, lab: str, taken: Collection[IpAddress]) -> tuple[StationPlan, ...]:
    """One for each site with `deploy`. taken: the addresses of the lab's hosts.

    Raises InputError where a network has no room, or a node's address is one of the lab's own.
    """
    return tuple(
        _station(testbed, site, lab, set(taken)) for site in testbed.sites.values() if site.deploy is not None
    )


def _station(testbed: Testbed, site: Site, lab: str, taken: set[IpAddress]) -> StationPlan:
    assert site.deploy is not None
    name = site.deploy.network
    where = testbed.where("sites", site.name, "deploy")
    network = next(
        (
            net
            for net in site.networks.get(name, ())
            if isinstance(net, IPv4Network) and net.num_addresses > 4
        ),
        None,
    )
    if network is None:
        raise InputError(
            f"{site.name} has no IPv4 network {name!r} in which nodes could boot", where=str(where)
        )
    for server, wanted in _nodes(site):
        if wanted in taken:
            place = testbed.where(
                "sites", site.name, "racks", server[0], "servers", server[1], "deploy", "address"
            )
            hint = "in a lab the first addresses of a network are its hosts' (from .11 on): give the node another"
            raise InputError(f"{wanted} is the address of a host of the lab", where=str(place), hint=hint)
    declared = IPv4Address(site.deploy.address) if site.deploy.address else None
    used = taken | {address for _, address in _nodes(site)} | {network[1]}
    address = declared or next((one for one in _candidates(network) if one not in used), None)
    if address is None:
        raise InputError(
            f"no address is left in {network} for the boot services of {site.name}", where=str(where)
        )
    namespace = names.namespace(lab, site.name)
    return StationPlan(site.name, namespace, IPv4Interface(f"{address}/{network.prefixlen}"))


def _candidates(network: IPv4Network) -> Iterator[IPv4Address]:
    return (network[number] for number in range(_FIRST, min(network.num_addresses - 1, 250)))


def _nodes(site: Site) -> Iterator[tuple[tuple[str, str], IPv4Address]]:
    """(Rack, server) and address of each node of the site that has one."""
    for rack in site.racks.values():
        for server in rack.servers.values():
            if server.deploy and server.deploy.address:
                yield (rack.name, server.name), server.deploy.address.ip
