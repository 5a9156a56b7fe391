"""Interfaces of a switch: made, moved, joined and taken away, each with a netlink message or two, in the namespace of the calling thread."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket as sockets
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pyroute2.iproute import linux
from pyroute2.netlink.exceptions import NetlinkError

from microdc.errors import UnreachableError
from microdc.host import namespaces

IPRoute: Any = linux.IPRoute  # pyroute2 has no types
T = TypeVar("T")

_SIOCETHTOOL, _ETHTOOL_SSET = 0x8946, 2  # linux/sockios.h, linux/ethtool.h
_TAP_SPEED = 10_000
"""Mbit/s that a tap is said to have, as veths are; a new one says 10."""


def inside(namespace: str, function: Callable[[], T]) -> T:
    """What the function returns in the namespace. Says where it was when the kernel refuses something, as an UnreachableError."""
    try:
        return namespaces.call(namespace, function)
    except (NetlinkError, OSError) as error:
        raise UnreachableError(
            f"a switch's link could not be set up: {error}", where=f"netns:{namespace}"
        ) from error


def add_tap(name: str) -> None:
    with IPRoute() as ip:
        ip.link("add", ifname=name, kind="tuntap", mode="tap")
    _set_speed(name, _TAP_SPEED)


def add_pair(name: str, other: str) -> None:
    with IPRoute() as ip:
        ip.link("add", ifname=name, kind="veth", peer={"ifname": other})


def move(name: str, namespace: str, new: str) -> None:
    """Into another namespace, under another name; there it is down."""
    with IPRoute() as ip:
        ip.link("set", index=index_of(ip, name), net_ns_fd=namespace, ifname=new)


def set_up(name: str, mac: str) -> None:
    with IPRoute() as ip:
        ip.link("set", index=index_of(ip, name), address=mac, state="up")


def set_state(name: str, *, up: bool) -> None:
    with IPRoute() as ip:
        ip.link("set", index=index_of(ip, name), state="up" if up else "down")


def delete(name: str) -> None:
    with IPRoute() as ip:
        ip.link("del", index=index_of(ip, name))


def there(ip: Any, name: str) -> int:
    """The index of an interface; 0 where there is none of this name."""
    found: list[int] = ip.link_lookup(ifname=name)
    return found[0] if found else 0


def index_of(ip: Any, name: str) -> int:
    """The index of an interface that has to be there. Raises OSError (ENODEV)."""
    found = there(ip, name)
    if not found:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), name)
    return found


def write(key: str, value: str) -> None:
    """A setting of the namespace's network, such as `ipv4/ip_forward`."""
    Path("/proc/sys/net", key).write_text(value, "ascii")


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
