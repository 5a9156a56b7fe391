"""Is there a BMC at an address? Asked without a login: Redfish's service root, and whether IPMI answers."""

from __future__ import annotations

import hashlib
import json
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPResponse
from typing import Any

from microdc.host import namespaces
from microdc.survey.ranges import Candidate

_ROOT_BYTES = 256 * 1024
"""A service root has 2 to 10 kB."""
_REQUEST = (
    "GET /redfish/v1/ HTTP/1.0\r\nHost: {host}\r\nAccept: application/json\r\nOData-Version: 4.0\r\n\r\n"
)

_AUTHENTICATION = bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5")
"""IPMI 2.0, 22.13: Get Channel Authentication Capabilities in a packet without a session, which every BMC answers."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What answered at an address. redfish: base URL, "" for none; ipmi: host, "" for none.

    vendor, product, uuid, version: what the service root says. fingerprint: SHA-256 of the certificate, which nobody has verified yet.
    """

    candidate: Candidate
    redfish: str = ""
    ipmi: str = ""
    vendor: str = ""
    product: str = ""
    uuid: str = ""
    version: str = ""
    fingerprint: str = ""


def probe(candidate: Candidate, timeout: float) -> Sighting | None:
    """What answers there; None for nothing. No answer is no error: most addresses have nobody. timeout: seconds for each protocol.

    Raises UnreachableError where the namespace of the candidate cannot be entered.
    """
    found = namespaces.call(candidate.via, lambda: _redfish(candidate, timeout))
    if namespaces.call(candidate.via, lambda: _ipmi(candidate, timeout)):
        return replace(found or Sighting(candidate), ipmi=str(candidate.address))
    return found


def _redfish(candidate: Candidate, timeout: float) -> Sighting | None:
    host = str(candidate.address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing secret is sent, and the certificate is what is looked for
    try:
        plain = socket.create_connection((host, 443), timeout)
        connection = context.wrap_socket(plain, do_handshake_on_connect=False)
        with connection, _ends(connection, timeout):
            connection.do_handshake()
            certificate = connection.getpeercert(binary_form=True) or b""
            root = _service_root(connection, f"[{host}]" if ":" in host else host)
    except (OSError, ValueError, HTTPException):
        return None
    if root is None:
        return None
    words = {
        field: _word(root, key)
        for field, key in (
            ("vendor", "Vendor"),
            ("product", "Product"),
            ("uuid", "UUID"),
            ("version", "RedfishVersion"),
        )
    }
    url = f"https://[{host}]" if ":" in host else f"https://{host}"
    return Sighting(candidate, url, fingerprint=hashlib.sha256(certificate).hexdigest(), **words)


@contextmanager
def _ends(connection: socket.socket, timeout: float) -> Iterator[None]:
    """Ends the connection after so many seconds, also where the other side sends a byte now and then."""

    def end() -> None:
        with suppress(OSError):
            socket.socket.shutdown(
                connection, socket.SHUT_RDWR
            )  # an SSLSocket's own would change it under its reader

    timer = threading.Timer(timeout, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _service_root(connection: ssl.SSLSocket, host: str) -> Mapping[str, Any] | None:
    """The service root, if the other side is a Redfish service."""
    connection.sendall(_REQUEST.format(host=host).encode())
    answer = HTTPResponse(connection)
    answer.begin()
    root = json.loads(answer.read(_ROOT_BYTES))
    if not isinstance(root, dict) or not ({"RedfishVersion", "Systems", "Managers"} & root.keys()):
        return None
    return root


def _word(root: Mapping[str, Any], key: str) -> str:
    value = root.get(key)
    return "".join(letter for letter in value if letter.isprintable())[:80] if isinstance(value, str) else ""


def _ipmi(candidate: Candidate, timeout: float) -> bool:
    family = socket.AF_INET6 if candidate.address.version == 6 else socket.AF_INET
    until = time.monotonic() + timeout
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((str(candidate.address), 623))
            for _ in range(2):  # a datagram may get lost
                asking.send(_AUTHENTICATION)
                wait = min(timeout / 2, max(0.0, until - time.monotonic()))
                if select.select([asking], [], [], wait)[0]:
                    answer = asking.recv(1024)
                    return len(answer) > 20 and answer[:1] == b"\x06" and answer[3:4] == b"\x07"
    except OSError:
        return False
    return False
