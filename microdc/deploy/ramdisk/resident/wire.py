"""HTTP/1.1 as far as a station speaks it: one exchange for each connection, bodies of a length that is told.

Of its own, since the standard library's client brings the whole of `email` with it, and copies what streams through it.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_MAX_HEAD = 1 << 16
_MAX_BODY = 1 << 24
CONNECT_SECONDS = 10.0


class WireError(Exception):
    """The exchange failed: cut, stalled, or nothing that is HTTP."""


@dataclass(frozen=True, slots=True)
class Place:
    """host: an address in figures."""

    host: str
    port: int


class Answer:
    """The answer to one request; a context manager that closes the connection.

    length: of its body, in bytes. Raises WireError for all that goes wrong.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        head, self._rest = self._head()
        self.status, self.headers = parse_head(head)
        try:
            self.length = int(self.headers.get("content-length", "0"))
        except ValueError:
            raise WireError("its content-length is no number") from None
        if "transfer-encoding" in self.headers:
            raise WireError("it sends a body of no known length")
        self.left = self.length

    def _head(self) -> tuple[bytes, bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            part = self._receive(1 << 14)
            if not part or len(got) > _MAX_HEAD:
                raise WireError("the connection was cut before an answer came")
            got += part
        head, _, rest = got.partition(b"\r\n\r\n")
        return head, rest

    def _receive(self, most: int) -> bytes:
        try:
            return self._socket.recv(most)
        except OSError as error:
            raise _told(error) from None

    def readinto(self, view: memoryview) -> int:
        """Fills the view as far as the body goes. Fewer bytes mean that no more came in time, 0 that it is over."""
        view = view[: self.left]
        if self._rest:
            count = min(len(view), len(self._rest))
            view[:count] = self._rest[:count]
            self._rest = self._rest[count:]
        elif view:
            try:
                count = self._socket.recv_into(view, 0, socket.MSG_WAITALL)
            except OSError as error:
                raise _told(error) from None
            if not count:
                raise WireError("the connection was cut")
        else:
            return 0
        self.left -= count
        return count

    def body(self) -> bytes:
        if self.left > _MAX_BODY:
            raise WireError(f"its body has {self.left} bytes")
        data = bytearray(self.left)
        view, at = memoryview(data), 0
        while count := self.readinto(view[at:]):
            at += count
        return bytes(data)

    def close(self) -> None:
        self._socket.close()

    def interrupt(self) -> None:
        """Ends a `readinto` that waits in another thread."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has ended

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def request(
    place: Place,
    method: str,
    path: str,
    *,
    token: str = "",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    stall: float = 30.0,
) -> Answer:
    """Sends a request and reads the head of the answer. stall: s without a byte after which it is given up.

    Raises WireError.
    """
    lines = {"Host": f"{place.host}:{place.port}", "Connection": "close", **(headers or {})}
    if token:
        lines["Authorization"] = f"Bearer {token}"
    if body:
        lines |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(min(stall, CONNECT_SECONDS))
        sock.connect((place.host, place.port))
        # blocking, with the kernel's own time-outs: MSG_WAITALL then fills a whole block in one call
        sock.settimeout(None)
        seconds = struct.pack("@ll", int(stall), int(stall % 1 * 1e6))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)
        sock.sendall(f"{head}\r\n".encode("ascii") + body)
        return Answer(sock)
    except OSError as error:
        sock.close()
        raise _told(error) from None
    except BaseException:
        sock.close()
        raise


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers, whose names are in small letters."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not status.isdigit():
        raise WireError(f"this is no answer of HTTP: {first[:80]!r}")
    pairs = (line.partition(":")[::2] for line in lines)
    return int(status), {name.strip().lower(): value.strip() for name, value in pairs}


def _told(error: OSError) -> WireError:
    if isinstance(error, BlockingIOError | TimeoutError):
        return WireError("nothing came any more")
    return WireError((error.strerror or str(error)).lower())
