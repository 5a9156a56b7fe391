"""dnsmasq as a child of this program: started, heard, restarted when it dies, and ended with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from .dhcplog import Reader, Seen, reasons
from .place import DNSMASQ_CONF, DNSMASQ_PID, SYSTEM_DIRECTORIES, boottime

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
QUIET_SECONDS = 0.2
"""After the last line of an exchange nothing more of it comes."""


def program() -> str | None:
    """Where dnsmasq is; None where it is not installed."""
    return shutil.which("dnsmasq", path=_path())


def _path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_DIRECTORIES}"


class Dnsmasq:
    """One dnsmasq. fileno: what it says. All of it is called from the main thread: the child dies with the thread that started it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.reader = Reader()
        self.restart_at: float | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._tail: deque[str] = deque(maxlen=20)
        self._pause = FIRST_PAUSE
        self._said_at = self._started_at = 0.0

    @property
    def runs(self) -> bool:
        return self._child is not None

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    @property
    def ready(self) -> bool:
        """It runs and has read the hosts as they are now."""
        return self.runs and self.reader.ready

    def fileno(self) -> int:
        assert self._child is not None
        assert self._child.stdout is not None
        return self._child.stdout.fileno()

    def start(self) -> None:
        """Raises OSError where it is not there. One that a killed program left behind is ended first."""
        _end_left(self.directory)
        path = program()
        if path is None:
            raise FileNotFoundError("dnsmasq is not installed")
        self.reader, self._rest = Reader(), b""
        self._tail.clear()
        self._started_at = boottime()
        self._child = subprocess.Popen(
            [*_leash(), path, f"--conf-file={self.directory / DNSMASQ_CONF}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        os.set_blocking(self.fileno(), False)
        self.restart_at = None

    def reread(self) -> None:
        """Has it read the hosts again; it answers on meanwhile."""
        if self._child is not None:
            self.reader.expect()
            self._child.send_signal(signal.SIGHUP)

    def heard(self) -> Iterator[Seen]:
        """What it told since the last call."""
        while True:
            try:
                data = os.read(self.fileno(), 65536)
            except BlockingIOError:
                return
            if not data:
                return
            self._said_at = boottime()
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                text = line.decode("utf-8", "replace")
                self._tail.append(text)
                yield from self.reader.line(text)

    def settled(self) -> Iterator[Seen]:
        """What was held back for lines that do not come any more."""
        if boottime() - self._said_at > QUIET_SECONDS:
            yield from self.reader.flush()

    def died(self) -> int | None:
        """Its status where it has ended by itself; then it is to be started again at `restart_at`."""
        if self._child is None or self._child.poll() is None:
            return None
        status = self._child.returncode
        for _ in self.heard():  # its last words are kept
            pass
        self._close()
        self.restart_at = boottime() + self._pause
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
        return status

    def calm(self) -> None:
        """It serves: after a while the next death is a new story."""
        if boottime() - self._started_at > LONGEST_PAUSE:
            self._pause = FIRST_PAUSE

    def said(self) -> str:
        """Why it ended, in its words."""
        return reasons(list(self._tail))

    def lines(self) -> list[str]:
        return list(self._tail)

    def stop(self) -> list[Seen]:
        """Ends it, and waits for that; what it told until then that was not taken in yet."""
        self.restart_at = None
        if self._child is None:
            return []
        self._child.terminate()
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        last = [*self.heard(), *self.reader.flush()]
        self._close()
        return last

    def _close(self) -> None:
        if self._child is not None and self._child.stdout is not None:
            self._child.stdout.close()
        self._child = None


def _leash() -> list[str]:
    """Words that end dnsmasq when this program is killed. Where they cannot be had, the next start ends what is left."""
    setpriv = shutil.which("setpriv", path=_path())
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _end_left(directory: Path) -> None:
    """A dnsmasq with our configuration that is nobody's child any more."""
    try:
        pid = int((directory / DNSMASQ_PID).read_text("ascii"))
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return
    if f"--conf-file={directory / DNSMASQ_CONF}".encode() in words:
        os.kill(pid, signal.SIGKILL)
