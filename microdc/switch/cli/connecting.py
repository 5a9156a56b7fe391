"""A switch reached by SSH, logged in, its host key checked; what fails on the way is told apart."""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import cast

import netmiko
import paramiko
from netmiko.exceptions import NetmikoBaseException

from microdc.errors import MicrodcError
from microdc.host import namespaces
from microdc.host.line import Line
from microdc.switch.cli.errors import Cause, SwitchError
from microdc.switch.cli.model import Target
from microdc.switch.cli.offers import offer_of
from microdc.switch.cli.platform import Platform
from microdc.switch.cli.trusting import Trusted, address_of

CONNECT_TIMEOUT = 15.0
"""Seconds for each step of connecting."""

logging.getLogger("paramiko").addHandler(
    logging.NullHandler()
)  # what matters of its log is raised, not printed


def connected(target: Target, platform: Platform, policy: Trusted) -> tuple[netmiko.BaseConnection, Line]:
    """The connection, and the line that it runs over. Raises SwitchError."""
    unwanted = policy.unwanted()
    try:
        return _connect(target, platform, policy, unwanted)
    except paramiko.ssh_exception.IncompatiblePeer as error:
        if unwanted:  # it has a key of another kind than is known: the policy says so
            with contextlib.suppress(paramiko.ssh_exception.IncompatiblePeer):
                return _connect(target, platform, policy, [])
        raise _incompatible(target, str(error)) from None


def close(connection: netmiko.BaseConnection | None, line: Line) -> None:
    """Ends a connection at once; netmiko's own way asks the switch in which mode it is, which may take long."""
    line.close()
    if connection is not None:
        connection.disconnect()  # forgets the password, which netmiko keeps to have it out of its log


def _connect(
    target: Target, platform: Platform, policy: Trusted, unwanted: list[str]
) -> tuple[netmiko.BaseConnection, Line]:
    line = Line(_socket(target))
    login = target.login
    connection: netmiko.BaseConnection | None = None
    try:
        connection = netmiko.ssh_dispatcher(platform.driver)(
            host=target.address,
            port=target.port,
            username=login.user,
            password=login.password or None,
            device_type=platform.driver,
            allow_agent=not login.password,
            disabled_algorithms={"keys": unwanted} if unwanted else None,
            conn_timeout=CONNECT_TIMEOUT,
            auth_timeout=CONNECT_TIMEOUT,
            banner_timeout=CONNECT_TIMEOUT,
            sock=cast("socket.socket", line),  # paramiko asks no more of a socket than Line has
            auto_connect=False,
        )
        connection.use_keys = not login.password
        connection.key_policy = policy
        connection.establish_connection()
    except MicrodcError:
        close(connection, line)
        raise
    except (paramiko.SSHException, NetmikoBaseException, OSError, EOFError, ValueError) as error:
        close(connection, line)
        # netmiko keeps what paramiko raised as the context of its own long text
        cause = error.__context__ if isinstance(error.__context__, Exception) else error
        if isinstance(cause, paramiko.ssh_exception.IncompatiblePeer):
            raise cause from None
        raise _not_connected(target, cause) from None
    return connection, line


def _socket(target: Target) -> socket.socket:
    way = f" from netns:{target.via}" if target.via else ""
    try:
        return namespaces.socket_from(target.via, (target.address, target.port), timeout=CONNECT_TIMEOUT)
    except ConnectionRefusedError:
        raise SwitchError(
            Cause.REFUSED,
            f"{address_of(target)} refuses connections{way}",
            where=target.where,
            hint="is its SSH server on?",
        ) from None
    except TimeoutError:
        raise SwitchError(
            Cause.TIMEOUT,
            f"{address_of(target)} does not answer{way}",
            where=target.where,
            hint="is it up, and the way to it?",
        ) from None
    except OSError as error:
        raise SwitchError(
            Cause.NO_ROUTE,
            f"{address_of(target)} cannot be reached{way}: {error.strerror or error}",
            where=target.where,
        ) from None


def _not_connected(target: Target, error: Exception) -> SwitchError:
    where, login = target.where, target.login
    if isinstance(error, paramiko.AuthenticationException):
        by = "password" if login.password else "keys of ssh-agent and ~/.ssh"
        offered = (
            f", which takes only {', '.join(error.allowed_types)}"
            if isinstance(error, paramiko.BadAuthenticationType)
            else ""
        )
        return SwitchError(
            Cause.LOGIN,
            f"the switch refused the {by} of {login.user}{offered}",
            where=where,
            hint="nothing was tried twice: some lock a user after three wrong tries",
        )
    reason = str(error) or "it hung up"
    if "banner" in reason or "protocol version" in reason:
        return SwitchError(
            Cause.NOT_SSH,
            f"no SSH server answers at {address_of(target)}: {reason}",
            where=where,
            hint="is it the right address and port?",
        )
    return SwitchError(
        Cause.ENDED,
        f"the switch hung up while keys were exchanged: {reason}",
        where=where,
        hint="too many sessions, or an access list?",
    )


def _incompatible(target: Target, reason: str) -> SwitchError:
    """A switch with which no algorithms are shared, named by what it offers."""
    with contextlib.suppress(SwitchError):
        offer = offer_of(_socket(target))
        if offer is not None and offer.outdated:
            return SwitchError(
                Cause.TOO_OLD,
                f"the switch ({offer.software}) speaks only SSH that is broken by now: {offer.outdated}",
                where=target.where,
                hint="update its software or make it a newer key; until then `pip install 'netmiko[par4]'` brings a paramiko that still speaks it",
            )
    return SwitchError(
        Cause.TOO_OLD,
        f"no algorithms are shared with the switch: {reason}",
        where=target.where,
        hint="update its software",
    )
