"""How connections to one BMC are opened: from its namespace, kept alive, verified before anything is sent."""

from __future__ import annotations

import functools
import math
import socket
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Target
from microdc.bmc.redfish.failures import handshake_failure, no_tls, opening_failure
from microdc.bmc.redfish.tls import (
    Trust,
    context_of,
    fingerprint_of,
    plain_fingerprint,
    trust_of,
    written_fingerprint,
)
from microdc.errors import InputError, UnreachableError
from microdc.host import namespaces

_UNQUOTED = "/%:@!$&'()*+,;=~?"  # what has a meaning in a link, or is quoted already
_USUAL = 1000  # characters of a link; longer ones are not remembered
_PROBE = 1.0  # seconds that it may cost to find out what answers without TLS
_KEPT_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)


class Deadline:
    """When the answer that is being waited for must be there whole."""

    def __init__(self) -> None:
        self._end = math.inf

    def start(self, seconds: float) -> None:
        """From now."""
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds. Raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


@dataclass(slots=True)
class Line:
    """Where a BMC's connections go. connect: seconds for a connection, and again for its handshake; context: None for plain HTTP.

    opened: how many connections were made.
    """

    target: Target
    host: str
    port: int
    connect: float
    context: ssl.SSLContext | None
    deadline: Deadline = field(default_factory=Deadline)
    opened: int = 0
    _secured: ssl.SSLSocket | None = None
    _session: ssl.SSLSession | None = None

    @classmethod
    def to(cls, target: Target, connect: float) -> Line:
        """Raises InputError for a base URL that is none."""
        try:
            parts = urlsplit(target.redfish)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise InputError(
                f"the base URL of its Redfish service is none: {error}", where=target.where
            ) from None
        if parts.scheme not in {"http", "https"} or not host:
            raise InputError(
                "the base URL of its Redfish service is none",
                where=target.where,
                hint="write such as https://10.120.0.11",
            )
        secure = parts.scheme == "https"
        context = context_of(target) if secure else None
        return cls(target, host, port or (443 if secure else 80), connect, context)

    @property
    def base(self) -> str:
        """`https://host:port`, without what else a URL may hold: a user, a password, a path."""
        scheme, usual = ("http", 80) if self.context is None else ("https", 443)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}" if self.port == usual else f"{scheme}://{host}:{self.port}"

    @property
    def where(self) -> str:
        """For messages: the server's name and the address of its BMC."""
        return f"{self.target.name}: {self.base}" if self.target.name else self.base

    def path_of(self, link: str, beside: str) -> str:
        """The path, with its query, to which a link leads that stands at the path `beside`; "" where it leads to another service.

        A link may be a whole URL or a relative one, have a fragment, and hold characters that a request cannot.
        """
        return (_path_of if len(link) <= _USUAL else _path_of.__wrapped__)(self.base, self.port, beside, link)

    def open(self) -> socket.socket:
        """A TCP connection. Raises BmcError."""
        self.opened += 1
        try:
            seconds = min(self.connect, self.deadline.left())
            return namespaces.call(self.target.via, lambda: self._open(seconds))
        except UnreachableError as error:
            if isinstance(error, BmcError):
                raise
            raise BmcError(Cause.NO_ROUTE, error.what, where=error.where, hint=error.hint) from error
        except OSError as error:
            raise opening_failure(error, self.where, self.connect) from error

    def _open(self, seconds: float) -> socket.socket:
        """Tries the addresses of the host one after the other, all in this time. How long a name is looked up is the resolver's matter."""
        end = time.monotonic() + seconds
        failure: OSError = OSError("it has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM
        ):
            left = end - time.monotonic()
            if left <= 0:
                break
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(left)
                made.connect(address)
                for level, option, value in _KEPT_ALIVE:
                    made.setsockopt(level, option, value)
            except OSError as error:
                made.close()
                failure = error
            except BaseException:
                made.close()
                raise
            else:
                return made
        raise failure

    def secure(self, opened: socket.socket) -> ssl.SSLSocket:
        """The connection in TLS, its certificate held against what is written down; it is closed where that fails. Raises BmcError."""
        if self.context is None:
            raise AssertionError("a plain connection is not secured")
        try:
            opened.settimeout(min(self.connect, self.deadline.left()))
            session, self._session = self._session, None
            secured = self.context.wrap_socket(opened, server_hostname=self.host, session=session)
        except OSError as error:
            opened.close()
            failure = handshake_failure(error, self.where, self.connect)
            if failure.cause in {Cause.TIMEOUT, Cause.ENDED} and self._answers_plainly():
                failure = no_tls(self.where)
            raise failure from error
        try:
            self._check_pin(secured.getpeercert(binary_form=True) or b"")
        except BaseException:
            secured.close()
            raise
        self._secured = secured
        return secured

    def remember(self) -> None:
        """To be called before a connection is ended for another one: its TLS session is resumed there if the BMC still knows it.

        The signature of a full handshake costs the processor of a BMC some tenths of a second. Whoever resumes has proved who he is.
        """
        self._session = self._secured.session if self._secured is not None else None

    def _answers_plainly(self) -> bool:
        """Whether it speaks HTTP without TLS: a web server may well wait for the rest of what it takes for a request. Nothing is told."""
        try:
            with namespaces.call(self.target.via, lambda: self._open(_PROBE)) as plain:
                plain.settimeout(_PROBE)
                plain.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
                return plain.recv(5) == b"HTTP/"
        except (OSError, UnreachableError):
            return False

    def _check_pin(self, certificate: bytes) -> None:
        if trust_of(self.target) is not Trust.PINNED:
            return
        seen, pinned = fingerprint_of(certificate), plain_fingerprint(self.target.fingerprint)
        if seen != pinned:
            raise BmcError(
                Cause.CERTIFICATE_CHANGED,
                f"its certificate is {written_fingerprint(seen)}, and {written_fingerprint(pinned)} is written down;"
                " nothing was sent",
                where=self.where,
                hint=f"if it was replaced: `microdc bmc trust {self.target.name or self.host}`",
            )


@functools.lru_cache(maxsize=4096)
def _path_of(base: str, port: int, beside: str, link: str) -> str:
    """See `Line.path_of`. Remembered, since the same paths are asked for again and again."""
    try:
        parts = urlsplit(urljoin(base + beside, link))
    except ValueError:
        return ""
    if f"{parts.scheme}://{parts.netloc}" not in {base, f"{base}:{port}"}:
        return ""
    path = quote(parts.path, safe=_UNQUOTED)
    return f"{path}?{quote(parts.query, safe=_UNQUOTED)}" if parts.query else path or "/"
