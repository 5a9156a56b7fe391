"""Another machine over SSH: one connection, a channel for each program."""

from __future__ import annotations

import io
import logging
import shlex
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Self

import paramiko

from microdc.errors import InputError, MicrodcError, UnreachableError
from microdc.host import namespaces
from microdc.host.keys import KnownHosts
from microdc.host.model import Address, Completed, Process
from microdc.host.streams import Tail

CONNECT_TIMEOUT = 30.0
"""Seconds for each step of connecting. A guest under emulation may need 3 s for a key exchange."""
_KEEPALIVE = 5  # s between the packets that find out whether the other end is still there
_LOST_AFTER = 20_000  # ms without an acknowledgement after which the kernel gives the connection up
# OpenSSH starts a program as leader of its process group, dropbear does not; setsid would fork from a leader.
_LEAD = 'read -r pid name state parent group rest </proc/$$/stat; [ "$group" = $$ ] && exec "$@"; exec setsid "$@"'
_START = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"; echo $$ >&2; "$0" "$@"; exit $?'
_PUT = (
    'part="$1.$$"; umask 077; if cat >"$part" && [ "$(wc -c <"$part")" -eq "$2" ] && chmod "$3" "$part"'
    ' && mv -f "$part" "$1"; then exit 0; else rm -f "$part"; exit 1; fi'
)

logging.getLogger("paramiko").addHandler(
    logging.NullHandler()
)  # what matters of its log is raised, not printed


class SshHost:
    """A machine reached over SSH, with its host key checked against the address's `known_hosts` file.

    Raises UnreachableError when it cannot be reached, is not the machine known, refuses the user's key, or is lost
    later. A connection that is lost stays lost: open the host anew.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client = _connected(address)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0) -> Completed:
        """Runs to the end; see Host. A program that a signal ended has the status 128 + signal, as in the shell."""
        process = SshProcess(self, argv)
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        watch = threading.Timer(timeout, expire)
        watch.daemon = True
        watch.start()
        with ThreadPoolExecutor(2, "ssh-run") as pool:
            try:
                pool.submit(process.feed, stdin)
                errors = pool.submit(process.errors.read)
                stdout = process.stdout.read()
                stderr = errors.result()
                status = process.wait()
            except BaseException:
                process.kill()
                if expired.is_set():
                    what = f"{argv[0]} did not end within {timeout:g} s"
                    raise UnreachableError(what, where=str(self.address)) from None
                raise
            finally:
                watch.cancel()
        if status == 127 and b"not found" in stderr:
            raise UnreachableError(
                f"no program {argv[0]!r}", where=str(self.address), hint="install it there"
            )
        return Completed(tuple(argv), status, stdout, stderr)

    def start(self, argv: Sequence[str]) -> Process:
        """Starts a program; one that is not there ends at once with the status 127."""
        process = SshProcess(self, argv)
        process.keep_tail()
        return process

    def put(self, data: bytes, path: str, *, mode: int = 0o644) -> None:
        """Writes a file whole or not at all, with no more than a shell on the other end."""
        done = self.run(["sh", "-c", _PUT, "put", path, str(len(data)), f"{mode:o}"], stdin=data, timeout=300)
        if not done.ok:
            reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [
                "not all of it arrived"
            ]
            raise UnreachableError(f"cannot write {path}: {reason[0]}", where=str(self.address))

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open_channel(self, command: str) -> paramiko.Channel:
        """A channel on which the other end's shell runs `command`."""
        transport = self._client.get_transport()
        if transport is None or not transport.is_active():
            raise self.lost()
        try:
            channel = transport.open_session(timeout=CONNECT_TIMEOUT)
            channel.exec_command(command)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self.lost(str(error)) from None
        return channel

    def lost(self, reason: str = "") -> UnreachableError:
        """The error that says that the connection is gone."""
        what = f"the connection was lost: {reason}" if reason else "the connection was lost"
        return UnreachableError(what, where=str(self.address), hint="is the machine still up?")


class SshProcess:
    """A program on the other end; see Process. Its shell leads a process group, so that `kill` ends all of it."""

    def __init__(self, host: SshHost, argv: Sequence[str]) -> None:
        self._host = host
        self._name = argv[0]
        self._channel = host.open_channel(
            "exec " + shlex.join(["sh", "-c", _LEAD, "lead", "sh", "-c", _START, *argv])
        )
        self.stdin: IO[bytes] = _Stdin(self._channel)  # type: ignore[assignment]
        self.stdout: IO[bytes] = io.BufferedReader(_Output(self._channel.recv))
        self.errors = io.BufferedReader(_Output(self._channel.recv_stderr))
        self._tail: Tail | None = None
        self._pid = self._first_line()

    def _first_line(self) -> int:
        """The number of the shell, which it tells before it runs the program."""
        self._channel.settimeout(CONNECT_TIMEOUT)
        try:
            line = self.errors.readline()
            self._channel.settimeout(None)
            return int(line)
        except (OSError, ValueError):
            self._channel.close()
            raise self._host.lost(f"{self._name} did not start") from None

    def feed(self, data: bytes) -> None:
        """Writes all of the standard input and ends it. That the program did not want it is its own affair."""
        try:
            self.stdin.write(data)
        except OSError:
            return
        finally:
            self.stdin.close()

    def keep_tail(self) -> None:
        self._tail = Tail(self.errors)

    def wait(self, timeout: float | None = None) -> int:
        if not self._channel.status_event.wait(timeout):
            what = f"{self._name} did not end within {timeout:g} s"
            raise UnreachableError(what, where=str(self._host.address))
        if self._channel.exit_status == -1:  # the channel was closed without telling a status
            raise self._host.lost(f"{self._name} was running")
        return self._channel.exit_status

    def kill(self) -> None:
        if not self._channel.closed and not self._channel.exit_status_ready():
            try:
                killer = self._host.open_channel(f"kill -KILL -{self._pid}")
                killer.settimeout(CONNECT_TIMEOUT)
                killer.recv_exit_status()
            except UnreachableError:
                pass  # with the connection gone there is nothing left to tell
        self._channel.close()

    def stderr_tail(self) -> str:
        return self._tail.text() if self._tail else ""


class _Stdin(io.RawIOBase):
    """A channel's sending side: what is written is sent, close ends the input."""

    def __init__(self, channel: paramiko.Channel) -> None:
        super().__init__()
        self._channel = channel

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._channel.sendall(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            try:
                self._channel.shutdown_write()
            except (OSError, EOFError):
                return


class _Output(io.RawIOBase):
    """A channel's receiving side."""

    def __init__(self, receive: object) -> None:
        super().__init__()
        self._receive = receive

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._receive(len(buffer))  # type: ignore[operator]
        buffer[: len(data)] = data
        return len(data)


def _connected(address: Address) -> paramiko.SSHClient:
    known = KnownHosts(address.known_hosts)
    client = paramiko.SSHClient()
    known.install(client)
    try:
        connection = namespaces.socket_from(
            address.via, (address.name, address.port), timeout=CONNECT_TIMEOUT
        )
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LOST_AFTER)
        client.connect(
            address.name,
            address.port,
            address.user,
            sock=connection,
            key_filename=str(address.identity) if address.identity else None,
            allow_agent=address.identity is None,
            look_for_keys=address.identity is None,
            timeout=CONNECT_TIMEOUT,
            banner_timeout=CONNECT_TIMEOUT,
            auth_timeout=CONNECT_TIMEOUT,
        )
    except MicrodcError:
        client.close()
        raise
    except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
        client.close()
        raise _explained(error, address, known) from None
    transport = client.get_transport()
    assert transport is not None
    transport.set_keepalive(_KEEPALIVE)
    return client


def _explained(error: Exception, address: Address, known: KnownHosts) -> MicrodcError:
    """What a failure to connect means to a person."""
    where = str(address)
    if isinstance(error, paramiko.BadHostKeyException):
        return known.mismatch(where, error)
    if isinstance(error, paramiko.PasswordRequiredException):
        hint = "add it to ssh-agent and leave `identity` out"
        return UnreachableError(f"the key {address.identity} needs a passphrase", where=where, hint=hint)
    if isinstance(error, paramiko.AuthenticationException):
        key = str(address.identity or "ssh-agent and ~/.ssh")
        hint = "is its public key among that user's authorized keys?"
        return UnreachableError(
            f"login as {address.user} was refused for the key of {key}", where=where, hint=hint
        )
    if isinstance(error, FileNotFoundError) and address.identity:
        return InputError(f"there is no key file {address.identity}", where=where)
    via = f" from netns:{address.via}" if address.via else ""
    return UnreachableError(
        f"cannot connect{via}: {error}", where=where, hint="is it up, and its SSH server?"
    )
