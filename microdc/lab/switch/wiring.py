"""Makes switches and their cables, and plugs cables into ports and out again, with a few netlink messages each."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket as sockets
import struct
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from pyroute2.iproute import linux
from pyroute2.netlink.exceptions import NetlinkError

from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.lab.plan import Management
from microdc.lab.ports import BRIDGE
from microdc.lab.switch.model import MANAGEMENT, Cable, Socket, SwitchPlan
from microdc.lab.switch.sockets import short_hash
from microdc.lab.switch.tables.rows import AGEING

IPRoute: Any = linux.IPRoute  # pyroute2 has no types

_SIOCETHTOOL, _ETHTOOL_SSET = 0x8946, 2  # linux/sockios.h, linux/ethtool.h
_SCOPE_LINK = 253  # rtnetlink(7), RT_SCOPE_LINK
_TAP_SPEED = 10_000
"""Mbit/s that a tap is said to have, as veths are; a new one says 10."""


def build(switch: SwitchPlan, management: Management) -> None:
    """The switch with its bridge and its way to the management network, no cable in it. Its namespace is there.

    Raises UnreachableError where the kernel refuses.
    """
    inside(switch.namespace, partial(_add_bridge, switch))
    inside(management.namespace, partial(_add_way_in, switch, management))
    inside(switch.namespace, partial(_set_up_way_in, switch))


def lay_cables(switches: Iterable[SwitchPlan], management: Management) -> None:
    """Makes every cable, its ends loose in the sites' namespaces; the other end of an uplink is in the site's bridge, that of a BMC's where BMCs are."""
    by_place = {(switch.name, socket.name): socket for switch in switches for socket in switch.sockets}
    made = set()
    for switch in switches:
        for socket in switch.sockets:
            cable = socket.cable
            if cable.kind == "bmc":
                _lay_to_bmc(switch, cable, management.namespace)
            elif cable.kind != "switch":
                lay(switch, cable)
            elif cable.loose not in made:
                other = by_place[cable.far].cable.loose
                made.add(other)
                inside(switch.home, partial(_add_pair, cable.loose, other))


def lay(switch: SwitchPlan, cable: Cable) -> None:
    """Makes the cable of a server, an uplink, or to a device that is not there, its end loose."""
    if cable.kind == "server":
        add = partial(_add_tap, cable.loose)
    elif cable.kind == "uplink":
        add = partial(_add_uplink, cable.loose, switch)
    else:
        add = partial(_add_pair, cable.loose, f"q{cable.loose[1:]}")
    inside(switch.home, add)


def _lay_to_bmc(switch: SwitchPlan, cable: Cable, namespace: str) -> None:
    """All that the BMC ever sends there is what the kernel sends for IPv6 when the link comes up: enough to be learned."""
    end = f"d{cable.loose[1:]}"
    inside(switch.home, partial(_add_pair, cable.loose, end))
    inside(switch.home, partial(_move, end, namespace, end))
    # the BMCs' addresses are all in that namespace, which would answer for them on this interface as well
    inside(namespace, partial(_write, f"ipv4/conf/{end}/arp_ignore", "1"))
    inside(namespace, partial(_set_up, end, cable.mac))


def plug(switch: SwitchPlan, *plugs: tuple[Socket, Cable]) -> None:
    """Plugs the loose ends of cables into ports."""
    inside(switch.home, partial(_move_in, switch, plugs))
    inside(switch.namespace, partial(_join, switch, plugs))


def plug_in_host(switch: SwitchPlan, socket: Socket, namespace: str, nic: str, mac: str) -> None:
    """Plugs a new cable into a port, whose other end is the NIC of a host, which is up and has no address."""
    ends = tuple(f"{letter}{short_hash(switch.name, socket.name)}" for letter in "ex")
    inside(switch.home, partial(_add_pair, *ends))
    inside(switch.home, partial(_move, ends[0], namespace, nic))
    inside(namespace, partial(_set_up, nic, mac))
    plug(switch, (socket, Cable("", ends[1])))


def unplug(switch: SwitchPlan, socket: Socket, loose: str) -> None:
    """Pulls out what is in a port, which then lies loose in the site and has no link."""
    inside(switch.namespace, partial(_move, socket.interface, switch.home, loose))


def leave_empty(switch: SwitchPlan, socket: Socket) -> None:
    """A port in which nothing is plugged is there all the same: the end of a link whose other end is down."""
    ends = tuple(f"{letter}{short_hash(switch.name, socket.name)}" for letter in "ex")
    inside(switch.home, partial(_add_pair, *ends))
    plug(switch, (socket, Cable("", ends[1])))


def remove(switch: SwitchPlan, socket: Socket) -> None:
    """Takes away what is plugged into a port, the cable with it."""
    inside(switch.namespace, partial(_delete, socket.interface))


def set_admin(switch: SwitchPlan, socket: Socket, *, up: bool) -> None:
    inside(switch.namespace, partial(_set_state, socket.interface, "up" if up else "down"))


def inside(namespace: str, function: Callable[[], None]) -> None:
    """Runs the function in the namespace, and says where it was when the kernel refuses something."""
    try:
        namespaces.call(namespace, function)
    except (NetlinkError, OSError) as error:
        raise UnreachableError(
            f"a switch's link could not be set up: {error}", where=f"netns:{namespace}"
        ) from error


def _add_bridge(switch: SwitchPlan) -> None:
    _write("ipv6/conf/default/disable_ipv6", "1")  # ports of a switch say nothing of their own
    with IPRoute() as ip:
        ip.link(
            "add",
            ifname=BRIDGE,
            kind="bridge",
            address=switch.mac,
            br_mcast_snooping=0,
            br_ageing_time=AGEING * 100,
            mtu=switch.mtu,
            state="up",
        )
        ip.link("set", index=_index(ip, BRIDGE), mtu=switch.mtu, state="up")


def _add_way_in(switch: SwitchPlan, management: Management) -> None:
    with IPRoute() as ip:
        bridge = _index(ip, BRIDGE)
        far = {"ifname": MANAGEMENT, "address": switch.mac, "net_ns_fd": switch.namespace}
        near = {"ifname": f"s{short_hash(switch.name)}", "master": bridge}
        # of its own index: see lab.fabric on pairs of equal ones
        ip.link("add", kind="veth", index=switch.sockets[0].index + 999, state="up", peer=far, **near)
        source = {"prefsrc": str(management.address.ip)} if switch.address.version == 4 else {}
        ip.route("add", dst=f"{switch.address}/{switch.address.max_prefixlen}", oif=bridge, **source)


def _set_up_way_in(switch: SwitchPlan) -> None:
    if switch.address.version == 6:
        _write(f"ipv6/conf/{MANAGEMENT}/disable_ipv6", "0")
    with IPRoute() as ip:
        index = _index(ip, MANAGEMENT)
        ip.link("set", index=index, state="up")
        ip.addr("add", index=index, address=str(switch.address), prefixlen=switch.address.max_prefixlen)
        # on the link itself, whatever address of the management network asks
        family = sockets.AF_INET6 if switch.address.version == 6 else sockets.AF_INET
        scope = {"scope": _SCOPE_LINK} if family == sockets.AF_INET else {}
        ip.route("add", family=int(family), dst_len=0, oif=index, **scope)


def _add_tap(name: str) -> None:
    with IPRoute() as ip:
        ip.link("add", ifname=name, kind="tuntap", mode="tap")
    _set_speed(name, _TAP_SPEED)


def _add_pair(name: str, other: str) -> None:
    with IPRoute() as ip:
        ip.link("add", ifname=name, kind="veth", peer={"ifname": other})


def _add_uplink(name: str, switch: SwitchPlan) -> None:
    with IPRoute() as ip:
        port = f"p{name[1:]}"
        ip.link("add", ifname=name, kind="veth", peer={"ifname": port})
        ip.link("set", index=_index(ip, port), master=_index(ip, BRIDGE), mtu=switch.mtu, state="up")


def _move(name: str, namespace: str, new: str) -> None:
    with IPRoute() as ip:
        ip.link("set", index=_index(ip, name), net_ns_fd=namespace, ifname=new)


def _move_in(switch: SwitchPlan, plugs: Iterable[tuple[Socket, Cable]]) -> None:
    """The kernel gives an interface the number of the port from 5.13 on, another one where it is older."""
    with IPRoute() as ip:
        for socket, cable in plugs:
            target = {"net_ns_fd": switch.namespace, "ifname": socket.interface, "new_ifindex": socket.index}
            ip.link("set", index=_index(ip, cable.loose), **target)


def _join(switch: SwitchPlan, plugs: Iterable[tuple[Socket, Cable]]) -> None:
    with IPRoute() as ip:
        bridge = _index(ip, BRIDGE)
        for socket, cable in plugs:
            index = _index(ip, socket.interface)
            ip.link("set", index=index, address=socket.mac, mtu=switch.mtu)
            ip.link("set", index=index, state="up", **({"master": bridge} if cable.forwards else {}))


def _write(key: str, value: str) -> None:
    Path("/proc/sys/net", key).write_text(value, "ascii")


def _delete(name: str) -> None:
    with IPRoute() as ip:
        ip.link("del", index=_index(ip, name))


def _set_up(name: str, mac: str) -> None:
    with IPRoute() as ip:
        ip.link("set", index=_index(ip, name), address=mac, state="up")


def _set_state(name: str, state: str) -> None:
    with IPRoute() as ip:
        ip.link("set", index=_index(ip, name), state=state)


def _set_speed(name: str, speed: int) -> None:
    """By ethtool's older message, struct ethtool_cmd, which every kernel takes. speed: Mbit/s; full duplex."""
    low, high = speed & 0xFFFF, speed >> 16
    command = struct.pack(
        "=IIIHBBBBBBIIHBBIII", _ETHTOOL_SSET, 0, 0, low, 1, 0, 0, 0, 0, 0, 0, 0, high, 0, 0, 0, 0, 0
    )
    buffer = ctypes.create_string_buffer(command)
    request = struct.pack("16sP16x", name.encode(), ctypes.addressof(buffer))
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SIOCETHTOOL, request)


def _index(ip: Any, name: str) -> int:
    found: list[int] = ip.link_lookup(ifname=name)
    if not found:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), name)
    return found[0]
