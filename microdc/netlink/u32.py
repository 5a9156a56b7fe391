"""u32's options as bytes, both ways. Source of the layout: linux/pkt_cls.h, net/sched/cls_u32.c."""

from __future__ import annotations

import struct
import sys
from functools import lru_cache

from microdc.netlink.attributes import attributes, u32
from microdc.netlink.model import U32_TERMINAL, HashTable, Match, Rule

CLASSID, HASH, LINK, DIVISOR, SEL = range(1, 6)

_SEL = struct.Struct(
    "=BBBx2sHhh"
)  # flags, offshift, nkeys, offmask, off, offoff, hoff; then hmask in network order
_HEAD = struct.Struct("=HHBBBx2sHhh")  # the same behind its attribute's header
_BIG, _KEY = (
    struct.Struct(">II"),
    struct.Struct("=ii"),
)  # of a match: mask and value in network order, the rest not
_U32 = struct.Struct("=HHI")
ROOT_TABLES = 0x800
"""Tables from here on are root tables, which the kernel makes and numbers itself."""


def pack_table(table: HashTable) -> bytes:
    return u32(DIVISOR, table.divisor)


def pack_rule(rule: Rule) -> bytes:
    # A rule with a link must not be terminal: the search would end there when the linked table has no match.
    flags, count = 0 if rule.link else U32_TERMINAL, len(rule.matches)
    head = _HEAD.pack(_HEAD.size + 4 + 16 * count, SEL, flags, 0, count, b"\0\0", 0, 0, rule.hash_offset)
    keys = b"".join(
        [_BIG.pack(match.mask, match.value) + _KEY.pack(match.offset, 0) for match in rule.matches]
    )
    packed = head + rule.hash_mask.to_bytes(4) + keys
    if rule.table:
        packed += _U32.pack(8, HASH, rule.table << 20 | rule.bucket << 12)
    return packed + (_U32.pack(8, LINK, rule.link << 20) if rule.link else _U32.pack(8, CLASSID, rule.target))


@lru_cache(maxsize=1 << 15)  # rules hardly change: most of a dump was seen before
def unpack(handle: int, protocol: int, prio: int, data: bytes) -> HashTable | Rule | None:
    """One filter of a dump; None for a root table, which is the kernel's own."""
    table, bucket, node = handle >> 20, handle >> 12 & 0xFF, handle & 0xFFF
    root = table >= ROOT_TABLES
    selector, link, target, divisor = b"", 0, 0, 0
    for kind, payload in attributes(data):
        if kind == SEL:
            selector = payload
        elif kind == CLASSID:
            target = _int(payload)
        elif kind == LINK:
            link = _int(payload) >> 20
        elif kind == DIVISOR:
            divisor = _int(payload)
    if not selector:
        return None if root or not divisor else HashTable(table, protocol, prio, divisor)
    _flags, _shift, count, _mask, _off, _offoff, hash_offset = _SEL.unpack_from(selector)
    hash_mask = int.from_bytes(selector[_SEL.size : _SEL.size + 4])
    matches = []
    for at in range(_SEL.size + 4, _SEL.size + 4 + 16 * count, 16):
        mask, value = _BIG.unpack_from(selector, at)
        offset, _offmask = _KEY.unpack_from(selector, at + 8)
        matches.append(Match(value, mask, offset))
    return Rule(
        protocol,
        prio,
        0 if root else table,
        bucket,
        node,
        tuple(matches),
        target=0 if link else target,
        link=link,
        hash_offset=hash_offset,
        hash_mask=hash_mask,
        kernel_handle=handle,
    )


def _int(payload: bytes) -> int:
    return int.from_bytes(payload, sys.byteorder)
