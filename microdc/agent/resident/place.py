"""When and where the agent runs."""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path

SO_NETNS_COOKIE = 71


def boottime() -> float:
    """Seconds since boot, suspend included: a stepped wall clock changes no deadline."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def identity() -> str:
    """Of this boot and this network namespace: an agent and a state of another one are not ours."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            namespace = struct.unpack("=Q", sock.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))[0]
        except OSError:  # before Linux 5.14; an inode's number may be given out again
            namespace = Path("/proc/self/ns/net").stat().st_ino
    return f"{boot}-{namespace}"
