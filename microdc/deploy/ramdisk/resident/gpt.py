"""GUID partition tables, read and written. Pure. Layout: UEFI Specification 2.10, chapter 5.3. Sectors are of 512 bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

SECTOR = 512
ENTRIES, ENTRY_SIZE = 128, 128
TABLE_SECTORS = ENTRIES * ENTRY_SIZE // SECTOR
FIRST_BYTES = (2 + TABLE_SECTORS) * SECTOR
"""Of the protective MBR, the header and the entries, at the beginning of a disk."""
LAST_BYTES = (1 + TABLE_SECTORS) * SECTOR
"""Of entries and header at the end of a disk."""
_HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
_SIGNATURE, _REVISION = b"EFI PART", 0x00010000
_ENTRY = struct.Struct("<16s16sQQQ72s")
PROTECTIVE = 0xEE
"""The kind of the one partition of a master boot record that gives the whole disk away."""
_BOOT_CODE = 440
"""Bytes of a master boot record before its disk signature."""


class TableError(ValueError):
    """There is a table, but nobody can trust it."""


@dataclass(frozen=True, slots=True)
class Partition:
    """number: from 1. first, last: sectors, both of them its own."""

    number: int
    type: bytes
    guid: bytes
    first: int
    last: int
    attributes: int = 0
    name: str = ""

    @property
    def start(self) -> int:
        return self.first * SECTOR

    @property
    def size(self) -> int:
        return (self.last - self.first + 1) * SECTOR


@dataclass(frozen=True, slots=True)
class Table:
    """sectors: of the disk for which it is made."""

    guid: bytes
    sectors: int
    partitions: tuple[Partition, ...] = ()
    boot_code: bytes = b""

    @property
    def last_usable(self) -> int:
        return self.sectors - 2 - TABLE_SECTORS

    def partition(self, number: int) -> Partition:
        """Raises TableError where there is none of this number."""
        for partition in self.partitions:
            if partition.number == number:
                return partition
        raise TableError(f"it has no partition {number}")


def parse(first: bytes) -> Table | None:
    """The table at the beginning of a disk; None where there is none. Raises TableError for one whose sums do not hold.

    first: at least FIRST_BYTES.
    """
    header = first[SECTOR : 2 * SECTOR]
    signature, _, _, _, _, _, backup, _, _, guid, at, count, entry_size, entries_sum = _HEADER.unpack_from(
        header
    )
    if signature != _SIGNATURE:
        return None
    if guid_of(header) != guid:
        raise TableError("the sum of its partition table's header does not hold")
    entries = first[at * SECTOR : at * SECTOR + count * entry_size]
    if entry_size != ENTRY_SIZE or len(entries) < count * entry_size or crc32(entries) != entries_sum:
        raise TableError("the sum of its partitions does not hold")
    found = (_partition(index + 1, entries[index * ENTRY_SIZE :]) for index in range(count))
    return Table(guid, backup + 1, tuple(entry for entry in found if entry), bytes(first[:_BOOT_CODE]))


def guid_of(header: bytes) -> bytes:
    """The disk's GUID of a sector that is a table's header, b"" where it is none or its sum does not hold."""
    if len(header) < _HEADER.size or header[:8] != _SIGNATURE:
        return b""
    values = _HEADER.unpack_from(header)
    summed = bytearray(header[: max(_HEADER.size, min(values[2], SECTOR))])
    summed[16:20] = bytes(4)
    return bytes(values[9]) if crc32(summed) == values[3] else b""


def _partition(number: int, data: bytes) -> Partition | None:
    kind, guid, first, last, attributes, name = _ENTRY.unpack_from(data)
    if kind == bytes(16):
        return None
    return Partition(
        number, kind, guid, first, last, attributes, name.decode("utf-16-le", "replace").split("\0")[0]
    )


def moved(table: Table, sectors: int, guid: bytes, grown: int) -> Table:
    """The same for another disk, with one partition grown to its end.

    Raises TableError where it does not fit, or where another partition lies behind the one that is to grow.
    """
    made = replace(table, guid=guid, sectors=sectors)
    wanted = table.partition(grown)
    if max(partition.last for partition in table.partitions) > made.last_usable:
        raise TableError("its partitions do not fit onto the disk")
    if any(partition.first > wanted.first for partition in table.partitions):
        raise TableError(f"partition {grown} cannot grow: another one lies behind it")
    last = (
        made.last_usable - (made.last_usable + 1 - wanted.first) % 8
    )  # whole blocks of a file system, of 4 KiB
    partitions = tuple(
        replace(each, last=max(last, each.last)) if each is wanted else each for each in table.partitions
    )
    return replace(made, partitions=partitions)


def renamed(table: Table, drawn: Callable[[int], bytes]) -> Table:
    """The same with GUIDs of its partitions that no other disk has: the system is told by one of them where its root is, and another disk
    with the same image may be in the machine. drawn: so many random bytes.
    """
    return replace(table, partitions=tuple(replace(each, guid=_guid(drawn(16))) for each in table.partitions))


def _guid(drawn: bytes) -> bytes:
    """A version 4 UUID (RFC 9562, 5.4) as it lies on a disk: of its first three parts the smallest byte comes first."""
    return drawn[:7] + bytes([0x40 | drawn[7] & 0x0F, 0x80 | drawn[8] & 0x3F]) + drawn[9:16]


def first_bytes(table: Table) -> bytes:
    """What lies in the first sectors of a disk."""
    entries = _entries(table.partitions)
    header = _header(table, entries, here=1, there=table.sectors - 1, entries_at=2)
    return _protective(table) + header.ljust(SECTOR, b"\0") + entries


def last_bytes(table: Table) -> bytes:
    """What lies in the last sectors of a disk."""
    entries = _entries(table.partitions)
    at = table.sectors - 1
    header = _header(table, entries, here=at, there=1, entries_at=at - TABLE_SECTORS)
    return entries + header.ljust(SECTOR, b"\0")


def _entries(partitions: Sequence[Partition]) -> bytes:
    data = bytearray(ENTRIES * ENTRY_SIZE)
    for each in partitions:
        name = each.name.encode("utf-16-le")[:72]
        _ENTRY.pack_into(
            data,
            (each.number - 1) * ENTRY_SIZE,
            each.type,
            each.guid,
            each.first,
            each.last,
            each.attributes,
            name,
        )
    return bytes(data)


def _header(table: Table, entries: bytes, *, here: int, there: int, entries_at: int) -> bytes:
    def packed(own_sum: int) -> bytes:
        return _HEADER.pack(
            _SIGNATURE,
            _REVISION,
            _HEADER.size,
            own_sum,
            0,
            here,
            there,
            2 + TABLE_SECTORS,
            table.last_usable,
            table.guid,
            entries_at,
            ENTRIES,
            ENTRY_SIZE,
            crc32(entries),
        )

    return packed(crc32(packed(0)))


def _protective(table: Table) -> bytes:
    """A master boot record that tells old programs that all of the disk is taken."""
    length = min(table.sectors - 1, 0xFFFFFFFF)
    # not active, from sector 1 (0/0/2) on, to the end as far as cylinders and heads can say
    entry = struct.pack("<B3sB3sII", 0, b"\x00\x02\x00", PROTECTIVE, b"\xff\xff\xff", 1, length)
    code = table.boot_code[:_BOOT_CODE].ljust(_BOOT_CODE + 6, b"\0")
    return code + entry + bytes(48) + b"\x55\xaa"
