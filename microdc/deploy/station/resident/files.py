"""Files over a socket: the kernel carries the bytes from the page cache, this program only says which."""

from __future__ import annotations

import os
import re
import select
import socket
from pathlib import Path

STALLED_SECONDS = 60.0
"""A peer that takes nothing for so long is cut off. A ramdisk that waits for its disk may take nothing for some seconds."""
_CHUNK = 4 << 20
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def part(header: str, size: int) -> tuple[int, int] | None:
    """Begin and end of what a Range header asks for: all of it where it is none that we follow; None where it lies outside."""
    found = _RANGE.fullmatch(header.strip()) if header else None
    if not found or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    begin = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    return (begin, end) if begin < end else None


def send(sock: socket.socket, file: int, begin: int, end: int) -> int:
    """Sends a part of an open file; how many bytes the peer's side took, fewer than asked where the connection was cut or stalled."""
    sock.setblocking(False)
    ready = select.poll()
    ready.register(sock, select.POLLOUT)
    offset = begin
    try:
        while offset < end:
            try:
                sent = os.sendfile(sock.fileno(), file, offset, min(_CHUNK, end - offset))
            except BlockingIOError:
                if not ready.poll(STALLED_SECONDS * 1000):
                    break
                continue
            if not sent:  # the file has become shorter
                break
            offset += sent
    except OSError:
        pass
    return offset - begin


def within(root: Path, path: str) -> Path | None:
    """The file of a served directory that a path names; None where it is none, or lies outside of it."""
    if "\0" in path:
        return None
    found = Path(os.path.realpath(root / path.lstrip("/")))
    base = os.path.realpath(root)
    try:
        return found if str(found).startswith(f"{base}/") and found.is_file() else None
    except OSError:  # a name that no file system takes
        return None
