"""`microdc tui` in a pseudo terminal: what it writes, when, and what it costs."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 60.0


class Session:
    """A TUI that runs. seen: all bytes since the last `mark`."""

    def __init__(self, argv: Sequence[str], columns: int = 140, rows: int = 40) -> None:
        self.begun = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ.update(LC_ALL="C.UTF-8", TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, "-P", "-m", "microdc.cli", "tui", *argv])
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.seen = b""

    def mark(self) -> None:
        """Forgets what was written so far, once the terminal is quiet."""
        while self.read(0.05):
            pass
        self.seen = b""

    def read(self, wait: float) -> bytes:
        """What comes within so many seconds; b"" where nothing does."""
        if not select.select([self._fd], [], [], wait)[0]:
            return b""
        data = os.read(self._fd, 1 << 16)
        self.seen += data
        return data

    def until(self, *wanted: bytes) -> float:
        """Reads until all these were written. Seconds since the process began, at the byte that completed it."""
        end = time.perf_counter() + PATIENCE
        while not all(one in self.seen for one in wanted):
            if time.perf_counter() > end:
                raise TimeoutError(f"{wanted} was never written; last: {self.seen[-400:]!r}")
            self.read(0.5)
        return time.perf_counter() - self.begun

    def press(self, key: bytes, *wanted: bytes) -> float:
        """Types a key; seconds until these are written."""
        self.mark()
        began = time.perf_counter()
        os.write(self._fd, key)
        self.until(*wanted)
        return time.perf_counter() - began

    def live(self, seconds: float) -> None:
        """Lets it run, and reads what it writes."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.read(0.2)
            self.seen = b""

    def processor(self) -> float:
        """Seconds of a processor that it has taken, its children included."""
        return sum(_processor(pid) for pid in (self.pid, *_children(self.pid)))

    def memory(self) -> float:
        """MiB that are resident, its children included."""
        return sum(_resident(pid) for pid in (self.pid, *_children(self.pid)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGTERM)
        end = time.perf_counter() + 10
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            try:
                self.read(0.05)
            except OSError:
                time.sleep(0.05)
            if time.perf_counter() > end:
                os.kill(self.pid, signal.SIGKILL)
        os.close(self._fd)


def _processor(pid: int) -> float:
    """Of all its threads, in nanoseconds as the scheduler counts them."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
