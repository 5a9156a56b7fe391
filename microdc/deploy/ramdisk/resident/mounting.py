"""The partitions of a disk that has no table yet, mounted: the kernel is told where they are, the disk is not.

So a system can be given all that it needs before anything on the disk can be booted.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from . import programs
from .disks import Disk, partitions
from .gpt import Partition
from .words import CONFIGURE, FailedError

_BLKPG, _ADD, _DELETE = 0x1269, 1, 2  # linux/blkpg.h
_EXT4_RESIZE = 0x40086610  # EXT4_IOC_RESIZE_FS: _IOW('f', 16, __u64)
_NODE_SECONDS = 10.0


@contextlib.contextmanager
def partition(disk: Disk, part: Partition) -> Iterator[Path]:
    """A partition as a device of its own, for the time of the block."""
    with disk.device.open("rb") as opened:
        _tell(opened.fileno(), _ADD, part)
        try:
            yield _node(disk, part)
        finally:
            _tell(opened.fileno(), _DELETE, part)


def _tell(descriptor: int, what: int, part: Partition) -> None:
    details = struct.pack("@qqi64s64s", part.start, part.size, part.number, b"", b"")
    data = array.array("B", details.ljust(struct.calcsize("@qqi64s64s0q"), b"\0"))
    address, length = data.buffer_info()
    try:
        fcntl.ioctl(descriptor, _BLKPG, struct.pack("@iiiP", what, 0, length, address))
    except OSError as error:
        raise FailedError(
            CONFIGURE, f"the kernel does not take partition {part.number}: {error.strerror}"
        ) from None


def _node(disk: Disk, part: Partition) -> Path:
    deadline = time.monotonic() + _NODE_SECONDS
    while time.monotonic() < deadline:
        found = partitions(disk.name).get(part.number)
        if found and (path := Path("/dev") / found[0]).exists():
            return path
        time.sleep(0.05)
    raise FailedError(CONFIGURE, f"partition {part.number} of {disk.name} does not appear")


@contextlib.contextmanager
def mounted(device: Path, place: Path, kind: str, options: str = "rw") -> Iterator[Path]:
    """A file system below a place that is made, for the time of the block; all is on the disk after it."""
    place.mkdir(parents=True, exist_ok=True)
    try:
        programs.run(["mount", "-t", kind, "-o", options, str(device), str(place)])
    except programs.ProgramError as error:
        raise FailedError(CONFIGURE, f"{device.name} cannot be mounted as {kind}: {error}") from None
    try:
        yield place
        os.sync()
    finally:
        programs.run(["umount", str(place)])


def grow(place: Path, size: int) -> int:
    """Has the kernel grow the ext4 file system that is mounted there to a device of this size; its bytes then."""
    block = os.statvfs(place).f_bsize
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, _EXT4_RESIZE, struct.pack("@Q", size // block))
    except OSError as error:
        raise FailedError(CONFIGURE, f"the root file system cannot be grown: {error.strerror}") from None
    finally:
        os.close(descriptor)
    after = os.statvfs(place)
    return after.f_blocks * after.f_frsize
