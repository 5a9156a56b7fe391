"""The network interfaces here, and those of their offloads that matter."""

from __future__ import annotations

import array
import contextlib
import fcntl
import socket
import struct
from typing import Any

SIOCGIFMTU, SIOCGIFHWADDR, SIOCETHTOOL = 0x8921, 0x8927, 0x8946
# (get, set, mask) of linux/ethtool.h for what makes super-packets out of packets: on the way in, and on the way out
OFFLOADS = {
    "gro": (0x2B, 0x2C, 1),
    "lro": (0x25, 0x26, 1 << 15),
    "tso": (0x1E, 0x1F, 1),
    "gso": (0x23, 0x24, 1),
}


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


def offload(interface: str, name: str, *, on: bool | None = None) -> bool | None:
    """Reads (on None) or sets one offload; None where the device does not have it."""
    get, put, mask = OFFLOADS[name]

    def call(sock: socket.socket, command: int, data: int) -> int:
        buffer = array.array("I", (command, data))
        request = struct.pack("16sP16x", interface.encode(), buffer.buffer_info()[0])
        fcntl.ioctl(sock, SIOCETHTOOL, request)
        return buffer[1]

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            flags = call(sock, get, 0)
            if on is not None:
                call(sock, put, flags | mask if on else flags & ~mask)
            return bool(flags & mask)
        except OSError:
            return None
