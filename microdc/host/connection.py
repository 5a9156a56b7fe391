"""A connection to an SSH server, logged in; through other servers where the way leads over them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import paramiko

from microdc.errors import MicrodcError, UnreachableError
from microdc.host import namespaces
from microdc.host.known_hosts import KnownHosts, negotiated
from microdc.host.line import FAILURES, Line
from microdc.host.login import log_in
from microdc.host.model import Address

CONNECT_TIMEOUT = 30.0
"""Seconds for each step of connecting. A guest under emulation may need 3 s for a key exchange."""


@dataclass(slots=True)
class Connection:
    """An open connection, and the one to the jump host in which it runs."""

    address: Address
    transport: paramiko.Transport
    line: Line
    jump: Connection | None

    def channel(self, command: str, timeout: float = CONNECT_TIMEOUT) -> paramiko.Channel:
        """A channel on which the other end's shell runs `command`. Raises UnreachableError."""
        if not self.transport.is_active():
            raise self.lost()
        try:
            channel = self.transport.open_session(timeout=timeout)
            channel.exec_command(command)
        except paramiko.ChannelException as error:
            hint = "its sshd allows few at once: MaxSessions"
            raise UnreachableError(
                f"the server opens no session: {error}", where=str(self.address), hint=hint
            ) from None
        except FAILURES as error:
            raise self.lost(str(error)) from None
        return channel

    @property
    def ended(self) -> bool:
        """Whether it is gone, or about to be: paramiko ends the channels before the transport counts as ended."""
        return not self.transport.is_active() or self.transport.saved_exception is not None

    def lost(self, reason: str = "") -> UnreachableError:
        """The error that says that the connection is gone, and which one on the way."""
        reason = self.line.loss or reason
        if self.jump is not None and (self.jump.line.overdue or self.jump.ended):
            return self.jump.lost(reason)
        what = f"the connection was lost: {reason}" if reason else "the connection was lost"
        return UnreachableError(
            what, where=str(self.address), hint="is the machine still up, and the way to it?"
        )

    def close(self) -> None:
        self.transport.close()
        if self.jump is not None:
            self.jump.close()


def open_connection(address: Address) -> Connection:
    """Connects and logs in; to the jump host first, where the address has one.

    Raises UnreachableError or InputError that name the server that failed.
    """
    known = KnownHosts(address)
    jump = _open_jump(address)
    with contextlib.ExitStack() as opened:
        if jump is not None:
            opened.callback(jump.close)
        line = _line(address, jump)
        opened.callback(line.close)
        try:
            transport = paramiko.Transport(line)  # type: ignore[arg-type]  # it asks no more of a socket than Line has
            opened.callback(transport.close)
            _greet(transport, known)
            log_in(transport, address)
        except MicrodcError:
            raise
        except (*FAILURES, ValueError) as error:
            raise _refused(address, jump, str(error) or "the server hung up") from None
        line.guard(transport)
        opened.pop_all()
    return Connection(address, transport, line, jump)


def offered_key(address: Address, kinds: Sequence[str]) -> str:
    """The host key that an SSH server offers, as `TYPE BASE64`: keys are exchanged, so it holds the private half; nobody logs in to it.

    kinds: the types of key that are asked for, the better first. Raises UnreachableError, also where the server has none of them.
    """
    jump = _open_jump(address)
    with contextlib.ExitStack() as opened:
        if jump is not None:
            opened.callback(jump.close)
        line = _line(address, jump)
        opened.callback(line.close)
        try:
            transport = paramiko.Transport(line)  # type: ignore[arg-type]  # it asks no more of a socket than Line has
            opened.callback(transport.close)
            transport.banner_timeout = transport.auth_timeout = CONNECT_TIMEOUT
            options = transport.get_security_options()
            names = [name for kind in kinds for name in negotiated(kind)]
            options.key_types = [name for name in names if name in options.key_types]
            transport.start_client(timeout=CONNECT_TIMEOUT)
            key = transport.get_remote_server_key()
        except (*FAILURES, ValueError) as error:
            raise _refused(address, jump, str(error) or "the server hung up") from None
    return f"{key.get_name()} {key.get_base64()}"


def _open_jump(address: Address) -> Connection | None:
    if address.jump is None:
        return None
    try:
        return open_connection(address.jump)
    except MicrodcError as error:
        where = f"{error.where}, the jump host of {address}" if error.where else f"on the way to {address}"
        raise type(error)(error.what, where=where, hint=error.hint) from None


def _line(address: Address, jump: Connection | None) -> Line:
    """TCP from here, or from the jump host."""
    if jump is None:
        try:
            place = (address.name, address.port)
            return Line(namespaces.socket_from(address.via, place, timeout=CONNECT_TIMEOUT))
        except OSError as error:
            raise _refused(address, jump, str(error)) from None
    try:
        here, there = (
            ("127.0.0.1", 0),
            (address.name, address.port),
        )  # sshd only logs where we claim to come from
        return Line(jump.transport.open_channel("direct-tcpip", there, here, timeout=CONNECT_TIMEOUT))
    except paramiko.ChannelException as error:
        if error.code == 1:  # SSH_OPEN_ADMINISTRATIVELY_PROHIBITED
            what = f"the jump host does not let through to {address}"
            hint = "allow AllowTcpForwarding for this user in its sshd_config"
            raise UnreachableError(what, where=str(jump.address), hint=hint) from None
        raise _refused(address, jump, error.text) from None
    except FAILURES as error:
        raise _refused(address, jump, str(error)) from None


def _greet(transport: paramiko.Transport, known: KnownHosts) -> None:
    """Exchanges keys; the other end must have one that is trusted."""
    transport.banner_timeout = transport.auth_timeout = CONNECT_TIMEOUT
    options = transport.get_security_options()
    wanted = [kind for kind in known.kinds() if kind in options.key_types]
    options.key_types = [*wanted, *(kind for kind in options.key_types if kind not in wanted)]
    transport.start_client(timeout=CONNECT_TIMEOUT)
    known.check(transport.get_remote_server_key())


def _refused(address: Address, jump: Connection | None, reason: str) -> UnreachableError:
    way = f" via {jump.address}" if jump else f" from netns:{address.via}" if address.via else ""
    seen = "as seen from the jump host" if jump else ""
    hint = ", ".join(filter(None, ("is it up, and its SSH server", seen))) + "?"
    return UnreachableError(f"cannot connect{way}: {reason}", where=str(address), hint=hint)
