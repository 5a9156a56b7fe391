"""A disk, or a file in its place, as bytes to be read and written past the kernel's cache, so that errors show at once."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

from .words import DISK_ERROR, FailedError

ALIGNED = 4096
"""Offsets, lengths and addresses of what goes past the cache are multiples of it: as large as any disk's block."""
_BLKRRPART, _BLKZEROOUT = 0x125F, 0x127F  # linux/fs.h
_ZEROS = 1 << 20


def aligned(size: int) -> memoryview:
    """A buffer that begins at a page."""
    return memoryview(mmap.mmap(-1, size))


class Device:
    """size: bytes. All that fails raises OSError."""

    def __init__(self, descriptor: int, *, direct: bool) -> None:
        self._descriptor, self._direct = descriptor, direct
        self._is_disk = stat.S_ISBLK(os.fstat(descriptor).st_mode)
        self.size = os.lseek(descriptor, 0, os.SEEK_END)

    def read(self, offset: int, length: int) -> bytes:
        """Fewer bytes where the device ends."""
        start, end = offset - offset % ALIGNED, min(offset + length, self.size)
        if end <= offset:
            return b""
        buffer = aligned(-(-(end - start) // ALIGNED) * ALIGNED)
        got = 0
        while start + got < end:
            count = os.preadv(self._descriptor, [buffer[got:]], start + got)
            if not count:
                break
            got += count
        return bytes(buffer[offset - start : min(got, end - start)])

    def write(self, offset: int, view: memoryview) -> None:
        """offset, and where the view lies: on a block. A last part that is no whole block goes through the cache."""
        whole = len(view) - len(view) % ALIGNED if self._direct else len(view)
        self._all(offset, view[:whole])
        if whole < len(view):
            self._through_cache(offset + whole, view[whole:])

    def _all(self, offset: int, view: memoryview) -> None:
        at = 0
        while at < len(view):
            count = os.pwrite(self._descriptor, view[at:], offset + at)
            if not count:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            at += count

    def _through_cache(self, offset: int, view: memoryview) -> None:
        flags = fcntl.fcntl(self._descriptor, fcntl.F_GETFL)
        fcntl.fcntl(self._descriptor, fcntl.F_SETFL, flags & ~os.O_DIRECT)
        try:
            self._all(offset, view)
            os.fsync(self._descriptor)
        finally:
            fcntl.fcntl(self._descriptor, fcntl.F_SETFL, flags)

    def write_bytes(self, offset: int, data: bytes) -> None:
        """Bytes that lie anywhere."""
        start = offset - offset % ALIGNED
        end = min(-(-(offset + len(data)) // ALIGNED) * ALIGNED, self.size)
        around = bytearray(self.read(start, end - start))
        around[offset - start : offset - start + len(data)] = data
        buffer = aligned(len(around))
        buffer[:] = around
        self.write(start, buffer)

    def zero(self, offset: int, length: int) -> None:
        """Makes it read as zeros; a disk may do so without writing them, the kernel sees to it that it is true."""
        if self._is_disk:
            fcntl.ioctl(self._descriptor, _BLKZEROOUT, struct.pack("@QQ", offset, length))
            return
        empty = aligned(_ZEROS)
        for at in range(offset, offset + length, _ZEROS):
            self.write(at, empty[: min(_ZEROS, offset + length - at)])

    def sync(self) -> None:
        os.fsync(self._descriptor)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Device]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield Device(descriptor, direct=False)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Device]:
    """For writing, past the cache where that is possible; a disk for nobody else: one that is mounted is refused (EBUSY)."""
    exclusive = os.O_EXCL if stat.S_ISBLK(path.stat().st_mode) else 0
    flags = os.O_RDWR | os.O_CLOEXEC | exclusive
    direct = True
    try:
        descriptor = os.open(path, flags | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        direct = False  # the file system knows no such thing
        descriptor = os.open(path, flags)
    try:
        yield Device(descriptor, direct=direct)
    finally:
        os.close(descriptor)


def forget_partitions(path: Path) -> None:
    """Has the kernel read the partition table of a disk anew."""
    with path.open("rb") as disk:
        fcntl.ioctl(disk, _BLKRRPART)


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """An OSError in the block becomes a failure of the disk, with what was being done."""
    try:
        yield
    except OSError as error:
        raise FailedError(DISK_ERROR, f"{what}: {error.strerror or error}") from None
