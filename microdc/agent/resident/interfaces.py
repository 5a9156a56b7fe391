"""The network interfaces here, and what makes them carry super-packets: offloads, and TCP's own batches."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import socket
import struct
from typing import Any

from .kernel import NLMSG_ERROR, attributes

SIOCGIFMTU, SIOCGIFHWADDR, SIOCETHTOOL = 0x8921, 0x8927, 0x8946
# (get, set, mask) of linux/ethtool.h for what makes super-packets out of packets: on the way in, and on the way out
OFFLOADS = {
    "gro": (0x2B, 0x2C, 1),
    "lro": (0x25, 0x26, 1 << 15),
    "tso": (0x1E, 0x1F, 1),
    "gso": (0x23, 0x24, 1),
}

SEGMENTS = "segments"
"""How many segments TCP on this host puts into one packet for the interface. Linux sends so whatever TSO and GSO say:
where they are off the packet is cut behind the qdisc. What is sent for others (routed, from a guest) is not told by it."""
RTM_NEWLINK, RTM_GETLINK, IFLA_GSO_MAX_SEGS = 16, 18, 40
NLM_F_REQUEST, NLM_F_ACK = 1, 4


def single(what: str) -> int:
    """The value of an offload, or of the segments, with which packets come one by one."""
    return 1 if what == SEGMENTS else 0


def interfaces() -> dict[str, list[Any]]:
    """[index, MTU, MAC] of every interface in this network namespace, by name."""
    found: dict[str, list[Any]] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for index, name in socket.if_nameindex():
            request = struct.pack("16s24x", name.encode())
            with contextlib.suppress(OSError):  # it went away meanwhile
                mtu = struct.unpack_from("=i", fcntl.ioctl(sock, SIOCGIFMTU, request), 16)[0]
                mac = fcntl.ioctl(sock, SIOCGIFHWADDR, request)[18:24]
                found[name] = [index, mtu, ":".join(f"{byte:02x}" for byte in mac)]
    return found


def offload(interface: str, name: str, *, on: int | None = None) -> int | None:
    """Reads (on None) or sets one offload, 0 or 1, or SEGMENTS; None where the device does not have it."""
    try:
        if name == SEGMENTS:
            return _segments(socket.if_nametoindex(interface), on)
        return _feature(interface, name, on)
    except OSError:
        return None


def _feature(interface: str, name: str, on: int | None) -> int:
    get, put, mask = OFFLOADS[name]

    def call(sock: socket.socket, command: int, data: int) -> int:
        buffer = array.array("I", (command, data))
        request = struct.pack("16sP16x", interface.encode(), buffer.buffer_info()[0])
        fcntl.ioctl(sock, SIOCETHTOOL, request)
        return buffer[1]

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        flags = call(sock, get, 0)
        if on is not None:
            call(sock, put, flags | mask if on else flags & ~mask)
        return int(bool(flags & mask))


def _segments(index: int, value: int | None) -> int | None:
    """IFLA_GSO_MAX_SEGS of rtnetlink(7), which no ioctl tells. Before Linux 4.16 it cannot be set."""
    if value is not None:
        _link(RTM_NEWLINK, NLM_F_ACK, index, struct.pack("=HHI", 8, IFLA_GSO_MAX_SEGS, value))
    found = dict(attributes(_link(RTM_GETLINK, 0, index, b"")[16:])).get(IFLA_GSO_MAX_SEGS)
    return None if found is None else int(struct.unpack("=I", found)[0])


def _link(kind: int, flags: int, index: int, attrs: bytes) -> bytes:
    """One message about a link, and what the body of the answer holds. Raises OSError where the kernel refuses it."""
    body = struct.pack("=BxHiII", 0, 0, index, 0, 0) + attrs
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.send(struct.pack("=IHHII", 16 + len(body), kind, NLM_F_REQUEST | flags, 1, 0) + body)
        length, answer = struct.unpack_from("=IH", data := sock.recv(1 << 17))
    code = -struct.unpack_from("=i", data, 16)[0] if answer == NLMSG_ERROR else 0
    if code:
        raise OSError(code, os.strerror(code))
    return data[16:length]
