"""Where things lie in a station's directory, and how they are written. All names are relative: the program works inside of it."""

from __future__ import annotations

import os
import time
from pathlib import Path

STATION = Path("station.json")
KEPT = Path("kept.json")
LOCK = Path("lock")
SOCKET = Path("control.sock")
PROGRAM_LOG = Path("program.log")
PROGRAM_PID = Path("program.pid")
IMAGES = Path("images")
TFTP = Path("tftp")
HOSTS = Path("hosts")
DNSMASQ_CONF = Path("dnsmasq.conf")
DNSMASQ_PID = Path("dnsmasq.pid")
LEASES = Path("leases")
SYSTEM_DIRECTORIES = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


def boottime() -> float:
    """Seconds since boot, suspend included: a stepped wall clock changes no deadline."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def write_whole(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Writes a file whole or not at all, and so that it is there after a power cut."""
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    except OSError:
        part.unlink()
        raise
    finally:
        os.close(handle)
    part.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """What was renamed in it stays so after a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
