"""A program that runs at the other end of an SSH connection."""

from __future__ import annotations

import contextlib
import errno
import io
import shlex
import time
from collections.abc import Callable, Sequence
from typing import IO

import paramiko

from microdc.errors import UnreachableError
from microdc.host.connection import CONNECT_TIMEOUT, Connection
from microdc.host.line import FAILURES
from microdc.host.streams import Tail

KILL_TIMEOUT = 5.0
"""Seconds that `kill` waits to hear that the program has ended."""
_GREETING = 65536  # bytes before the program after which no more is read of what a shell prints
# OpenSSH starts a program as leader of its process group, dropbear does not; setsid would fork from a leader.
_LEAD = 'read -r pid name state parent group rest </proc/$$/stat; [ "$group" = $$ ] && exec "$@"; exec setsid "$@"'
_START = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"; echo "microdc $$"; "$0" "$@"; exit $?'


class SshProcess:
    """A program on the other end; see Process. Its shell leads a process group, so that `kill` ends all of it."""

    def __init__(self, connection: Connection, argv: Sequence[str]) -> None:
        self._connection = connection
        self._name = argv[0]
        self._channel = connection.channel(
            "exec " + shlex.join(["sh", "-c", _LEAD, "lead", "sh", "-c", _START, *argv])
        )
        self.stdin: IO[bytes] = _Stdin(connection, self._channel)  # type: ignore[assignment]
        self.stdout: IO[bytes] = io.BufferedReader(_Output(connection, self._channel, self._channel.recv))
        self.errors = io.BufferedReader(_Output(connection, self._channel, self._channel.recv_stderr))
        self._tail: Tail | None = None
        try:
            self._pid = self._first_line()
        except BaseException:
            _close(self._channel)
            raise

    def _first_line(self) -> int:
        """The number of the shell, which it tells before it runs the program."""
        self._channel.settimeout(CONNECT_TIMEOUT)
        before = b""
        try:
            while b"microdc " not in before and len(before) < _GREETING:
                line = self.stdout.readline()
                if not before and line.startswith(b"microdc "):
                    self._channel.settimeout(None)
                    return int(line.split()[1])
                if not line:
                    raise self._no_shell(before or self.errors.readline())
                before += line
        except OSError:
            raise self._connection.lost(f"{self._name} did not start") from None
        address, said = self._connection.address, _words(before.partition(b"microdc ")[0])
        raise UnreachableError(
            f"the login shell of {address.user} prints {said!r} before the program runs",
            where=str(address),
            hint="make its start-up files (such as ~/.bashrc) silent where the shell is not interactive",
        )

    def _no_shell(self, said: bytes) -> UnreachableError:
        """What it means that the login shell said something else, or nothing, and ended."""
        address = self._connection.address
        return UnreachableError(
            f"programs cannot be run there as {address.user}: {_words(said) or 'it said nothing'}",
            where=str(address),
            hint=f"{address.user} needs a login shell such as sh or bash, and no ForceCommand",
        )

    def feed(self, data: bytes) -> None:
        """Writes all of the standard input and ends it. That the program did not want it is its own affair."""
        try:
            self.stdin.write(data)
        except (OSError, UnreachableError):
            return
        finally:
            self.stdin.close()

    def keep_tail(self) -> None:
        self._tail = Tail(self.errors)

    def wait(self, timeout: float | None = None) -> int:
        if not self._channel.status_event.wait(timeout):
            what = f"{self._name} did not end within {timeout:g} s"
            raise UnreachableError(what, where=str(self._connection.address))
        if self._channel.exit_status == -1:  # the channel was closed without telling a status
            raise self._connection.lost(f"{self._name} was running")
        return self._channel.exit_status

    def kill(self) -> None:
        if not self._channel.closed and not self._channel.exit_status_ready():
            self._kill_group()
        _close(self._channel)

    def _kill_group(self) -> None:
        if self._connection.line.overdue:
            return  # with the connection gone there is nothing left to tell
        end = time.monotonic() + KILL_TIMEOUT
        try:
            killer = self._connection.channel(f"kill -KILL -{self._pid}", KILL_TIMEOUT)
        except UnreachableError:
            return
        killer.status_event.wait(max(0.0, end - time.monotonic()))
        _close(killer)

    def stderr_tail(self) -> str:
        return self._tail.text() if self._tail else ""


def _close(channel: paramiko.Channel) -> None:
    with contextlib.suppress(*FAILURES):  # the other end is told, which may be gone
        channel.close()


def _words(said: bytes) -> str:
    """As much of it as a message can hold."""
    return said.decode(errors="replace").strip()[:80]


class _Stdin(io.RawIOBase):
    """A channel's sending side: what is written is sent, close ends the input. Raises UnreachableError as _Output does."""

    def __init__(self, connection: Connection, channel: paramiko.Channel) -> None:
        super().__init__()
        self._connection = connection
        self._channel = channel

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        try:
            self._channel.sendall(data)
        except FAILURES as error:
            if isinstance(error, OSError) and not self._connection.ended:
                raise BrokenPipeError(errno.EPIPE, "the program takes no more") from None
            raise self._connection.lost() from None
        return len(data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            with contextlib.suppress(*FAILURES):
                self._channel.shutdown_write()


class _Output(io.RawIOBase):
    """A channel's receiving side. Raises UnreachableError where its end is that of the connection."""

    def __init__(
        self, connection: Connection, channel: paramiko.Channel, receive: Callable[[int], bytes]
    ) -> None:
        super().__init__()
        self._connection = connection
        self._channel = channel
        self._receive = receive

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._receive(len(buffer))
        except TimeoutError:
            raise
        except FAILURES:
            raise self._connection.lost() from None
        if not data and not self._channel.eof_received and self._connection.ended:
            raise self._connection.lost()
        buffer[: len(data)] = data
        return len(data)
