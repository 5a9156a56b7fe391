"""HTTP/1.1 on one connection: requests in, answers out, in Redfish's form whatever comes."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from microdc.lab.redfish.refusals import error
from microdc.lab.redfish.service import Service
from microdc.lab.redfish.world import Asked, Reply

LARGEST_BODY = 1 << 20
_HEADERS = {
    "OData-Version": "4.0",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self'",
    "Strict-Transport-Security": "max-age=31536000",
    "Server": "microdc",
}


class Place(Protocol):
    """Where the connection was taken in. log: a file to which each request is written as a line, None for none."""

    service: Service
    log: Path | None

    @property
    def name(self) -> str:
        """ADDRESS:PORT."""


class Connection(BaseHTTPRequestHandler):
    """HTTP of one connection. misplaced: it came without TLS where TLS is spoken."""

    protocol_version = "HTTP/1.1"
    rbufsize = 1 << 16

    def __init__(self, connection: socket.socket, client: Any, place: Place, *, misplaced: bool) -> None:
        self.place, self.misplaced = place, misplaced
        super().__init__(connection, client, place)  # type: ignore[arg-type]  # it only keeps the last one

    def handle_one_request(self) -> None:
        """Reads one request and answers it."""
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline:
            return
        begun = time.monotonic()
        if len(self.raw_requestline) > 65_536:
            self.requestline = self.request_version = self.command = ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif self.parse_request():
            reply = self._redirected() if self.misplaced else self._answer()
            if reply:
                self._send(reply)
                self._note(reply, begun)

    def _redirected(self) -> Reply:
        host = self.headers.get("Host") or self.place.name
        return Reply(308, None, {"Location": f"https://{host}{self.path}", "Connection": "close"})

    def _answer(self) -> Reply | None:
        """What the service says; None where the body was not taken, which has been answered."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return None
        if int(length) > LARGEST_BODY:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(length))
        path = unquote(parts.path).rstrip("/") or "/"
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers["client"] = str(self.client_address[0])
        asked = Asked(
            method=self.command,
            path=path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=headers,
            raw=raw,
            target=self.path,
        )
        return self.place.service.answer(asked)

    def _send(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else b""
        if isinstance(reply.body, dict):
            body = json.dumps(reply.body).encode()
        headers = {**_HEADERS, "Date": _date(int(time.time())), **reply.headers}
        if isinstance(reply.body, dict):
            headers.setdefault("Content-Type", "application/json;charset=utf-8")
            kind = str(reply.body.get("@odata.type", "")).removeprefix("#").rpartition(".")[0]
            if kind:
                headers["Link"] = f"</redfish/v1/JsonSchemas/{kind}>; rel=describedby"
        if reply.stream or self.headers.get("Connection", "").lower() == "close":
            headers["Connection"] = "close"
        self.close_connection = self.close_connection or "Connection" in headers
        if not self.close_connection and self.headers.get("Connection", "").lower() == "keep-alive":
            headers["Connection"] = (
                "keep-alive"  # who asks is promised that it stays open, as by BMCs with Apache
            )
        if not reply.stream and reply.status not in {204, 304}:
            headers["Content-Length"] = str(len(body))
        head = self._head(reply.status, headers)
        if reply.cut is not None:
            self._fall_silent((head + body[: reply.cut]) if reply.status else b"")
            return
        self.wfile.write(head if self.command == "HEAD" else head + body)
        if reply.stream and self.command != "HEAD":
            reply.stream(self)

    def write(self, data: bytes) -> None:
        """Sends a piece of a stream."""
        self.wfile.write(data)
        self.wfile.flush()

    def gone(self) -> bool:
        """Whether the reader of a stream, who has nothing more to say, has closed the connection."""
        poll = select.poll()  # select(2) takes no descriptor above 1023, and a thousand BMCs have them
        poll.register(self.connection, select.POLLIN)
        if not poll.poll(0):
            return False
        try:
            return not self.connection.recv(4096)
        except OSError:
            return True

    @staticmethod
    def _head(status: int, headers: dict[str, str]) -> bytes:
        phrase = HTTPStatus(status).phrase if status else ""
        lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _fall_silent(self, first: bytes) -> None:
        """Sends that much and then nothing, until the client gives up."""
        self.close_connection = True
        self.wfile.write(first)
        self.connection.settimeout(600)
        with contextlib.suppress(OSError):
            while self.connection.recv(4096):
                pass

    def _note(self, reply: Reply, begun: float) -> None:
        if self.place.log:
            spent = (time.monotonic() - begun) * 1000
            line = f"{self.command} {self.path} {reply.status} {spent:.1f}\n"
            with contextlib.suppress(OSError), self.place.log.open("ab", buffering=0) as file:
                file.write(line.encode())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What is no HTTP is answered in Redfish's form too, and ends the connection."""
        status = HTTPStatus(code)
        told = "PayloadTooLarge" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else "GeneralError"
        body = json.dumps(error(told)).encode()
        headers = {
            **_HEADERS,
            "Content-Type": "application/json;charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        self.close_connection = True
        self.wfile.write(self._head(status, headers) + body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: requests are noted where the lab asks for it."""


def _dates() -> Callable[[int], str]:
    """The Date header, made once a second."""
    last: tuple[int, str] = (0, "")

    def date(second: int) -> str:
        nonlocal last
        if last[0] != second:
            last = (second, formatdate(second, usegmt=True))
        return last[1]

    return date


_date = _dates()
