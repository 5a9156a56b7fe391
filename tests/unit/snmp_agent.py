"""An SNMP agent on loopback: net-snmp's `snmpd` with a table of our own that can be set, kept in a file. Needs no root.

Also an agent of a few lines that answers what no honest one does.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from microdc.host import namespaces

SNMPD = shutil.which("snmpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
READ, WRITE = "look", "touch"
ADMIN, WATCHER = "admin", "watcher"
AUTHENTICATION, PRIVACY = "correct-horse", "battery-staple"
PRIVATE = ("1.3.6.1.4.1.318", "1.3.6.1.4.1.13742")
"""The subtrees that the table answers for."""

_CONFIG = """
agentaddress udp:{address}:{port}
rocommunity {read}
rwcommunity {write}
createUser {admin} SHA-256 {authentication} AES {privacy}
createUser {watcher} SHA-256 {authentication} AES {privacy}
rwuser {admin} priv
rouser {watcher} priv
sysName pdu
"""

_TABLE = """
import json, os, sys

place = sys.argv[1]

def load():
    with open(os.path.join(place, "table.json")) as file:
        return json.load(file)

def numbers(oid):
    return tuple(map(int, oid.strip(".").split(".")))

def answer(found):
    if found is None:
        print("NONE", flush=True)
    else:
        oid, value = found
        kind = "string" if isinstance(value, str) else "integer"
        print("." + oid, kind, value, sep="\\n", flush=True)

def change(oid, told):
    table = load()
    with open(os.path.join(place, "sets"), "a") as file:
        print(oid, told, file=file)
    if oid in table["refuses"] or oid not in table["values"]:
        return "not-writable"
    value = int(told.split()[1])
    table["values"][oid] = value
    moved = table["moves"].get(oid, {}).get(str(value))
    if moved is not None and oid not in table["ignores"]:
        other, new = moved
        table["values"][other] = new
    new = os.path.join(place, "table.new")
    with open(new, "w") as file:
        json.dump(table, file)
    os.replace(new, os.path.join(place, "table.json"))
    return "DONE"

for line in iter(sys.stdin.readline, ""):
    command = line.strip()
    if not command:  # snmpd writes an empty line after the value of a set
        continue
    if command == "PING":
        print("PONG", flush=True)
        continue
    oid = sys.stdin.readline().strip().strip(".")
    if command == "set":
        print(change(oid, sys.stdin.readline().strip()), flush=True)
        continue
    values = load()["values"]
    if command == "get":
        answer((oid, values[oid]) if oid in values else None)
    else:
        after = sorted((key for key in values if numbers(key) > numbers(oid)), key=numbers)
        answer((after[0], values[after[0]]) if after else None)
"""


@dataclass
class Snmpd:
    """A running snmpd. values: its table, by OID; moves: what else changes when an object is set to a value.

    address: of loopback, so that several can have one port.
    """

    directory: Path
    values: Mapping[str, int | str] = field(default_factory=dict)
    moves: Mapping[str, Mapping[int, tuple[str, int]]] = field(default_factory=dict)
    address: str = "127.0.0.1"
    port: int = 0
    namespace: str = ""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "program.py").write_text(_TABLE)
        moves = {oid: {str(key): value for key, value in by.items()} for oid, by in self.moves.items()}
        self._write({"values": dict(self.values), "moves": moves, "refuses": [], "ignores": []})
        (self.directory / "sets").write_text("")
        wanted = self.port
        for _ in range(5):  # somebody else may take the port in between
            self.port = wanted or free_port(self.address)
            self.start()
            if self._listens():
                return self
            self.stop()
        raise AssertionError((self.directory / "log").read_text())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it; it listens a moment later."""
        config = self.directory / "snmpd.conf"
        text = _CONFIG.format(
            address=self.address,
            port=self.port,
            read=READ,
            write=WRITE,
            admin=ADMIN,
            watcher=WATCHER,
            authentication=AUTHENTICATION,
            privacy=PRIVACY,
        )
        program = f"{sys.executable} -IS {self.directory / 'program.py'} {self.directory}"
        config.write_text(text + "".join(f"pass_persist .{oid} {program}\n" for oid in PRIVATE))
        prefix = namespaces.inside(self.namespace) if self.namespace else ()
        kept = self.directory / "kept"  # its engine id and boot count, as in a device's flash
        keeps = {"SNMP_PERSISTENT_DIR": str(kept), "SNMPCONFPATH": str(kept), "MIBS": ""}
        assert SNMPD is not None
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*prefix, SNMPD, "-f", "-c", str(config), "-Lo", "-r", "-I", "-smux"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **keeps},
                start_new_session=True,
            )

    def restart(self, *, replaced: bool = False) -> None:
        """Ends it as a power cut would, and starts it again: its SNMPv3 clock begins anew. replaced: as another device, with another engine id."""
        self.stop()
        if replaced:
            shutil.rmtree(self.directory / "kept")
        self.start()
        assert self._listens(), (self.directory / "log").read_text()

    def stop(self) -> None:
        """Ends it and the program of its table."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Makes it silent without closing its port."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    # -- its table

    def value(self, oid: str) -> int | str:
        found: int | str = self._table()["values"][oid]
        return found

    def put(self, oid: str, value: int | str) -> None:
        """Changes what it tells, as somebody at the device would."""
        self._alter("values", lambda values: values.update({oid: value}))

    def drop(self, oid: str) -> None:
        """It has this no more."""
        self._alter("values", lambda values: values.pop(oid))

    def refuse(self, oid: str) -> None:
        """It will not have this set."""
        self._alter("refuses", lambda oids: oids.append(oid))

    def ignore(self, oid: str) -> None:
        """It says yes when this is set, and nothing moves."""
        self._alter("ignores", lambda oids: oids.append(oid))

    def sets(self) -> list[tuple[str, int]]:
        """What was to be set, in order."""
        lines = (self.directory / "sets").read_text().splitlines()
        return [(line.split()[0], int(line.split()[-1])) for line in lines]

    def _table(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.directory / "table.json").read_text())
        return found

    def _alter(self, part: str, how: Callable[[Any], object]) -> None:
        table = self._table()
        how(table[part])
        self._write(table)

    def _write(self, table: Mapping[str, Any]) -> None:
        new = self.directory / "table.test"
        new.write_text(json.dumps(table))
        new.replace(self.directory / "table.json")

    def _listens(self) -> bool:
        """Whether its port is open before it ends, or a deadline."""
        assert self._process is not None
        end = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < end:
            if namespaces.call(self.namespace, lambda: _open(self.address, self.port)):
                return True
            time.sleep(0.02)
        return False


def _open(address: str, port: int) -> bool:
    """Whether something answers SNMPv3's first question there, which needs no login: an empty message, to which it reports its engine id."""
    probe = bytes.fromhex(
        "303e020103301102040000000102030100"
        "00040104020103041030"
        "0e0400020100020100040004000400"
        "30140400"
        "0400a00e020400000001020100020100"
        "3000"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.5)
        udp.connect((address, port))
        try:
            udp.send(probe)
            return bool(udp.recv(2000))
        except OSError:
            return False


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((address, 0))
        return int(udp.getsockname()[1])


Rows = Sequence[tuple[tuple[int, ...], int]]
Answer = Callable[[tuple[int, ...]], Rows]


@contextlib.contextmanager
def liar(rows: Answer) -> Iterator[int]:
    """The port of an agent on 127.0.0.1 that answers every request of v2c with the rows that are made of its first OID."""
    from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
    from pysnmp.proto import api

    v2c: Any = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]

    ended = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0.1)

        def answer() -> None:
            while not ended.is_set():
                try:
                    data, client = udp.recvfrom(4096)
                except TimeoutError:
                    continue
                message, _ = decoder.decode(data, asn1Spec=v2c.Message())
                request = v2c.apiMessage.get_pdu(message)
                first = tuple(v2c.apiPDU.get_varbinds(request)[0][0])
                response = v2c.GetResponsePDU()
                v2c.apiPDU.set_defaults(response)
                v2c.apiPDU.set_request_id(response, v2c.apiPDU.get_request_id(request))
                told = [(v2c.ObjectIdentifier(oid), v2c.Integer(value)) for oid, value in rows(first)]
                v2c.apiPDU.set_varbinds(response, told)
                v2c.apiMessage.set_pdu(message, response)
                udp.sendto(encoder.encode(message), client)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield int(udp.getsockname()[1])
        finally:
            ended.set()
            thread.join()


@contextlib.contextmanager
def losing(port: int, lost: Callable[[int], bool]) -> Iterator[int]:
    """A port that leads to an agent's, whose answers are lost of which `lost` says so by their number, counted from 1."""
    ended = threading.Event()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back,
    ):
        front.bind(("127.0.0.1", 0))
        back.connect(("127.0.0.1", port))
        front.settimeout(0.1)
        back.settimeout(10)

        def relay() -> None:
            count = 0
            while not ended.is_set():
                try:
                    request, client = front.recvfrom(4096)
                except TimeoutError:
                    continue
                back.send(request)
                answer = back.recv(4096)
                count += 1
                if not lost(count):
                    front.sendto(answer, client)

        thread = threading.Thread(target=relay, daemon=True)
        thread.start()
        try:
            yield int(front.getsockname()[1])
        finally:
            ended.set()
            thread.join()
