"""Netlink attributes and messages as bytes. Source of the layout: linux/netlink.h, linux/rtnetlink.h."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from microdc.netlink.rtnetlink import NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
TCMSG = struct.Struct("=BxxxiIII")


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    length = _ATTRIBUTE.size + len(payload)
    return _ATTRIBUTE.pack(length, kind) + payload + b"\0" * (-length % 4)


def u32(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in data: (type without flags, payload)."""
    at, last, unpack = (
        0,
        len(data) - 4,
        _ATTRIBUTE.unpack_from,
    )  # a dump has ten for each object: this is its cost
    while at <= last:
        length, kind = unpack(data, at)
        if length < 4:
            return
        yield kind & 0x3FFF, data[at + 4 : at + length]
        at += (length + 3) & ~3


def message(kind: int, flags: int, body: bytes) -> bytes:
    """A request; whoever sends it writes the sequence number (bytes 8 to 12)."""
    return _HEADER.pack(_HEADER.size + len(body), kind, flags | NLM_F_REQUEST | NLM_F_ACK, 0, 0) + body


def dump_request(kind: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, NLM_F_REQUEST | NLM_F_DUMP, 0, 0) + body


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The messages in a dump: (type, body)."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _flags, _sequence, _pid = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            return
        yield kind, data[at + _HEADER.size : at + length]
        at += length + (-length % 4)
