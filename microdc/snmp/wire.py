"""The UDP socket of one session: made in a network namespace, connected to the agent, given to pysnmp.

Connected, so that the kernel takes packets from the agent alone, and tells at once when nobody listens there. pysnmp's own client mode makes its socket
in the loop's thread, wherever that is; its server mode takes one that is made elsewhere.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from pysnmp.carrier.asyncio.dgram.udp import UdpAsyncioTransport
from pysnmp.carrier.asyncio.dgram.udp6 import Udp6AsyncioTransport

from microdc.host import namespaces
from microdc.snmp import faults
from microdc.snmp.model import Agent


def connected(agent: Agent) -> socket.socket:
    """A socket to the agent, from the namespace from which it is reached. Raises SnmpError, and UnreachableError for the namespace."""
    try:
        return namespaces.call(agent.via, lambda: _connected(agent))
    except OSError as problem:
        raise faults.lost(agent, problem, setting=False) from None


def _connected(agent: Agent) -> socket.socket:
    found = socket.getaddrinfo(agent.address, agent.port, type=socket.SOCK_DGRAM)
    family, kind, protocol, _, address = found[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        made.connect(address)
    except BaseException:
        made.close()
        raise
    return made


class _Heard:
    """What a session hears of its socket: whether a packet came, and what the system says of lost ones.

    took: whether the session has taken a packet itself; others are pysnmp's.
    """

    heard = False
    lost: Callable[[OSError], None] = staticmethod(lambda _: None)
    took: Callable[[bytes], bool] = staticmethod(lambda _: False)

    def datagram_received(self, datagram: bytes, address: Any) -> None:
        self.heard = True
        if not self.took(datagram):
            super().datagram_received(datagram, address)  # type: ignore[misc]

    def error_received(self, problem: OSError) -> None:
        self.lost(problem)


class Wire4(_Heard, UdpAsyncioTransport):  # type: ignore[misc]
    """Over IPv4."""

    domain = (1, 3, 6, 1, 6, 1, 1)  # snmpUDPDomain


class Wire6(_Heard, Udp6AsyncioTransport):  # type: ignore[misc]
    """Over IPv6."""

    domain = (1, 3, 6, 1, 2, 1, 100, 1, 2)  # transportDomainUdpIpv6


Wire = Wire4 | Wire6


def close(wire: Wire) -> None:
    """Closes the socket of a transport."""
    untyped: Any = wire
    untyped.close_transport()


def send(wire: Wire, datagram: bytes) -> None:
    """Sends a packet to the agent."""
    untyped: Any = wire.transport
    untyped.sendto(datagram)


async def opened(made: socket.socket) -> Wire:
    """A socket as pysnmp's transport, ready to send."""
    wire: Wire = Wire6() if made.family == socket.AF_INET6 else Wire4()
    wire.open_server_mode(sock=made)
    opening = wire._lport  # noqa: SLF001  the task that opens it; nothing else tells when it has
    if isinstance(opening, asyncio.Future):
        await opening
    return wire
