"""What must hold before nodes can be deployed: boot services in a network of their site, nodes with addresses and NICs of their own. Pure.

Whether an image is described, in the inventory or by microdc, is looked up by the name of its file; what it says is the business of those who build it. Files with SSH keys may be
on another machine than the one that validates: they are read when nodes are deployed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from microdc import locations
from microdc.documents.check import nearest
from microdc.documents.deploying import DeployRecord, NodeRecord
from microdc.documents.model import Problem, Where
from microdc.documents.site import ServerRecord, SiteDocument
from microdc.testbed.bootnet import boot_network, gateway_of
from microdc.testbed.files import Files, Source


@dataclass(frozen=True, slots=True)
class _Node:
    """A server that is deployed, and the place of its description."""

    name: str
    server: ServerRecord
    record: NodeRecord
    source: Source[SiteDocument]
    path: tuple[str, ...]

    def where(self, *path: str) -> Where:
        return self.source.where(*self.path, *path)


@dataclass(frozen=True, slots=True)
class _Taken:
    """An address of the boot network that is no node's to have. what: whose it is."""

    what: str
    where: Where


def check_deploy(files: Files) -> Iterator[Problem]:
    """Everything about deployment, over all sites."""
    shelves = (locations.data_dir("inventory"), files.directory)
    images = {path.stem for shelf in shelves for path in (shelf / "images").glob("*.yaml")}
    stations: dict[tuple[str, str], Where] = {}
    for source in files.sites:
        nodes = list(_nodes(source))
        deploy = source.record.deploy
        if deploy is None:
            for node in nodes:
                what = f"{node.name} is to be deployed, and its site does not say by whom"
                yield Problem(
                    node.where("deploy"), what, "write `deploy: {host: ..., interface: ...}` for the site"
                )
            continue
        yield from _station(source, deploy, stations)
        yield from _addresses(source, deploy, nodes)
        for node in nodes:
            yield from _nic(node)
        yield from _images(source, deploy, nodes, images)


def _nodes(source: Source[SiteDocument]) -> Iterator[_Node]:
    for rack_name, rack in source.record.racks.items():
        for name, server in rack.servers.items():
            if server.deploy is not None:
                path = ("racks", rack_name, "servers", name)
                yield _Node(name, server, server.deploy, source, path)


def _station(
    source: Source[SiteDocument], deploy: DeployRecord, stations: dict[tuple[str, str], Where]
) -> Iterator[Problem]:
    """No two sites' boot services share an interface: each would answer for the other's nodes."""
    where = source.where("deploy", "interface")
    first = stations.setdefault((deploy.host, deploy.interface), where)
    if first is not where:
        what = f"{deploy.interface} of {deploy.host} has the boot services of another site already"
        yield Problem(where, what, f"see {first}")


def _addresses(source: Source[SiteDocument], deploy: DeployRecord, nodes: list[_Node]) -> Iterator[Problem]:
    site = source.record
    if deploy.network not in site.networks:
        hint = nearest(deploy.network, site.networks) or "write it under `networks`"
        what = f"{site.site} has no network {deploy.network!r}"
        yield Problem(source.where("deploy", "network"), what, hint)
        return
    network = boot_network(site.networks[deploy.network])
    if network is None:
        what = f"the {deploy.network} network of {site.site} has no IPv4, over which nodes boot"
        yield Problem(source.where("networks", deploy.network), what, "add one, such as 10.20.0.0/16")
        return
    for key, address in (("address", deploy.address), ("gateway", deploy.gateway)):
        if address is not None and (hint := _outside(address, network)):
            yield Problem(
                source.where("deploy", key), f"{address} is no address of a host in {network}", hint
            )
    if deploy.address is not None and deploy.address == deploy.gateway:
        what = f"{deploy.address} is the address of the boot services and the gateway"
        yield Problem(source.where("deploy", "gateway"), what, "leave `gateway` out, or give it another one")
    taken = _taken(source, deploy, network)
    for node in nodes:
        yield from _address(node, network, taken)


def _taken(
    source: Source[SiteDocument], deploy: DeployRecord, network: IPv4Network
) -> dict[IPv4Address, _Taken]:
    """The addresses that somebody has before there are nodes."""
    taken: dict[IPv4Address, _Taken] = {}
    if deploy.address is not None:
        taken[deploy.address] = _Taken("that of the boot services", source.where("deploy", "address"))
    if deploy.gateway is not None:
        taken.setdefault(deploy.gateway, _Taken("the gateway", source.where("deploy", "gateway")))
    elif (gateway := gateway_of(network, uplink=source.record.uplink is not None)) is not None:
        taken.setdefault(gateway, _Taken("the gateway, as the first of its network", source.where("deploy")))
    site = source.record
    if isinstance(site.probe_ip, IPv4Address) and site.probe and not site.probe.host.startswith("ssh://"):
        # over SSH the probe may be on the node itself
        taken.setdefault(site.probe_ip, _Taken("that of the probe", source.where("probe_ip")))
    return taken


def _address(node: _Node, network: IPv4Network, taken: dict[IPv4Address, _Taken]) -> Iterator[Problem]:
    """A node has an address of the boot network for itself."""
    address = node.record.address
    if address is None:
        yield Problem(node.where("deploy"), f"{node.name} has no `address`", f"write one of {network}")
        return
    where = node.where("deploy", "address")
    if hint := _outside(address.ip, network):
        yield Problem(where, f"{address.ip} of {node.name} is no address of a host in {network}", hint)
        return
    if address.network.prefixlen not in {address.max_prefixlen, network.prefixlen}:
        what = f"{address} of {node.name} has another prefix length than its network {network}"
        yield Problem(where, what, f"write {address.ip}")
    first = taken.setdefault(address.ip, _Taken(f"that of {node.name}", where))
    if first.where is not where:
        yield Problem(where, f"the address {address.ip} of {node.name} is {first.what}", f"see {first.where}")


def _outside(address: IPv4Address, network: IPv4Network) -> str:
    """Why a host of the network cannot have this address; "" where it can."""
    if address not in network:
        return "it is in another network: write an address of this one"
    if network.prefixlen < 31 and address in {network.network_address, network.broadcast_address}:
        return "it stands for the network itself"
    return ""


def _nic(node: _Node) -> Iterator[Problem]:
    """What it boots from is a NIC with a MAC address: by it alone its boot services know it."""
    named, nics = node.record.nic, node.server.nics
    if named is None:
        if not any(nic.mac for nic in nics.values()):
            what = f"{node.name} has no NIC with a `mac`, by which it would be known when it boots"
            yield Problem(node.where("deploy"), what, "microdc inventory adopt finds them out by its BMC")
    elif named not in nics:
        hint = nearest(named, nics) or "it has no NICs"
        yield Problem(node.where("deploy", "nic"), f"{node.name} has no NIC {named!r}", hint)
    elif nics[named].mac is None:
        what = f"{named} of {node.name} has no `mac`, by which it would be known when it boots"
        yield Problem(node.where("nics", named), what, "microdc inventory adopt finds it out by its BMC")


def _images(
    source: Source[SiteDocument], deploy: DeployRecord, nodes: list[_Node], images: set[str]
) -> Iterator[Problem]:
    """Every node has an image, and every image that is named is described."""
    named = [(node.where("deploy", "image"), node.record.image) for node in nodes]
    for where, image in [(source.where("deploy", "image"), deploy.image), *named]:
        if image is not None and image not in images:
            hint = nearest(image, images) or f"write images/{image}.yaml into the inventory"
            yield Problem(where, f"no document describes the image {image!r}", hint)
    if deploy.image is None:
        for node in nodes:
            if node.record.image is None:
                what = f"neither {node.name} nor its site says which image it gets"
                yield Problem(node.where("deploy"), what, "write `image: NAME`")
