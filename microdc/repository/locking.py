"""One builder at a time in a directory."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

LOCK = ".lock"
"""The name of its file."""


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Holds a directory for one builder; others wait. The lock ends with the process, however it ends."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
