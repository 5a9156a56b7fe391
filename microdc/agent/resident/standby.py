"""The second process: it only waits for the agent's death, and then takes its place.

So what is to end on time ends on time when the agent is killed. Who kills both at once stops the clock until the next
controller comes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

BYE = b"."


class Standby:
    """The agent's hold on its standby. `fileno` becomes readable when the standby has died."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.process: subprocess.Popen[bytes] | None = None
        self.line: socket.socket | None = None

    def fileno(self) -> int:
        return -1 if self.line is None else self.line.fileno()

    @property
    def stands(self) -> bool:
        return self.line is not None

    def start(self) -> None:
        """Starts one where none is."""
        if self.line is not None:
            return
        try:
            self._start()
        except OSError:  # no more processes or descriptors: tried again the next time
            if self.line is not None:
                self.line.close()
            self.line = self.process = None

    def _start(self) -> None:
        self.line, other = socket.socketpair()
        argv = [
            sys.executable,
            "-I",
            "-S",
            sys.argv[0],
            "stand-by",
            str(self.place.parent),
            str(other.fileno()),
        ]
        with (self.place / "agent.log").open("ab") as told, other:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=told,
                pass_fds=(other.fileno(),),
                start_new_session=True,
                cwd="/",
            )

    def lost(self) -> None:
        """It has died: the next `start` starts another."""
        if self.line is not None and self.process is not None:
            self.line.close()
            self.process.wait()
            self.line = self.process = None

    def dismiss(self) -> None:
        """Lets it end, since what follows is no death but an end."""
        if self.line is not None:
            with contextlib.suppress(OSError):
                self.line.send(BYE)
        self.lost()


def stand_by(descriptor: int, argv: list[str]) -> None:
    """Waits for the end of the agent that holds the other end of the descriptor; takes its place if it did not say bye."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))  # the agent blocks it while it is busy
    with socket.socket(fileno=descriptor) as line:
        try:
            said = line.recv(1)
        except OSError:
            said = b""
    if said != BYE:
        os.execv(sys.executable, [sys.executable, "-I", "-S", sys.argv[0], *argv])
