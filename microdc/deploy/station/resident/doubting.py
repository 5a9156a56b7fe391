"""A file that a node says is not what was promised: it is read again here, and taken away where that is so. Then the next who needs it brings it anew.

While it is read it is locked, so that nobody takes it for whole meanwhile.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable

from . import trouble
from .place import IMAGES

CODE = "image-hash"
"""With which a ramdisk gives up in that case."""
WAIT_SECONDS = 40.0
"""How long whoever asks for a file waits until it was read: less than he waits for the answer."""
_BLOCK = 1 << 20
_LOOK = 0.2


def hold(digest: str) -> int | None:
    """Locks a file that is to be read; None where it is not there, or is being read."""
    try:
        handle = os.open(IMAGES / digest, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def look_into(handle: int, digest: str, damaged: Callable[[], None]) -> None:
    """Reads a file that is held, beside all else. damaged: called when it was taken away."""
    threading.Thread(target=_look, args=(handle, digest, damaged), daemon=True).start()


def _look(handle: int, digest: str, damaged: Callable[[], None]) -> None:
    try:
        found = hashlib.sha256()
        while block := os.read(handle, _BLOCK):
            found.update(block)
        if found.hexdigest() != digest:
            (IMAGES / digest).unlink()
            damaged()
    except OSError as problem:
        trouble.say(f"{IMAGES / digest} cannot be read: {problem}")
    finally:
        os.close(handle)


def settled(digest: str) -> bool:
    """Whether nobody reads it, waiting for that."""
    try:
        handle = os.open(IMAGES / digest, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return True  # it is not there
    deadline = time.monotonic() + WAIT_SECONDS
    with contextlib.closing(os.fdopen(handle, "rb")) as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(_LOOK)
            else:
                return True
