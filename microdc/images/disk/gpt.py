"""Partition tables in the GPT form, for sectors of 512 bytes. Pure. After the UEFI specification 2.10, chapter 5."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

SECTOR = 512
BIOS_BOOT = UUID("21686148-6449-6e6f-744e-656564454649")
EFI_SYSTEM = UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
LINUX_ROOT_AMD64 = UUID("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
_ENTRIES, _ENTRY_SIZE = 128, 128
_TABLE = _ENTRIES * _ENTRY_SIZE // SECTOR  # sectors
_FIRST_USABLE = 2 + _TABLE
AFTER = _TABLE + 1
"""Sectors at the end of a disk that its second table takes."""


@dataclass(frozen=True, slots=True)
class Partition:
    """first, sectors: where it lies. name: up to 36 characters."""

    kind: UUID
    uuid: UUID
    first: int
    sectors: int
    name: str


def tables(disk: UUID, partitions: Sequence[Partition], sectors: int) -> tuple[bytes, bytes]:
    """What lies at the beginning of a disk of so many sectors, from sector 0 on, and at its end.

    The first has room for boot code in its first 440 bytes. Partitions are numbered from 1 in their order.
    """
    entries = b"".join(map(_entry, partitions)).ljust(_ENTRIES * _ENTRY_SIZE, b"\0")
    last = sectors - 1
    primary = _header(disk, entries, here=1, other=last, table=2, sectors=sectors)
    backup = _header(disk, entries, here=last, other=1, table=last - _TABLE, sectors=sectors)
    return _protective(sectors) + primary + entries, entries + backup


def _entry(partition: Partition) -> bytes:
    first, last = partition.first, partition.first + partition.sectors - 1
    ids = partition.kind.bytes_le + partition.uuid.bytes_le
    return ids + struct.pack("<QQQ72s", first, last, 0, partition.name.encode("utf-16-le"))


def _header(disk: UUID, entries: bytes, *, here: int, other: int, table: int, sectors: int) -> bytes:
    usable = _FIRST_USABLE, sectors - 1 - AFTER

    def packed(checksum: int) -> bytes:
        return struct.pack(
            "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, 0, here, other, *usable, disk.bytes_le, table,
            _ENTRIES, _ENTRY_SIZE, zlib.crc32(entries),
        )  # fmt: skip

    return packed(zlib.crc32(packed(0))).ljust(SECTOR, b"\0")


def _protective(sectors: int) -> bytes:
    """An MBR in which all of the disk is one partition, so that what knows no GPT takes nothing for free."""
    entry = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, min(sectors - 1, 0xFFFFFFFF))
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"
