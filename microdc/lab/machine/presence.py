"""Who changes a machine, and whether it runs: two locks of the kernel, which end with their holder however it ends.

`lock` is held while something is changed. `running` is locked by whoever starts QEMU and inherited by it, so that it is
held from before QEMU exists until its last breath: no process number can be wrong, and a second QEMU cannot begin.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from microdc.errors import UnreachableError

PATIENCE = 60.0
"""Seconds to wait for another change; the longest waits for QEMU to end and to start."""
_LOOK = 0.01  # s
_FLOCK = "hhqqi4x"  # struct flock of fcntl(2): type, whence, start, length, pid


@contextlib.contextmanager
def changing(directory: Path) -> Iterator[None]:
    """Keeps all others from changing the machine. Raises UnreachableError where somebody holds it for too long."""
    try:
        handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UnreachableError(
            f"the machine's directory cannot be used: {error.strerror}", where=str(directory)
        ) from None
    try:
        _lock(handle, directory)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, directory: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                what = f"another process has been changing the machine for {PATIENCE:g} s"
                hint = f"`fuser {directory / 'lock'}` tells which"
                raise UnreachableError(what, where=str(directory), hint=hint) from None
            time.sleep(_LOOK)
        else:
            return


def runs(directory: Path) -> bool:
    """Whether a QEMU has the machine, or somebody is about to start one."""
    try:
        handle = os.open(directory / "running", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = fcntl.fcntl(handle, fcntl.F_OFD_GETLK, asked)
    finally:
        os.close(handle)
    return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)


def claim(directory: Path) -> int | None:
    """A descriptor that holds the machine as long as it is open anywhere; None where it is held."""
    handle = os.open(directory / "running", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, asked)
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as fcntl(2) leaves open
        os.close(handle)
        return None
    return handle
