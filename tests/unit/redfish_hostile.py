"""A Redfish service on a raw socket that can misbehave below HTTP: half an answer, a byte now and then, no TLS, another certificate.

What it is asked for is kept, so that tests count what reached it.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import ipaddress
import json
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from microdc.bmc.model import Limits, Login, Target

QUICK = Limits(connect=1, answer=1, attempts=1, pause=0.01, busy=0.5)
"""For what must run out of time: over plain HTTP, so that the rest does not on a busy machine."""
CALM = Limits(connect=10, answer=20, attempts=2, pause=0.01, busy=5.0, answer_bytes=256 * 1024)
"""For what is to work on a busy machine too."""
USER, PASSWORD = "operator", "kept-to-itself-7"
ROOT = {
    "@odata.id": "/redfish/v1/",
    "@odata.type": "#ServiceRoot.v1_15_0.ServiceRoot",
    "RedfishVersion": "1.15.0",
    "Systems": {"@odata.id": "/redfish/v1/Systems"},
    "Managers": {"@odata.id": "/redfish/v1/Managers"},
    "SessionService": {"@odata.id": "/redfish/v1/SessionService"},
    "Links": {"Sessions": {"@odata.id": "/redfish/v1/SessionService/Sessions"}},
}
SESSIONS = "/redfish/v1/SessionService/Sessions"
SYSTEM = "/redfish/v1/Systems/1"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = None


Raw = Callable[[socket.socket], None]
"""Writes what it likes; the connection ends after it."""
Rule = Callable[[Request], "bytes | Raw"]


def reply(
    status: int = 200,
    body: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
    kind: str = "application/json",
) -> bytes:
    """An answer in HTTP. body: JSON, or bytes as they are."""
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Told\r\n{head}\r\n".encode() + (b"" if status == 304 else content)


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> bytes:
    """An error as Redfish writes it."""
    info = [{"MessageId": code, "Message": message}]
    return reply(
        status, {"error": {"code": "Base.1.12.GeneralError", "@Message.ExtendedInfo": info}}, headers=headers
    )


def silence(after: bytes = b"") -> Raw:
    """Sends a beginning and then nothing, until the other side gives up."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(after)
        with contextlib.suppress(OSError):
            connection.recv(1)

    return behave


def dripping(answer: bytes, every: float) -> Raw:
    """A byte now and then."""

    def behave(connection: socket.socket) -> None:
        gone = threading.Event()
        for at in range(len(answer)):
            connection.sendall(answer[at : at + 1])
            gone.wait(every)

    return behave


def ending(after: bytes = b"") -> Raw:
    """Sends a beginning and ends the connection."""
    return lambda connection: connection.sendall(after)


@dataclass
class Hostile:
    """See the module. rules: by method and path, asked before what a plain service would answer; connections: how many were made."""

    context: ssl.SSLContext | None
    rules: dict[tuple[str, str], Rule] = field(default_factory=dict)
    root: Any = field(default_factory=lambda: dict(ROOT))
    requests: list[Request] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)  # token -> path
    connections: int = 0
    password: str = PASSWORD

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._guard = threading.Lock()
        self._start(self._accept)
        return self

    def __exit__(self, *failure: object) -> None:
        with self._guard:
            self._closed = True
            left = list(self._open)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'http' if self.context is None else 'https'}://127.0.0.1:{self.port}"

    def target(self, **changes: Any) -> Target:
        return Target(**{"name": "r1-s1", "redfish": self.url, "login": Login(USER, PASSWORD), **changes})

    def seen(self, method: str, path: str) -> int:
        """How many such requests reached it."""
        return sum((one.method, one.path) == (method, path) for one in self.requests)

    # -- the wire

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._guard:
                if self._closed:
                    connection.close()
                    return
                self._open.add(connection)
                self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        connection: socket.socket = plain
        try:
            plain.settimeout(20)
            if self.context is not None:
                connection = self.context.wrap_socket(plain, server_side=True)
                with self._guard:
                    self._open.discard(plain)
                    self._open.add(connection)
            with connection.makefile("rb") as received:
                while (request := _read(received)) is not None:
                    self.requests.append(request)
                    answer = self._answer(request)
                    if callable(answer):
                        answer(connection)
                        break
                    connection.sendall(answer)
        except (OSError, ValueError):
            pass
        finally:
            with self._guard:
                self._open -= {plain, connection}
            connection.close()

    # -- the service

    def _answer(self, request: Request) -> bytes | Raw:
        rule = self.rules.get((request.method, request.path)) or self.rules.get(("*", "*"))
        if rule is not None:
            return rule(request)
        return self.plainly(request)

    def plainly(self, request: Request) -> bytes:
        """What a service answers that does not misbehave."""
        if request.path.rstrip("/") == "/redfish/v1":
            return reply(200, self.root)
        if (request.method, request.path) == ("POST", SESSIONS):
            return self.log_in(request)
        if not self.allowed(request):
            return error(401, "Base.1.12.NoValidSession", "There is no valid session.")
        if request.method == "DELETE" and request.path in self.sessions.values():
            self.sessions = {token: path for token, path in self.sessions.items() if path != request.path}
            return reply(204)
        return self.plain_resource(request.path)

    def plain_resource(self, path: str) -> bytes:
        if path in {"/redfish/v1/Systems", "/redfish/v1/Managers"}:
            return reply(200, {"@odata.id": path, "Members": []})
        if path == SYSTEM:
            return reply(200, {"@odata.id": SYSTEM, "PowerState": "On"})
        if path == RESET:
            return reply(204)
        return error(404, "Base.1.12.ResourceMissingAtURI", "There is no such resource.")

    def log_in(self, request: Request) -> bytes:
        if request.body != {"UserName": USER, "Password": self.password}:
            return error(401, "Base.1.12.ResourceAtUriUnauthorized", "The login was refused.")
        token, path = secrets.token_hex(8), f"{SESSIONS}/{len(self.requests)}"
        self.sessions[token] = path
        return reply(201, {"@odata.id": path}, headers={"X-Auth-Token": token, "Location": path})

    def allowed(self, request: Request) -> bool:
        basic = "Basic " + base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        return (
            request.headers.get("x-auth-token") in self.sessions
            or request.headers.get("authorization") == basic
        )


def _read(received: Any) -> Request | None:
    line = received.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    while line_ := received.readline().decode("latin-1").strip():
        name, _, value = line_.partition(":")
        headers[name.lower()] = value.strip()
    content = received.read(int(headers.get("content-length", 0)))
    return Request(line[0], line[1], headers, json.loads(content) if content else None)


# -- certificates


@dataclass(frozen=True)
class Certified:
    """A certificate for 127.0.0.1. authority: the file that vouches for it; fingerprint: SHA-256, lower-case hexadecimal."""

    context: ssl.SSLContext
    authority: Path
    fingerprint: str


def certified(directory: Path, *, names: tuple[str, ...] = ("127.0.0.1",), days: int = 30) -> Certified:
    """A new authority, and a certificate by it. days: how long it is valid, negative for one that has expired."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a lab's own authority")])
    start, end = now - dt.timedelta(days=60), now + dt.timedelta(days=days)
    authority = (
        x509.CertificateBuilder(
            issuer,
            issuer,
            authority_key.public_key(),
            x509.random_serial_number(),
            start,
            now + dt.timedelta(days=60),
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bmc")])
    certificate = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), start, end)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name)) for name in names]),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    directory.mkdir(parents=True, exist_ok=True)
    vouching, shown, secret = directory / "ca.pem", directory / "bmc.pem", directory / "bmc.key"
    vouching.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    shown.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, secret)
    return Certified(context, vouching, certificate.fingerprint(hashes.SHA256()).hex())


@contextlib.contextmanager
def plain_web_server(answer: bytes) -> Iterator[Hostile]:
    """Something that speaks HTTP and is no BMC: whatever it is asked for, it answers this."""
    with Hostile(None, rules={("*", "*"): lambda _: answer}) as server:
        yield server
