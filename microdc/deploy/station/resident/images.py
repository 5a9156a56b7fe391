"""Files by their digest: taken in once, checked, and only then there under their name."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
from pathlib import Path
from typing import AbstractSet, BinaryIO  # noqa: UP035 - Python 3.8

from . import doubting
from .place import IMAGES, sync_directory

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20
KEEP_SECONDS = 14 * 86400.0
"""How long a file stays that no plan names: the next deployment of an image does not cross the WAN again."""
_EVERY = 64 << 20
"""Bytes after which what came is put on the disk: what a power cut takes away is fetched again."""


class ReceiveError(Exception):
    """A file that could not be taken in. code: a word for the controller."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def held(digest: str) -> bool:
    """Whether it is there, and stays for a while: who asks is about to name it. Raises ReceiveError while it is being read again."""
    if _DIGEST.fullmatch(digest) and not doubting.settled(digest):
        raise ReceiveError("busy", "a node says that it is damaged, and it is being read just now")
    with contextlib.suppress(OSError):
        if there(digest):
            os.utime(IMAGES / digest)
    return there(digest)


def there(digest: str) -> bool:
    return bool(_DIGEST.fullmatch(digest)) and (IMAGES / digest).is_file()


def begun(digest: str) -> int:
    """How many bytes of it are there, of an earlier try."""
    try:
        return _part(digest).stat().st_size
    except FileNotFoundError:
        return 0


def tidy(named: AbstractSet[str], now: float) -> None:
    """Removes what no plan has named for long. now: as the file system counts."""
    for path in IMAGES.iterdir():
        with contextlib.suppress(OSError):  # another one took it away
            if path.name in named:
                os.utime(path)
            elif now - path.stat().st_mtime > KEEP_SECONDS:
                path.unlink()


def receive(digest: str, size: int, offset: int, source: BinaryIO) -> int:
    """Takes the bytes from `offset` on from a stream; how many are there then. The whole file gets its name when its digest is right.

    A stream that ends before is an earlier try for the next. Raises ReceiveError; after a wrong digest nothing of it is kept.
    """
    if not _DIGEST.fullmatch(digest):
        raise ReceiveError("bad-request", f"{digest!r} is no digest")
    IMAGES.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(_part(digest), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(handle)
        return _take_in(handle, digest, size, offset, source)
    except OSError as problem:
        code = "no-space" if problem.errno in (errno.ENOSPC, errno.EDQUOT) else "cannot-write"
        raise ReceiveError(code, os.strerror(problem.errno or 0)) from problem
    finally:
        os.close(handle)


def _take_in(handle: int, digest: str, size: int, offset: int, source: BinaryIO) -> int:
    if there(digest):  # another one brought it meanwhile
        _part(digest).unlink()
        return size
    if os.fstat(handle).st_size < offset:
        raise ReceiveError("moved", "less of it is there than was said: ask again")
    os.ftruncate(handle, offset)
    os.lseek(handle, offset, os.SEEK_SET)
    got = _copy(handle, size, offset, source)
    if got == size:
        _finish(handle, digest, size)
    return got


def _part(digest: str) -> Path:
    return IMAGES / f"{digest}.part"


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ReceiveError("busy", "another one brings this file just now") from None


def _copy(handle: int, size: int, got: int, source: BinaryIO) -> int:
    synced = got
    while got < size:
        block = source.read(min(_BLOCK, size - got))
        if not block:
            break
        view = memoryview(block)
        while view:
            view = view[os.write(handle, view) :]
        got += len(block)
        if got - synced >= _EVERY:
            os.fdatasync(handle)
            synced = got
    os.fsync(handle)
    return got


def _finish(handle: int, digest: str, size: int) -> None:
    found, at = hashlib.sha256(), 0
    while at < size:
        block = os.pread(handle, _BLOCK, at)
        if not block:
            break
        found.update(block)
        at += len(block)
    if found.hexdigest() != digest:
        _part(digest).unlink()
        raise ReceiveError("wrong-digest", f"what came has the SHA-256 {found.hexdigest()}, and not {digest}")
    _part(digest).rename(IMAGES / digest)
    sync_directory(IMAGES)
