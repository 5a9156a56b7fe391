"""From the inventory to what servers are to become. Pure; what has to hold between documents was checked when they were loaded."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from microdc.deploy.model import NodeSpec
from microdc.documents.model import DocumentError, Problem, Where
from microdc.testbed.bootnet import boot_network, gateway_of, in_network
from microdc.testbed.model import Nic, Server, Site, Testbed
from microdc.testbed.nodes import Deploy


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """The boot services of a site, and what all its nodes share.

    where: the place of its `deploy` in the documents. network: that nodes boot from. gateway: None where nodes have no way out of it.
    """

    name: str
    where: str
    deploy: Deploy
    network: IPv4Network
    gateway: IPv4Address | None = None


def site_spec(testbed: Testbed, site: Site) -> SiteSpec:
    """The boot services of a site. Raises DocumentError where it declares none, or no network that nodes can boot from."""
    where = testbed.where("sites", site.name, "deploy")
    deploy = site.deploy
    if deploy is None:
        hint = "write `deploy: {host: ..., interface: ...}` for the site: the host there that runs its boot services"
        raise _wrong(where, f"{site.name} does not say how its nodes are deployed", hint)
    network = boot_network(site.networks.get(deploy.network, ()))
    if network is None:
        what = f"{site.name} has no IPv4 network {deploy.network!r}, over which nodes boot"
        raise _wrong(where, what, "write it under `networks`, or another one in `network` of `deploy`")
    gateway = IPv4Address(deploy.gateway) if deploy.gateway else gateway_of(network, uplink=bool(site.uplink))
    return SiteSpec(site.name, str(where), deploy, network, gateway)


def node_spec(testbed: Testbed, server: Server, site: SiteSpec) -> NodeSpec:
    """What a server of the site is to become. Raises DocumentError where the document does not say enough."""
    where = testbed.where(*_path(server))
    settings = server.deploy
    if settings is None:
        hint = "microdc deploys only servers that have `deploy: {address: ...}`"
        raise _wrong(where, f"{server.name} is not to be deployed", hint)
    nic = server.nics.get(settings.nic) if settings.nic else _first(server)
    image = settings.image or site.deploy.image
    lacks = [
        word
        for word, there in (
            ("`address`", settings.address),
            ("`image`", image),
            ("NIC with a `mac`", nic and nic.mac),
        )
        if not there
    ]
    if lacks or settings.address is None or nic is None:
        raise _wrong(where, f"{server.name} has no {' and no '.join(lacks)}", "microdc validate tells more")
    return NodeSpec(
        name=server.name,
        site=server.site,
        rack=server.rack,
        where=str(where),
        role=server.role,
        mac=nic.mac,
        nic=nic.name,
        address=in_network(settings.address, site.network),
        image=image,
        disk=settings.disk,
        firmware=settings.firmware,
    )


def _first(server: Server) -> Nic | None:
    return next((nic for nic in server.nics.values() if nic.mac), None)


def _path(server: Server) -> tuple[str, ...]:
    return ("sites", server.site, "racks", server.rack, "servers", server.name)


def _wrong(where: Where, what: str, hint: str) -> DocumentError:
    return DocumentError([Problem(where, what, hint)])
