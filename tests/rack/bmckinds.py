"""Kinds of BMC: services of their own in front of one machine that really starts, and what is known of each.

All of it runs in the namespace of a segment, so that the drivers reach it as they reach a BMC of the lab: from inside of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import bcrypt
from netboot import Segment, wait_for

from microdc.bmc.driver import Bmc
from microdc.bmc.model import Act, Boot, BootMode, BootTarget, Feature, Limits, Login, Target
from microdc.bmc.opening import open_bmc
from microdc.events import Step
from microdc.host import namespaces
from microdc.host.daemon import Daemon
from microdc.host.local import NamespaceHost
from microdc.lab.ipmi import operate as ipmi_sim
from microdc.lab.ipmi.config import BmcSettings
from microdc.lab.machine.machine import Machine
from redfishservice import SESSIONS, Client, self_signed

T = TypeVar("T")
USER, PASSWORD = "operator", 's3cret&"more\\$'
LIMITS = Limits(connect=5.0, answer=20.0, attempts=3, pause=0.1, busy=20.0)
_SUSHY = Path(__file__).with_name("sushy_rack.py")
_READ = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Known:
    """What a kind of BMC is known to do otherwise than asked, so that a driver has to say it.

    reads: what is read back of a boot override that was asked for. refuses: acts and features that it refuses although its protocol
    has them, with the code.
    """

    reads: Callable[[Boot], Boot]
    refuses: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Rig:
    """A machine and the BMC in front of it."""

    kind: str
    machine: Machine
    target: Target
    known: Known
    daemon: Daemon
    sessions: Callable[[], int]
    """How many sessions are open on the BMC's side, the one that asks not counted."""
    log: Path | None = None
    """Where the service writes down each request; None where it does not."""

    def open(self, **changes: Any) -> AbstractContextManager[Bmc]:
        """Its driver, as the commands open it."""
        return open_bmc(replace(self.target, **changes), LIMITS)

    def writes(self) -> int:
        """Requests so far that could have changed something; logins and logouts are none."""
        if self.log is None:
            return 0
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        found = [line.split('"')[1] if '"' in line else line for line in lines]
        asked = [line for line in found if "/redfish/" in line and not line.startswith(_READ)]
        return sum(SESSIONS not in line for line in asked)

    def pid(self) -> int:
        """Of the machine's QEMU."""
        return Daemon.parse((self.machine.directory / "qemu.pid").read_text("ascii")).pid


def _told(asked: Boot) -> Boot:
    """A BMC that keeps what it is told; what it was not told of the mode is the machine's."""
    usual = BootMode.UEFI if asked.target is BootTarget.HTTP else BootMode.BIOS
    return replace(asked, mode=asked.mode or usual)


@contextlib.contextmanager
def session_login(segment: Segment, place: Path) -> Iterator[Rig]:
    """The lab's own service over TLS; its certificate is trusted by its fingerprint."""
    with _own_service(segment, place, "session") as rig:
        yield rig


@contextlib.contextmanager
def basic_login(segment: Segment, place: Path) -> Iterator[Rig]:
    """The same without a session service."""
    with _own_service(segment, place, "basic", **{"basic-only": True}) as rig:
        yield rig


@contextlib.contextmanager
def _own_service(segment: Segment, place: Path, name: str, **faults: Any) -> Iterator[Rig]:
    machine = segment.machine(name, sku="SKU-7", cpus=2, memory_modules=2)
    directory, port = machine.directory, 4430 + len(segment.machines)
    certificate, key = self_signed(place)
    users = place / "users.json"
    users.touch(mode=0o600)
    users.write_text(json.dumps({USER: PASSWORD}), "utf-8")
    (directory / "faults.json").write_text(json.dumps(faults), "utf-8")
    (directory / "inlet").write_text("24000\n", "ascii")
    words = [sys.executable, "-m", "microdc.lab.redfish", "--directory", str(directory), "--log-requests"]
    words += ["--listen", f"127.0.0.1:{port}", "--users", str(users)]
    words += ["--certificate", str(certificate), "--key", str(key)]
    client = Client(port, ssl.create_default_context(cafile=str(certificate)), (USER, PASSWORD))

    def sessions() -> int:
        found = namespaces.call(segment.namespace, lambda: client.get(SESSIONS))
        client.close()
        return int(found.json["Members@odata.count"]) if found.status == 200 else 0

    target = Target(
        name,
        where=f"{name}.yaml:1",
        redfish=f"https://127.0.0.1:{port}",
        login=Login(USER, PASSWORD),
        fingerprint=_fingerprint(certificate),
        via=segment.namespace,
    )
    with _running(segment, words, place / "service.log", "listening") as daemon:
        yield Rig(name, machine, target, Known(_told), daemon, sessions, directory / "requests.log")


@contextlib.contextmanager
def sushy(segment: Segment, place: Path) -> Iterator[Rig]:
    """sushy-tools' emulator over TLS; its certificate is trusted by its CA. It has no sessions."""
    machine = segment.machine("sushy")
    port = 4430 + len(segment.machines)
    certificate, key = self_signed(place)
    passwords = place / "htpasswd"
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    passwords.write_text(f"{USER}:{hashed}\n", "ascii")
    log = place / "service.log"
    words = [sys.executable, str(_SUSHY), str(machine.directory), f"127.0.0.1:{port}"]
    words += [str(certificate), str(key), str(passwords)]
    target = Target(
        "sushy",
        where="sushy.yaml:1",
        redfish=f"https://127.0.0.1:{port}",
        login=Login(USER, PASSWORD),
        cafile=str(certificate),
        via=segment.namespace,
    )
    known = Known(lambda asked: replace(_told(asked), lasting="continuous"))
    with _running(segment, words, log, "Running on") as daemon:
        yield Rig("sushy", machine, target, known, daemon, lambda: 0, log)


@contextlib.contextmanager
def ipmi(segment: Segment, _: Path) -> Iterator[Rig]:
    """OpenIPMI's ipmi_sim. It has no valid bit in its boot flags, and knows neither NMI nor a cold reset."""
    machine = segment.machine("ipmi", sku="SKU-7")
    settings = BmcSettings("127.0.0.1", USER, PASSWORD, segment.namespace, 6230 + len(segment.machines))
    target = Target(
        "ipmi",
        where="ipmi.yaml:1",
        ipmi=f"127.0.0.1:{settings.port}",
        login=Login(USER, PASSWORD),
        via=segment.namespace,
    )

    def sessions() -> int:
        # Get Session Info (22.20): the third byte counts the active ones, the one that asks among them
        argv = ["ipmitool", "-I", "lanplus", "-C", "3", "-H", "127.0.0.1", "-p", str(settings.port)]
        argv += ["-U", USER, "-P", PASSWORD, "raw", "6", "0x3d", "0"]
        inside = namespaces.inside(segment.namespace)
        done = subprocess.run([*inside, *argv], capture_output=True, text=True, check=True, timeout=60)
        return int(done.stdout.split()[2], 16) - 1

    known = Known(lambda _: Boot(BootTarget.NONE, "disabled", None), {Act.NMI: 0xCC, Feature.RESET: 0xC1})
    try:
        daemon = ipmi_sim.start(machine.directory, settings)
        yield Rig("ipmi", machine, target, known, daemon, sessions)
    finally:
        ipmi_sim.stop(machine.directory)


KINDS: Mapping[str, Callable[[Segment, Path], AbstractContextManager[Rig]]] = {
    "session": session_login,
    "basic": basic_login,
    "ipmi": ipmi,
    "sushy": sushy,
}


@contextlib.contextmanager
def _running(segment: Segment, words: list[str], log: Path, ready: str) -> Iterator[Daemon]:
    """A program in the segment's namespace, from when it says that it is ready to the end of the block."""
    with NamespaceHost(segment.namespace) as host:
        daemon = host.start_daemon(words, log=log, outlive=False)
        try:
            wait_for(lambda: ready in log.read_text("utf-8", errors="replace"), 60, ready, log.read_text)
            yield daemon
        finally:
            daemon.kill()


def _fingerprint(certificate: Path) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text("ascii"))).hexdigest()


def driven(operation: Generator[Step, None, T]) -> T:
    """What an operation returns at its end."""
    while True:
        try:
            next(operation)
        except StopIteration as end:
            value: T = end.value
            return value
