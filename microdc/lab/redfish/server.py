"""The wire: listening sockets of many BMCs in one process, TLS, HTTP/1.1 with connections that stay open.

A thread per connection, as many as MOST_CONNECTIONS for one BMC; one thread takes all connections in.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microdc.lab.redfish.connection import Connection
from microdc.lab.redfish.service import Service

IDLE_SECONDS = 60.0
"""After which a connection on which nothing comes is closed."""
MOST_CONNECTIONS = 64
_TLS_HANDSHAKE = b"\x16"


@dataclass(slots=True)
class Listener:
    """A BMC at an address. tls None: plain HTTP. log: a file to which each request is written as a line, None for none."""

    service: Service
    socket: socket.socket
    tls: ssl.SSLContext | None = None
    log: Path | None = None
    slots: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(MOST_CONNECTIONS)
    )

    @property
    def name(self) -> str:
        """ADDRESS:PORT."""
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(address: str, port: int) -> socket.socket:
    """A listening socket. OSError where the address is taken or not here."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=64)


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and newer with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def serve(listeners: list[Listener], stop: socket.socket) -> None:
    """Takes connections in until something can be read from `stop`."""
    with selectors.DefaultSelector() as selector:
        for listener in listeners:
            listener.socket.setblocking(False)
            selector.register(listener.socket, selectors.EVENT_READ, listener)
        selector.register(stop, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is None:
                    return
                with contextlib.suppress(OSError):  # gone again before it was taken in
                    _take_in(key.data, key.data.socket.accept())


def _take_in(listener: Listener, accepted: tuple[socket.socket, Any]) -> None:
    connection, client = accepted
    if not listener.slots.acquire(blocking=False):
        connection.close()
        return
    threading.Thread(target=_talk, args=(listener, connection, client), daemon=True).start()


def _talk(listener: Listener, connection: socket.socket, client: Any) -> None:
    """A connection from its first byte to its end."""
    try:
        connection.settimeout(IDLE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain = False
        if listener.tls:
            plain = connection.recv(1, socket.MSG_PEEK) != _TLS_HANDSHAKE
            if not plain:
                connection = listener.tls.wrap_socket(connection, server_side=True)
        Connection(connection, client, listener, misplaced=plain)
    except OSError:
        pass  # a client that goes away, or takes the certificate for no good
    except Exception:  # noqa: BLE001  one connection's trouble is not another's
        traceback.print_exc()
    finally:
        connection.close()
        listener.slots.release()
