"""The QEMU that has a machine: found and ended."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from microdc.errors import UnreachableError
from microdc.host.daemon import Daemon
from microdc.lab.machine import files, presence
from microdc.lab.teardown import guest_processes

_APPEARS = 10.0  # s in which a process whose starter was killed becomes a QEMU that can be found
_LOOK = 0.02  # s


def end(directory: Path) -> None:
    """Kills it, and waits until the machine is held by nobody. Raises UnreachableError where it stays held."""
    deadline = time.monotonic() + _APPEARS
    while presence.runs(directory):
        daemon = find(directory)
        if daemon:
            daemon.kill()
        elif time.monotonic() > deadline:
            what = "something holds the machine, and it is no QEMU"
            hint = f"`fuser {directory / 'running'}` tells what"
            raise UnreachableError(what, where=str(directory), hint=hint)
        else:
            time.sleep(_LOOK)


def find(directory: Path) -> Daemon | None:
    """None where there is none, or where it is only about to become one."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        daemon = Daemon.parse((directory / files.PROCESS).read_text("ascii"))
        if daemon.alive():
            return daemon
    # its starter was killed before it wrote the number down
    for pid in guest_processes(directory):
        with contextlib.suppress(ProcessLookupError):
            return Daemon.of(pid)
    return None
