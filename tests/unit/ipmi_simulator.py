"""A server behind OpenIPMI's `ipmi_sim` on 127.0.0.1: a real RMCP+ endpoint whose chassis is a small script. Needs no root.

Also a relay of UDP packets, which counts them and can lose them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from microdc.bmc.errors import BmcError
from microdc.bmc.ipmi import greeting
from microdc.bmc.ipmi.address import Endpoint
from microdc.bmc.model import Login, Target
from microdc.host import namespaces

USER, PASSWORD = "admin", "correct-horse"
INLET, FAN, SUPPLY, BAY = 3, 4, 5, 6
MISSING = not (shutil.which("ipmi_sim") and shutil.which("ipmitool"))

_LAN = """
name "server"
set_working_mc 0x20
startlan 1
  addr {host} {port}
  priv_limit admin
  allowed_auths_callback none md2 md5 straight
  allowed_auths_user none md2 md5 straight
  allowed_auths_operator none md2 md5 straight
  allowed_auths_admin none md2 md5 straight
  guid {guid}
endlan
chassis_control "{script} 0x20"
user 1 true "" "test" user 10 none md2 md5 straight
user 2 true "{user}" "{password}" admin 10 none md2 md5 straight
"""

_SCRIPT = """#!/bin/sh
# $1: the controller; $2: get or set; then what, and for `set` a value after each
cd "{directory}"
echo "$@" >> calls
shift
verb=$1
shift
while [ $# -gt 0 ]; do
  if [ "$verb" = get ]; then
    echo "$1:$(cat "$1")"
    shift
  else
    echo "$2" > "$1"
    case $1 in reset) echo 1 > power ;; shutdown) echo 0 > power ;; esac
    shift 2
  fi
done
"""

_CONTROLLER = """
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
mc_add_fru_data 0x20 0 {fru_size} data {fru}
sel_enable 0x20 1000 0x0a
sensor_add 0x20 0 {inlet} 0x01 0x01 poll 100 file "{directory}/inlet" div=1000
sensor_set_threshold 0x20 0 {inlet} settable 111000 60 55 50 0 0 0
sensor_set_event_support 0x20 0 {inlet} enable scanning per-state {upper} {upper} {upper} {upper}
sensor_add 0x20 0 {fan} 0x04 0x01 poll 100 file "{directory}/fan" div=100
sensor_set_threshold 0x20 0 {fan} settable 000010 0 0 0 0 8 0
sensor_set_event_support 0x20 0 {fan} enable scanning per-state {none} {none} {none} {none}
sensor_add 0x20 0 {supply} 0x08 0x6f
sensor_set_event_support 0x20 0 {supply} enable scanning per-state {discrete} {discrete} {discrete} {discrete}
sensor_set_bit 0x20 0 {supply} 0 1 0
main_sdr_add 0x20 {inlet_record}
main_sdr_add 0x20 {fan_record}
main_sdr_add 0x20 {supply_record}
main_sdr_add 0x20 {bay_record}
mc_enable 0x20
"""


def full_record(
    number: int, kind: int, name: str, unit: int, *, m: int, k2: int, readable: int, limits: tuple[int, ...]
) -> bytes:
    """A full sensor record (table 43-1). limits: raw, in the record's order from upper non-recoverable to lower non-critical."""
    body = bytes([0x20, 0, number, 7, 1, 0x7F, 0x68, kind, 1, 0, 0, 0, 0, readable, readable, 0, unit, 0, 0])
    body += bytes([m, 0, 0, 0, 0, (k2 & 0x0F) << 4, 0, 0, 0, 0, 0xFF, 0, *limits, 1, 1, 0, 0, 0])
    text = name.encode()
    body += bytes([0xC0 | len(text)]) + text
    return bytes([0, 0, 0x51, 0x01, len(body)]) + body


def compact_record(number: int, kind: int, reading: int, name: str) -> bytes:
    """A compact sensor record (table 43-2) of one sensor."""
    body = bytes([0x20, 0, number, 10, 1, 0x67, 0x40, kind, reading, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 1, 0])
    text = name.encode()
    body += bytes([0, 0, 0, 0, 0, 0, 0xC0 | len(text)]) + text
    return bytes([0, 0, 0x51, 0x02, len(body)]) + body


def checked(data: bytes) -> bytes:
    """Data and the byte that makes its sum zero."""
    return data + bytes([-sum(data) & 0xFF])


def text_field(text: str) -> bytes:
    return bytes([0xC0 | len(text)]) + text.encode("latin-1")


def product_fru(*texts: str) -> bytes:
    """FRU data with a product area of these texts: manufacturer, name, part, version, serial, asset."""
    body = b"\x19" + b"".join(map(text_field, texts)) + b"\xc1"
    size = -(-(len(body) + 3) // 8)
    area = checked(bytes([1, size]) + body.ljust(size * 8 - 3, b"\0"))
    return checked(bytes([1, 0, 0, 0, 1, 0, 0])) + area


FRU = product_fru("Fabrikam", "Edge 7", "E7-2", "B1", "SN-4711", "rack 3")


def _words(data: bytes) -> str:
    return " ".join(f"0x{byte:02x}" for byte in data)


@dataclass
class Simulator:
    """A running ipmi_sim. directory: its state, with a file per thing that a test may write: inlet (m°C), fan (RPM), power, boot."""

    directory: Path
    guid: str = "00112233445566778899aabbccddeeff"
    host: str = "127.0.0.1"
    namespace: str = ""
    port: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        for _ in range(5):  # somebody else may take the port in between
            self.port = _free_port()
            self._start()
            if self._listens():
                return self
            self.stop()
        raise AssertionError((self.directory / "log").read_text())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _prefix(self) -> tuple[str, ...]:
        return namespaces.inside(self.namespace) if self.namespace else ()

    def restart(self) -> None:
        """Ends it as a power cut would and starts it on the same port: it knows no session any more."""
        self.stop()
        self._start()
        assert self._listens()

    def _listens(self) -> bool:
        """Whether it answers before it ends, or a deadline."""
        assert self._process is not None
        end = time.monotonic() + 10
        while self._process.poll() is None and time.monotonic() < end:
            try:
                namespaces.call(self.namespace, lambda: greeting.greet(self.host, self.port, 5.0))
            except BmcError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        for name, value in {"inlet": "24000", "fan": "4200", "power": "0", "boot": "none"}.items():
            (self.directory / name).write_text(value)
        script = self.directory / "chassis"
        script.write_text(_SCRIPT.format(directory=self.directory))
        script.chmod(0o755)
        (self.directory / "lan.conf").write_text(
            _LAN.format(
                host=self.host,
                port=self.port,
                guid=self.guid,
                script=script,
                user=USER,
                password=PASSWORD,
            )
        )
        inlet = full_record(INLET, 1, "Inlet", 1, m=1, k2=0, readable=0x38, limits=(60, 55, 50, 0, 0, 0))
        fan = full_record(FAN, 4, "Fan 1", 18, m=1, k2=2, readable=0x02, limits=(0, 0, 0, 0, 8, 0))
        (self.directory / "server.emu").write_text(
            _CONTROLLER.format(
                directory=self.directory,
                fru_size=len(FRU),
                fru=_words(FRU),
                inlet=INLET,
                fan=FAN,
                supply=SUPPLY,
                upper="000111111000000",
                none="0" * 15,
                discrete="000000000001111",
                inlet_record=_words(inlet),
                fan_record=_words(fan),
                supply_record=_words(compact_record(SUPPLY, 8, 0x6F, "PSU 1")),
                bay_record=_words(compact_record(BAY, 0x0D, 0x6F, "Bay 1")),
            )
        )
        state = self.directory / "state"
        state.mkdir(exist_ok=True)
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix, "ipmi_sim", "-n", "-c", "lan.conf", "-f", "server.emu", "-s", str(state)],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def target(self, *, user: str = USER, password: str = PASSWORD, port: int | None = None) -> Target:
        """How it is reached; port: of a relay."""
        return Target(
            "server",
            ipmi=str(Endpoint(self.host, port or self.port)),
            login=Login(user, password),
            via=self.namespace,
        )

    def write(self, name: str, value: str) -> None:
        """Puts a value into the world, whole at once."""
        part = self.directory / f".{name}"
        part.write_text(value)
        part.replace(self.directory / name)

    def calls(self) -> list[str]:
        """What the chassis was told and asked, in order."""
        with contextlib.suppress(FileNotFoundError):
            return (self.directory / "calls").read_text().splitlines()
        return []

    def sessions(self) -> int:
        """How many sessions are open, the one that asks not counted (Get Session Info, 22.20)."""
        told = self.ipmitool("raw", "6", "0x3d", "0").split()
        return int(told[2], 16) - 1

    def ipmitool(self, *words: str) -> str:
        command = [
            *self._prefix,
            "ipmitool",
            "-I",
            "lanplus",
            "-C",
            "3",
            "-H",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        done = subprocess.run(
            [*command, "-U", USER, "-E", *words],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "IPMI_PASSWORD": PASSWORD},
            timeout=60,
        )
        return done.stdout


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return int(udp.getsockname()[1])


OPEN_SESSION, OPENED_SESSION, RAKP_1, RAKP_2, IPMI = 0x10, 0x11, 0x12, 0x13, 0x00


def payload(packet: bytes) -> int:
    """The payload type of an RMCP+ packet (table 13-16); -1 for one of IPMI 1.5."""
    return packet[5] & 0x3F if len(packet) > 5 and packet[4] == 6 else -1


def refused(packet: bytes, status: int) -> bytes:
    """An answer of the login with this status instead of its own (tables 13-10 and 13-12): the second byte of the payload."""
    return packet[:17] + bytes([status]) + packet[18:]


@dataclass
class Relay:
    """Stands between one client and a server, both on 127.0.0.1.

    keep_request: whether a packet goes on to the server; answer: what the client gets for one of the server, b"" for nothing.
    """

    server: int
    keep_request: Callable[[bytes], bool] = lambda _: True
    answer: Callable[[bytes], bytes] = lambda packet: packet
    requests: list[bytes] = field(default_factory=list)
    _client: tuple[str, int] | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[int]:
        """The port on which it listens."""
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back,
        ):
            front.bind(("127.0.0.1", 0))
            back.connect(("127.0.0.1", self.server))
            ended = threading.Event()
            work = (lambda: self._forward(front, back, ended), lambda: self._backward(front, back, ended))
            threads = [threading.Thread(target=one, daemon=True) for one in work]
            for thread in threads:
                thread.start()
            try:
                yield int(front.getsockname()[1])
            finally:
                ended.set()
                for thread in threads:
                    thread.join()

    def _forward(self, front: socket.socket, back: socket.socket, ended: threading.Event) -> None:
        front.settimeout(0.1)
        while not ended.is_set():
            try:
                packet, self._client = front.recvfrom(4096)
            except TimeoutError:
                continue
            self.requests.append(packet)
            if self.keep_request(packet):
                with contextlib.suppress(OSError):
                    back.send(packet)

    def _backward(self, front: socket.socket, back: socket.socket, ended: threading.Event) -> None:
        back.settimeout(0.1)
        while not ended.is_set():
            try:
                told = back.recv(4096)
            except OSError:
                continue
            packet = self.answer(told)
            if packet and self._client is not None:
                front.sendto(packet, self._client)

    def count(self, kind: int) -> int:
        return sum(payload(packet) == kind for packet in self.requests)


def until(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Waits until it is so; fails where it is not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)
