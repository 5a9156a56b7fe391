"""Programs of this machine that outlive the command that started them, and are found again by later ones."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Daemon:
    """A process by its number and its start (clock ticks since boot), which together never name another one.

    It leads a session and a process group of its own. Its text form `PID:START` is kept in state files.
    """

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Daemon:
        """The running process `pid`; ProcessLookupError if there is none."""
        started = _started(pid)
        if started is None:
            raise ProcessLookupError(pid)
        return cls(pid, started)

    @classmethod
    def parse(cls, text: str) -> Daemon:
        """From `PID:START`; ValueError on other text."""
        pid, _, started = text.strip().partition(":")
        return cls(int(pid), int(started))

    def __str__(self) -> str:
        return f"{self.pid}:{self.started}"

    def alive(self) -> bool:
        """Whether it still runs; a process that ended and waits to be collected does not."""
        return not self.wait(0)

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds for the end of all its threads; whether it has ended."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            # the start is looked at after the handle is there, so that the two are of one process
            return _started(self.pid) != self.started or bool(select.select([handle], [], [], timeout)[0])
        finally:
            os.close(handle)

    def kill(self) -> None:
        """Ends it and its process group at once, and waits for that; nothing happens if it is gone already."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.wait(10)
        with contextlib.suppress(ChildProcessError):  # somebody else's child: its own parent collects it
            os.waitpid(self.pid, os.WNOHANG)


def _started(pid: int) -> int | None:
    """Start time of a process: field 22 of proc_pid_stat(5), counted after the name, which may hold anything."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[19])
