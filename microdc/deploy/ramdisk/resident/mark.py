"""How a disk of ours is known: the GUID of its partition table, which names us and its owner, lasts as long as the table. Pure.

A version 8 UUID (RFC 9562, 5.8), as it lies on the disk: six bytes of ours, 42 bits of the owner's name, four random bytes. The owner is a
node, with its site and testbed: servers of different labs have the same names, and disks move between them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

_OURS = b"microd"
LENGTH = 16


def owner_of(order: Mapping[str, Any]) -> str:
    """Whose disks an order is about."""
    return str(order.get("owner") or order["node"])


def mark(owner: str, salt: bytes) -> bytes:
    """A mark of its own for each disk; salt: four random bytes."""
    digest = hashlib.sha256(b"microdc disk of " + owner.encode()).digest()
    name = bytes([digest[0], 0x80 | digest[1] & 0x0F, 0x80 | digest[2] & 0x3F]) + digest[3:6]
    return _OURS + name + salt[:4]


def is_ours(guid: bytes) -> bool:
    """Whether microdc wrote it, for whichever owner."""
    return len(guid) == LENGTH and guid[:6] == _OURS and guid[7] >> 4 == 8 and guid[8] >> 6 == 2


def is_of(guid: bytes, owner: str) -> bool:
    return is_ours(guid) and guid[:12] == mark(owner, b"\0\0\0\0")[:12]
