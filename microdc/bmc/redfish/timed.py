"""Connections of urllib3 whose answers have one deadline as a whole: a BMC that sends a byte a second does not stretch it.

requests and urllib3 know a time-out for each read only.
"""

from __future__ import annotations

import http.client
import io
import socket
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from microdc.bmc.redfish.line import Deadline, Line


class _Timed(io.RawIOBase):
    """What a socket receives, each read bounded by what is left of the deadline."""

    def __init__(self, connection: socket.socket, received: io.RawIOBase, deadline: Deadline) -> None:
        super().__init__()
        self._connection = connection
        self._received = received
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._connection.settimeout(self._deadline.left())
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, connection: socket.socket, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(connection, *args, **options)
        # nothing was read yet: the buffer is laid anew over the same socket
        self.fp = io.BufferedReader(_Timed(connection, self.fp.detach(), deadline))


class Plain(HTTPConnection):
    """HTTP over a line."""

    def __init__(self, *args: Any, line: Line, **options: Any) -> None:
        super().__init__(*args, **options)
        self.line = line

    def response_class(self, connection: socket.socket, **options: Any) -> _Answer:  # type: ignore[override]
        """What http.client builds an answer with."""
        return _Answer(connection, deadline=self.line.deadline, **options)

    def _new_conn(self) -> socket.socket:
        return self.line.open()


class Secured(HTTPSConnection):
    """HTTPS over a line, which verifies the certificate itself."""

    def __init__(self, *args: Any, line: Line, **options: Any) -> None:
        super().__init__(*args, **options)
        self.line = line

    def response_class(self, connection: socket.socket, **options: Any) -> _Answer:  # type: ignore[override]
        """What http.client builds an answer with."""
        return _Answer(connection, deadline=self.line.deadline, **options)

    def connect(self) -> None:
        self.sock = self.line.secure(self.line.open())
        self.is_verified = (
            True  # by the line, or as little as the document says; urllib3 warns of anything else
        )


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = Plain


class _SecuredPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = Secured


def pool_of(line: Line) -> urllib3.HTTPConnectionPool:
    """The one connection of a client, opened when it is needed and again after it ended."""
    pool = _PlainPool if line.context is None else _SecuredPool
    return pool(line.host, line.port, maxsize=1, block=False, retries=False, line=line)
