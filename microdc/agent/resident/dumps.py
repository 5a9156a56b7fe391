"""Dumps of many interfaces at once, as a controller asks for them."""

from __future__ import annotations

import base64
import struct
from typing import Any

from .interfaces import interfaces
from .kernel import Kernel

RTM_GETQDISC = 38


def dumps(kernel: Kernel, wanted: dict[str, dict[str, str]]) -> dict[str, Any]:
    """By interface name and kind, what the kernel dumps. None for an interface that is not there.

    wanted: by name and kind a request, in which the number of the interface is filled in here.
    """
    known = interfaces()
    at_once: dict[bytes, dict[int, bytes]] = {}

    def dump(message: bytes, index: int) -> bytes:
        """The kernel dumps the qdiscs of all interfaces, whichever is asked for: once is enough."""
        if struct.unpack_from("=H", message, 4)[0] != RTM_GETQDISC:
            return kernel.dump(of_interface(message, index))
        if message not in at_once:
            at_once[message] = by_interface(kernel.dump(of_interface(message, 0)))
        return at_once[message].get(index, b"")

    def encoded(message: str, index: int) -> str:
        return base64.b64encode(dump(base64.b64decode(message), index)).decode()

    return {
        name: {kind: encoded(m, known[name][0]) for kind, m in kinds.items()} if name in known else None
        for name, kinds in wanted.items()
    }


def of_interface(request: bytes, index: int) -> bytes:
    """A request with another number of the interface (tcm_ifindex, behind 20 bytes)."""
    return request[:20] + struct.pack("=i", index) + request[24:]


def by_interface(dump: bytes) -> dict[int, bytes]:
    """A dump's messages by the number of the interface that they are of."""
    found: dict[int, list[bytes]] = {}
    at = 0
    while at + 24 <= len(dump):
        length = struct.unpack_from("=I", dump, at)[0]
        end = at + length + (-length % 4)
        found.setdefault(struct.unpack_from("=i", dump, at + 20)[0], []).append(dump[at:end])
        at = end
    return {index: b"".join(parts) for index, parts in found.items()}
