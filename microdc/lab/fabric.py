"""Builds the namespaces, bridges, links, addresses and routes of a plan, with a few netlink messages for each."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

from pyroute2.ethtool import ioctl
from pyroute2.iproute import linux
from pyroute2.netlink.exceptions import NetlinkError

from microdc.errors import UnreachableError
from microdc.events import Step
from microdc.host import namespaces
from microdc.lab.plan import LabPlan, Management
from microdc.lab.ports import BRIDGE, Interface, IpAddress, Link, Port
from microdc.lab.rack.plan import MachinePlan
from microdc.lab.rack.stations import StationPlan

IPRoute: Any = linux.IPRoute  # pyroute2 has no types
IoctlEthtool: Any = ioctl.IoctlEthtool

_LISTS_OF_PACKETS = {"rx-gro", "rx-gro-list", "tx-gso-list"}
"""Offloads, beside those named `...-segmentation`, that make several packets one."""

_IPV6_AT_ONCE = {"disable_ipv6": "0", "accept_dad": "0", "accept_ra": "0"}
"""Nobody else gives out these addresses, so none waits a second for duplicate address detection."""

_FIRST_PORT = 10_000
"""Interface index of the first port; NICs have small ones."""

_FORWARDING = {"ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1"}


def build(plan: LabPlan) -> Iterator[Step]:
    """Builds all of the plan but what lies inside guests. Raises UnreachableError where the kernel refuses."""
    what, total = "Building the sites", len(plan.namespaces)
    yield Step(what, "started")
    for number, name in enumerate(plan.namespaces):
        yield Step(what, "progress", name, number, total, "namespaces")
        _create(name, forwards=any(name == emulator.namespace for emulator in plan.emulators))
    for site in plan.sites:
        yield Step(what, "progress", site.name)
        plugs = [
            (number, link) for number, link in enumerate(plan.links) if link.port.namespace == site.namespace
        ]
        _inside(site.namespace, partial(_add_bridge, site.mtu, plugs))
    for host in plan.hosts:
        _inside(host.namespace, partial(_configure, (host.link.nic,), host.gateways))
    for emulator in plan.emulators:
        if emulator.namespace:
            _inside(emulator.namespace, partial(_configure, [link.nic for link in emulator.uplinks]))
    if plan.management:
        _inside(plan.management.namespace, partial(_add_management, plan.management))
    yield Step(what, "done", f"{len(plan.sites)} sites", total, total, "namespaces")


def attach(port: Port) -> None:
    """Puts an interface that came from elsewhere, such as a guest's tap, into the bridge where its port is planned."""
    _inside(port.namespace, partial(_enslave, port))


def add_rack(machines: Iterable[MachinePlan], management: Management) -> None:
    """The machines' taps as ports of their sites' bridges, which stay when a machine is off; and the BMCs' addresses."""
    taps: dict[str, list[Port]] = {}
    addresses = []
    for machine in machines:
        addresses.append(machine.bmc.address)
        for _, _, port in machine.ports:
            if port.master:  # others are in a switch already
                taps.setdefault(port.namespace, []).append(port)
    for namespace, ports in taps.items():
        _inside(namespace, partial(_add_taps, ports))
    # each alone: who asks is in the same namespace
    alone = [ip_interface(f"{address}/{address.max_prefixlen}") for address in addresses]
    _inside(management.namespace, partial(_add_addresses, alone))


def add_station(station: StationPlan) -> None:
    """The address of a site's boot services, on the site's bridge."""
    _inside(station.namespace, partial(_add_addresses, [station.address]))


def _inside(namespace: str, function: Callable[[], None]) -> None:
    """Runs the function in the namespace, and says where it was when the kernel refuses something."""
    try:
        namespaces.call(namespace, function)
    except NetlinkError as error:
        raise UnreachableError(
            f"the kernel refused a link or address: {error}", where=f"netns:{namespace}"
        ) from error
    except (ioctl.EthtoolError, OSError) as error:
        raise UnreachableError(
            f"the interfaces could not be set up: {error}", where=f"netns:{namespace}"
        ) from error


def _create(namespace: str, *, forwards: bool) -> None:
    namespaces.create(namespace)
    settings = {
        f"ipv6/conf/{scope}/{key}": value
        for scope in ("all", "default")
        for key, value in _IPV6_AT_ONCE.items()
    }
    _inside(namespace, partial(_write_settings, {**settings, **(_FORWARDING if forwards else {})}))


def _write_settings(settings: dict[str, str]) -> None:
    for key, value in settings.items():
        Path("/proc/sys/net", key).write_text(value, "ascii")


def _add_bridge(mtu: int, plugs: Iterable[tuple[int, Link]]) -> None:
    """The site's bridge and its ports, with the far ends in their namespaces. Uplinks to guests come later.

    plugs: the links, each with a number of its own in the lab. The two ends of a link get different interface
    indices: the kernel takes a pair of equal ones for no pair, and tells IPv6 of its carrier up to a second late.
    """
    with IPRoute() as ip:
        # Without snooping, neighbour discovery is flooded like ARP and needs no querier.
        ip.link("add", ifname=BRIDGE, kind="bridge", br_mcast_snooping=0, mtu=mtu, state="up")
        bridge = _index(ip, BRIDGE)
        for number, (port, nic) in (
            (number, (link.port, link.nic)) for number, link in plugs if link.nic.namespace
        ):
            far = {"ifname": nic.name, "address": nic.mac, "mtu": nic.mtu, "net_ns_fd": nic.namespace}
            near = {"ifname": port.name, "address": port.mac, "mtu": port.mtu, "master": bridge}
            ip.link("add", kind="veth", index=_FIRST_PORT + number, state="up", peer=far, **near)
            _single_packets(port.name)


def _add_management(management: Management) -> None:
    with IPRoute() as ip:
        ip.link("add", ifname=BRIDGE, kind="bridge", br_mcast_snooping=0, state="up")
        address = management.address
        ip.addr(
            "add",
            index=_index(ip, BRIDGE),
            address=str(address.ip),
            prefixlen=address.network.prefixlen,
        )


def _add_taps(ports: Iterable[Port]) -> None:
    with IPRoute() as ip:
        bridge = _index(ip, BRIDGE)
        for port in ports:
            ip.link("add", ifname=port.name, kind="tuntap", mode="tap")
            ip.link("set", index=_index(ip, port.name), master=bridge, mtu=port.mtu, state="up")


def _add_addresses(addresses: Iterable[Interface]) -> None:
    with IPRoute() as ip:
        for address in addresses:
            prefix = address.network.prefixlen
            ip.addr("add", index=_index(ip, BRIDGE), address=str(address.ip), prefixlen=prefix)


def _configure(nics: Iterable[Port], gateways: Iterable[IpAddress] = ()) -> None:
    with IPRoute() as ip:
        for nic in nics:
            index = _index(ip, nic.name)
            _single_packets(nic.name)
            ip.link("set", index=index, state="up")
            for address in nic.addresses:
                ip.addr("add", index=index, address=str(address.ip), prefixlen=address.network.prefixlen)
        for gateway in gateways:
            ip.route("add", dst="default" if gateway.version == 4 else "::/0", gateway=str(gateway))


def _enslave(port: Port) -> None:
    with IPRoute() as ip:
        bridge, index = _index(ip, port.master), _index(ip, port.name)
        ip.link("set", index=index, master=bridge, mtu=port.mtu, state="up")
        _single_packets(port.name)


def _index(ip: Any, name: str) -> int:
    found: list[int] = ip.link_lookup(ifname=name)
    if not found:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), name)
    return found[0]


def _single_packets(interface: str) -> None:
    """Switches off what lets a virtual wire carry packets of up to 64 kB: loss and rate act on those that they see."""
    tool = IoctlEthtool(interface)
    try:
        features = tool.get_features()
        for name in features.keys():  # noqa: SIM118  its iterator gives more than names
            if features.is_available(name) and (name.endswith("-segmentation") or name in _LISTS_OF_PACKETS):
                features[name] = False
        tool.set_features(features)
    finally:
        tool.close()
