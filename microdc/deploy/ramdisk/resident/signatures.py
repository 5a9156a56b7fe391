"""What lies on a disk or a partition, from what its owner wrote at its ends. Only reads; pure but for that.

Magic numbers are those of the formats' own headers; util-linux's libblkid, which most systems look with, knows many more. What is
not known here, but is not empty either, is told as such: it is somebody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import gpt

Read = Callable[[int, int], bytes]
"""Bytes from an offset on; fewer at the end."""
ENDS = 1 << 20
"""Bytes at either end that are looked at, and emptied where a disk is wiped."""

_MAGICS: tuple[tuple[int, bytes, str], ...] = (
    (0x438, b"\x53\xef", "an ext file system"),
    (0, b"XFSB", "an XFS file system"),
    (0x10040, b"_BHRfS_M", "a btrfs file system"),
    (0, b"LUKS\xba\xbe", "an encrypted volume (LUKS)"),
    (3, b"NTFS    ", "an NTFS file system"),
    (0x36, b"FAT", "a FAT file system"),
    (0x52, b"FAT32", "a FAT file system"),
    (3, b"EXFAT   ", "an exFAT file system"),
    (0x8001, b"CD001", "an ISO 9660 image"),
    (0xFF6, b"SWAPSPACE2", "swap space"),
    (0xFF6, b"SWAP-SPACE", "swap space"),
    (0, b"hsqs", "a squashfs"),
    (0, b"bluestore block device", "a Ceph OSD"),
    (0x1018, bytes.fromhex("c68573f64e1a45ca8265f57f48ba6d81"), "a bcache device"),
    (0x400, b"\x10\x20\xf5\xf2", "an F2FS file system"),
    *((sector * 512, b"LABELONE", "a volume of LVM") for sector in range(4)),
    *((offset, b"\xfc\x4e\x2b\xa9", "a member of a Linux RAID") for offset in (0, 0x1000)),
)
_RAID = b"\xfc\x4e\x2b\xa9"  # 0xa92b4efc, the smallest byte first
_DDF = b"\xde\x11\xde\x11"
_INTEL_RAID = b"Intel Raid ISM Cfg Sig. "
_ZFS = (b"\x0c\xb1\xba\0\0\0\0\0", b"\0\0\0\0\0\xba\xb1\x0c")
_ZFS_BLOCKS = range(0x20000, 0x40000, 0x400)
_BOOT_CODE = 440  # bytes of a first sector


@dataclass(frozen=True, slots=True)
class Found:
    """what: in words, () where the place is empty. guid: of its partition table where that is all that lies there, else b"".

    So a disk that once had a table of ours, which somebody else has made something of since, is not taken for ours.
    """

    what: tuple[str, ...] = ()
    guid: bytes = b""


@dataclass(frozen=True, slots=True)
class _Table:
    """what: words, "" where there is none. whole: it can be read, so that what lies around it is its own."""

    what: str = ""
    guid: bytes = b""
    whole: bool = False


def look(read: Read, size: int) -> Found:
    """What lies on a device of this size."""
    first, last = read(0, min(ENDS, size)), read(max(0, size - ENDS), min(ENDS, size))
    table = _table(first, last[-gpt.SECTOR :])
    what = [words for offset, magic, words in _MAGICS if first[offset : offset + len(magic)] == magic]
    what += _master_boot_record(first, with_table=bool(table.what))
    what += _at_the_end(last, size)
    if any(first[block : block + 8] in _ZFS for block in _ZFS_BLOCKS):
        what.append("a ZFS pool")
    what = list(dict.fromkeys(what))
    if not what and not table.whole and _unknown(first, last, table):
        what.append("data of an unknown kind")
    return Found(((table.what,) if table.what else ()) + tuple(what), b"" if what else table.guid)


def _table(first: bytes, last: bytes) -> _Table:
    if len(first) < gpt.FIRST_BYTES:
        return _Table()
    # what was cut off while it wrote the first sectors has left one of the two
    guid = gpt.guid_of(first[gpt.SECTOR : 2 * gpt.SECTOR]) or gpt.guid_of(last)
    try:
        table = gpt.parse(first)
    except gpt.TableError as error:
        return _Table(f"a broken partition table ({error})", guid)
    if table is None:
        return _Table("the backup of a partition table (GPT)", guid) if guid else _Table()
    names = ", ".join(f"{each.number} {each.name!r}" for each in table.partitions)
    count = len(table.partitions)
    words = f"a partition table (GPT) with {count} partition{'s' if count != 1 else ''}"
    return _Table(f"{words}: {names}" if names else words, table.guid, whole=True)


def _unknown(first: bytes, last: bytes, table: _Table) -> bool:
    """Whether something lies at either end that is not of a table whose writing was cut off."""
    if not table.what:
        return bool(first.strip(b"\0") or last.strip(b"\0"))
    begun = gpt.FIRST_BYTES if table.what.startswith("a broken") else gpt.SECTOR
    return bool(first[begun:].strip(b"\0") or (begun == gpt.SECTOR and first[:_BOOT_CODE].strip(b"\0")))


def _master_boot_record(first: bytes, *, with_table: bool) -> Iterator[str]:
    """with_table: there is a GPT, to which a record belongs that gives all of the disk away, with boot code or without."""
    if first[510:512] != b"\x55\xaa" or first[0x36:0x39] == b"FAT" or first[0x52:0x57] == b"FAT32":
        return
    if first[3:11] in {b"NTFS    ", b"EXFAT   "}:
        return
    kinds = [first[446 + 16 * index + 4] for index in range(4)]
    used = sum(kind != 0 for kind in kinds)
    if with_table and set(kinds) <= {0, gpt.PROTECTIVE}:
        return
    if used:
        yield f"a partition table (MBR) with {used} partition{'s' if used != 1 else ''}"
    elif first[:_BOOT_CODE].strip(b"\0"):
        yield "a boot sector"


def _at_the_end(last: bytes, size: int) -> Iterator[str]:
    start = size - len(last)

    def at(offset: int, length: int) -> bytes:
        return last[max(0, offset - start) :][:length] if offset >= start else b""

    old = (size & ~0xFFFF) - 0x10000  # version 0.90: the last whole 64 KiB but one
    newer = ((size // 512 - 16) & ~7) * 512  # version 1.0: 8 KiB before the end, on 4 KiB
    if at(old, 4) == _RAID or at(newer, 4) == _RAID:
        yield "a member of a Linux RAID"
    if at(size - 512, 4) == _DDF:
        yield "a member of a controller's RAID (DDF)"
    if at(size - 1024, len(_INTEL_RAID)) == _INTEL_RAID:
        yield "a member of a controller's RAID (Intel)"
