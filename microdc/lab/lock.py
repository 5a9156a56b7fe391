"""One command at a time builds or ends a lab."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

from microdc.errors import RefusedError
from microdc.lab import names


@contextlib.contextmanager
def held(lab: str) -> Iterator[None]:
    """Holds the lab's lock file, which goes away with the lock. Raises RefusedError where somebody else holds it."""
    path = names.labs_dir() / f"{lab}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            what = f"another command is building or ending the lab {lab!r}"
            raise RefusedError(what, where=str(path), hint="wait for it, or take another --name") from None
        if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
            break
        os.close(handle)  # the holder before us took the file away with its lock
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)
        with contextlib.suppress(OSError):  # other labs are there
            path.parent.rmdir()
