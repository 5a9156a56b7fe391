"""Emptying a disk of what says what is on it, and marking it as ours."""

from __future__ import annotations

import os
from dataclasses import replace

from . import device, gpt, mark, signatures
from .device import Device, told
from .disks import Disk, partitions
from .words import FOREIGN_DATA, FailedError

_ENDS = signatures.ENDS


def contents(disk: Disk) -> signatures.Found:
    with told(f"reading {disk.name}"), device.reading(disk.device) as opened:
        return signatures.look(opened.read, opened.size)


def is_ours(found: signatures.Found, owner: str) -> bool:
    """Whether it may be overwritten without a word: it is empty, or what microdc put there for this owner, see `mark`."""
    return not found.what or mark.is_of(found.guid, owner)


def refuse_foreign(disk: Disk, found: signatures.Found, owner: str) -> None:
    """Raises FailedError for a disk that holds something of somebody else."""
    if is_ours(found, owner):
        return
    whose = " that microdc wrote for another node" if mark.is_ours(found.guid) else ""
    what = f"the disk {disk} holds {' and '.join(found.what)}{whose}"
    raise FailedError(FOREIGN_DATA, f"{what}; allow it to be wiped, or name another disk")


def wipe(disk: Disk) -> None:
    """Empties both ends of a disk and of all its partitions: tables, signatures, boot code. The kernel forgets the partitions."""
    spans = [(0, disk.size), *((start, size) for _, start, size in partitions(disk.name).values())]
    with told(f"wiping {disk.name}"):
        with device.writing(disk.device) as opened:
            for start, size in reversed(
                spans
            ):  # the table last: cut off before, the disk is still known for what it was
                _empty_ends(opened, start, size)
            opened.sync()
        device.forget_partitions(disk.device)


def _empty_ends(opened: Device, start: int, size: int) -> None:
    """Of part of a disk; what is smaller than two ends is emptied whole."""
    ends = {(start, min(size, _ENDS)), (start + max(0, size - _ENDS), min(size, _ENDS))}
    for offset, length in sorted(ends, reverse=True):
        opened.zero(offset, length)


def claim(disk: Disk, owner: str) -> bytes:
    """Writes an empty partition table with our mark, which it returns: from now on, whatever happens, the disk is known to be ours."""
    guid = mark.mark(owner, os.urandom(4))
    table = gpt.Table(guid, disk.size // gpt.SECTOR)
    with told(f"marking {disk.name}"), device.writing(disk.device) as opened:
        write_table(opened, table, b"")
    return guid


def write_table(opened: Device, table: gpt.Table, first: bytes) -> None:
    """Writes a table, the backup before the beginning, which makes it hold. first: what lies at the beginning besides, from byte 0 on."""
    opened.write_bytes(table.sectors * gpt.SECTOR - gpt.LAST_BYTES, gpt.last_bytes(table))
    opened.sync()
    begin = gpt.first_bytes(replace(table, boot_code=table.boot_code or first[:440]))
    opened.write_bytes(0, begin + first[len(begin) :])
    opened.sync()
