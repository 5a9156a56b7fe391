"""HTTP/1.1 as far as firmware, ramdisks and apt need it: requests read within limits, answers written.

Everything has an end: a head that does not come, a body that is too long, a peer that takes nothing any more.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

HEAD_BYTES = 16 << 10
HEAD_SECONDS = 15.0
BODY_BYTES = 1 << 20
BODY_SECONDS = 30.0
_LENGTH = re.compile(r"[0-9]{1,18}")  # str.isdigit takes more for a digit than int does
REASONS = {
    200: "OK",
    206: "Partial Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    416: "Range Not Satisfiable",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class BadRequestError(Exception):
    """A request that is none, or is beyond a limit. status: the answer, 0 for none (the peer is gone)."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass
class Request:
    """A request. headers: by lower-case name, the last of each. address: of the peer."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    address: str
    body: bytes = b""
    lasting: bool = True

    @property
    def bearer(self) -> str:
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    def json(self) -> dict[str, object]:
        """The body as an object. Raises BadRequestError."""
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise BadRequestError(400, "the body is no JSON object")
        return data


@dataclass
class Answer:
    """What is answered. body: where no file is."""

    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object) -> Answer:
        return cls(200, json.dumps(value).encode() + b"\n", "application/json")

    @classmethod
    def failure(cls, status: int, why: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, f"{why}\n".encode(), headers=named)

    def head(self, length: int, *, lasting: bool) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}"]
        lines += [f"Content-Type: {self.kind}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += ["Connection: keep-alive" if lasting else "Connection: close", "", ""]
        return "\r\n".join(lines).encode("latin-1")


class Peer:
    """One connection. What was read beyond a request is kept for the next."""

    def __init__(self, sock: socket.socket, address: str) -> None:
        self.socket, self.address = sock, address
        self._left = b""

    def request(self) -> Request | None:
        """The next one; None where the peer has ended. Raises BadRequestError."""
        head, deadline = self._left, time.monotonic() + HEAD_SECONDS
        while b"\r\n\r\n" not in head:
            if len(head) > HEAD_BYTES:
                raise BadRequestError(413, "the head of the request is too long")
            data = self._receive(deadline, started=bool(head))
            if not data:
                return None
            head += data
        text, _, self._left = head.partition(b"\r\n\r\n")
        request = _parsed(text.decode("latin-1"), self.address)
        request.body = self._body(request)
        return request

    def _body(self, request: Request) -> bytes:
        if "transfer-encoding" in request.headers:
            raise BadRequestError(411, "a body needs a Content-Length")
        text = request.headers.get("content-length", "0")
        if not _LENGTH.fullmatch(text) or int(text) > BODY_BYTES:
            raise BadRequestError(413, f"a body may have {BODY_BYTES} bytes")
        length, deadline = int(text), time.monotonic() + BODY_SECONDS
        while len(self._left) < length:
            data = self._receive(deadline, started=True)
            if not data:
                raise BadRequestError(0, "the peer ended within its request")
            self._left += data
        body, self._left = self._left[:length], self._left[length:]
        return body

    def _receive(self, deadline: float, *, started: bool) -> bytes:
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            return self.socket.recv(65536)
        except OSError as problem:  # a time-out, too
            if started:
                raise BadRequestError(0, f"the request did not come whole: {problem}") from None
            return b""


def _parsed(text: str, address: str) -> Request:
    first, *lines = text.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequestError(400, "this is no HTTP/1.1 request")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequestError(400, "a header line is none")
        headers[name.lower()] = value.strip()
    try:
        parts = urlsplit(words[1])
    except ValueError as problem:
        raise BadRequestError(400, f"the path is none: {problem}") from None
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    close = headers.get("connection", "").lower() == "close" or words[2] == "HTTP/1.0"
    return Request(words[0], unquote(parts.path), query, headers, address, lasting=not close)
