"""What a controller wants to see of many interfaces at once: dumps, or single objects."""

from __future__ import annotations

import base64
import struct
from typing import Any

from .interfaces import interfaces
from .kernel import Kernel, split

RTM_GETQDISC = 38
NLM_F_DUMP = 0x300
LED = 0x7DC0_0000
"""The ifb of interface number N has the number LED + N: a request about a number from here on is about that of the interface."""


def dumps(kernel: Kernel, wanted: dict[str, dict[str, str]]) -> dict[str, Any]:
    """By interface name and kind, what the kernel shows. None for an interface that is not there.

    wanted: by name and kind requests, one behind the other, in which the number of the interface is filled in here.
    """
    known = interfaces()
    at_once: dict[bytes, dict[int, bytes]] = {}

    def dump(message: bytes, index: int) -> bytes:
        """The kernel dumps the qdiscs of all interfaces, whichever is asked for: once is enough."""
        number = LED + index if struct.unpack_from("=i", message, 20)[0] >= LED else index
        if struct.unpack_from("=H", message, 4)[0] != RTM_GETQDISC or not is_dump(message):
            return kernel.dump(of_interface(message, number))
        every = of_interface(message, 0)
        if every not in at_once:
            at_once[every] = by_interface(kernel.dump(every))
        return at_once[every].get(number, b"")

    def encoded(message: str, index: int) -> str:
        shown = [dump(request, index) for request in split(base64.b64decode(message))]
        return base64.b64encode(b"".join(shown)).decode()

    return {
        name: {kind: encoded(m, known[name][0]) for kind, m in kinds.items()} if name in known else None
        for name, kinds in wanted.items()
    }


def is_dump(request: bytes) -> bool:
    """Whether it asks for all there is, and not for one object."""
    return bool(struct.unpack_from("=H", request, 6)[0] & NLM_F_DUMP == NLM_F_DUMP)


def whole(wanted: dict[str, dict[str, str]]) -> set[str]:
    """The interfaces of which more than single objects is wanted: what others did there shows in the answer."""
    return {
        name
        for name, kinds in wanted.items()
        if any(is_dump(request) for text in kinds.values() for request in split(base64.b64decode(text)))
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
