"""The lab's Redfish service, run in this process on the loopback, and a plain client for it."""

from __future__ import annotations

import base64
import datetime as dt
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from microdc.lab.redfish.bmc import bmc
from microdc.lab.redfish.memory import MemoryMachine
from microdc.lab.redfish.server import Listener, listen, serve, tls_context

USERS = [
    ("admin", "secret-lab-1", "Administrator"),
    ("oper", "secret-lab-2", "Operator"),
    ("guest", "secret-lab-3", "ReadOnly"),
]
ADMIN = ("admin", "secret-lab-1")
SYSTEM = "/redfish/v1/Systems/1"
SESSIONS = "/redfish/v1/SessionService/Sessions"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"
MACHINE = {
    "name": "bcn-c1",
    "uuid": "6c1f0e5a-4b7e-4c34-9d0a-0d1b8f6f2b11",
    "serial": "VR0001",
    "manufacturer": "microdc",
    "model": "Virtual Server",
    "sku": "VS-1",
    "memory_mib": 2048,
    "memory_modules": 4,
    "cpus": 2,
    "firmware": "bios",
    "nics": [{"name": "eno1", "mac": "52:54:00:20:00:11"}, {"name": "eno2", "mac": "52:54:00:20:00:12"}],
    "disks": [{"name": "disk0", "path": "disk0.img", "bytes": 1073741824}],
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The key of the first message of an error."""
        return str(self.json["error"]["@Message.ExtendedInfo"][0]["MessageId"]).rpartition(".")[2]


@dataclass
class Client:
    """Keeps one connection open, and opens a new one where the service has closed it."""

    port: int
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = ADMIN
    headers: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def open(self, timeout: float = 20) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        told = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.login and "X-Auth-Token" not in told:
            told.setdefault(
                "Authorization", f"Basic {base64.b64encode(':'.join(self.login).encode()).decode()}"
            )
        content = body
        if body is not None and not isinstance(body, bytes):
            content = json.dumps(body).encode()
            told.setdefault("Content-Type", "application/json")
        self.connection = self.connection or self.open()
        self.connection.request(method, path, content, told)
        response = self.connection.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        if response.will_close:
            self.close()
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.request("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.request("DELETE", path, **headers)

    def reset(self, kind: str) -> Answer:
        return self.post(RESET, {"ResetType": kind})

    def power(self) -> str:
        return str(self.get(SYSTEM).json["PowerState"])

    def log_in(self) -> Answer:
        name, password = self.login or ADMIN
        return self.post(SESSIONS, {"UserName": name, "Password": password})

    def close(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None


@dataclass
class Rig:
    """A BMC that runs. machine: what it controls: a `Machine`, mostly one that is in memory."""

    directory: Path
    machine: Any
    listener: Listener
    client: Client

    def plant(self, **faults: Any) -> None:
        """Names with _ for -."""
        planted = {name.replace("_", "-"): value for name, value in faults.items()}
        new = self.directory / "faults.new"
        new.write_text(json.dumps(planted))
        new.replace(self.directory / "faults.json")

    def as_user(self, login: tuple[str, str] | None) -> Client:
        return Client(self.client.port, self.client.tls, login)


@contextmanager
def running(
    directory: Path,
    machine: Any = None,
    *,
    certificate: tuple[Path, Path] | None = None,
    sessions: int = 8,
    log: bool = False,
) -> Iterator[Rig]:
    """Serves the directory until the end of the block."""
    machine = machine or MemoryMachine()
    opened = listen("127.0.0.1", 0)
    port = opened.getsockname()[1]
    service = bmc(directory, USERS, sessions=sessions, machine=machine, address="127.0.0.1", port=port)
    context = tls_context(*certificate) if certificate else None
    listener = Listener(service, opened, context, directory / "requests.log" if log else None)
    stopped, stop = socket.socketpair()
    thread = threading.Thread(target=serve, args=([listener], stopped), daemon=True)
    thread.start()
    client = Client(port, ssl.create_default_context(cafile=str(certificate[0])) if certificate else None)
    try:
        yield Rig(directory, machine, listener, client)
    finally:
        client.close()
        stop.send(b".")
        thread.join(10)
        for one in (opened, stopped, stop):
            one.close()


def describe(directory: Path, **changes: Any) -> Path:
    """Writes a machine's directory."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "machine.json").write_text(json.dumps({**MACHINE, **changes}))
    return directory


def self_signed(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bmc")])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """What the condition gives as soon as it gives something; fails after the deadline."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
    return found
