"""u32's options as bytes, both ways. Source of the layout: linux/pkt_cls.h, net/sched/cls_u32.c."""

from __future__ import annotations

import struct

from microdc.netlink.attributes import attribute, attributes, u32
from microdc.netlink.model import U32_TERMINAL, HashTable, Match, Rule

CLASSID, HASH, LINK, DIVISOR, SEL = range(1, 6)

_SEL = struct.Struct(
    "=BBBx2sHhh"
)  # flags, offshift, nkeys, offmask, off, offoff, hoff; then hmask in network order
_KEY = struct.Struct("=ii")
ROOT_TABLES = 0x800
"""Tables from here on are root tables, which the kernel makes and numbers itself."""


def pack_table(table: HashTable) -> bytes:
    return u32(DIVISOR, table.divisor)


def pack_rule(rule: Rule) -> bytes:
    # A rule with a link must not be terminal: the search would end there when the linked table has no match.
    flags = 0 if rule.link else U32_TERMINAL
    selector = _SEL.pack(flags, 0, len(rule.matches), b"\0\0", 0, 0, rule.hash_offset) + struct.pack(
        ">I", rule.hash_mask
    )
    for match in rule.matches:
        selector += struct.pack(">II", match.mask, match.value) + _KEY.pack(match.offset, 0)
    parts = [attribute(SEL, selector)]
    if rule.table:
        parts.append(u32(HASH, rule.table << 20 | rule.bucket << 12))
    parts.append(u32(LINK, rule.link << 20) if rule.link else u32(CLASSID, rule.target))
    return b"".join(parts)


def unpack(handle: int, protocol: int, prio: int, data: bytes) -> HashTable | Rule | None:
    """One filter of a dump; None for a root table, which is the kernel's own."""
    found = dict(attributes(data))
    table, bucket, node = handle >> 20, handle >> 12 & 0xFF, handle & 0xFFF
    root = table >= ROOT_TABLES
    if DIVISOR in found and SEL not in found:
        return None if root else HashTable(table, protocol, prio, _int(found[DIVISOR]))
    if SEL not in found:
        return None
    selector = found[SEL]
    _flags, _shift, count, _mask, _off, _offoff, hash_offset = _SEL.unpack_from(selector)
    (hash_mask,) = struct.unpack_from(">I", selector, _SEL.size)
    matches = []
    for i in range(count):
        at = _SEL.size + 4 + 16 * i
        mask, value = struct.unpack_from(">II", selector, at)
        offset, _offmask = _KEY.unpack_from(selector, at + 8)
        matches.append(Match(value, mask, offset))
    link = _int(found[LINK]) >> 20 if LINK in found else 0
    return Rule(
        protocol,
        prio,
        0 if root else table,
        bucket,
        node,
        tuple(matches),
        target=0 if link else _int(found.get(CLASSID, b"\0\0\0\0")),
        link=link,
        hash_offset=hash_offset,
        hash_mask=hash_mask,
        kernel_handle=handle,
    )


def _int(payload: bytes) -> int:
    return int(struct.unpack("=I", payload)[0])
