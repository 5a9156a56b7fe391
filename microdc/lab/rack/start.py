"""Makes the machines of a lab and starts their BMCs; the machines themselves are off, as servers are when a rack is delivered."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from microdc.errors import UnreachableError
from microdc.events import Step
from microdc.host.daemon import Daemon
from microdc.host.local import NamespaceHost
from microdc.images import acceleration
from microdc.lab import fabric, names
from microdc.lab.inventory import Stand
from microdc.lab.ipmi import operate as ipmi
from microdc.lab.ipmi.config import BmcSettings
from microdc.lab.plan import LabPlan
from microdc.lab.rack.certificates import self_signed
from microdc.lab.rack.plan import MANUFACTURER, MODEL, MODULES, MachinePlan
from microdc.units import format_memory

USER = "admin"
DISK_BYTES = 4 * 2**30
"""The image is sparse: what is not written takes no room."""
_READY_SECONDS = 60.0
"""Fifteen interpreters that start at once on two cores take ten."""
_LOOK = 0.05  # s


@dataclass(frozen=True, slots=True)
class Files:
    """Where a rack keeps its things."""

    root: Path

    @classmethod
    def of(cls, lab: str) -> Files:
        return cls(names.lab_dir(lab) / "machines")

    @property
    def users(self) -> Path:
        """What the BMCs read: user -> password."""
        return self.root / "users.json"

    @property
    def credentials(self) -> Path:
        """What the inventory refers to: `user:password`."""
        return self.root / "credentials"

    def machine(self, name: str) -> Path:
        return self.root / name


def start(made: LabPlan) -> Generator[Step, None, Mapping[str, Stand]]:
    """Makes and starts all of the rack; what the inventory says of each server's machine and BMC.

    Raises UnreachableError with the last words of a BMC that does not start.
    """
    if not made.machines or made.management is None:
        return {}
    what, total = "Building the rack", len(made.machines)
    yield Step(what, "started", done=0, total=total, unit="servers")
    files, namespace = Files.of(made.lab), made.management.namespace
    password = secrets.token_urlsafe(12)  # 16 characters: ipmi_sim takes 19 at most
    _write_logins(files, password)
    fabric.add_rack(made.machines, made.management)
    stands, services = {}, []
    for machine in made.machines:
        fingerprint = _make(machine, files)
        services.append((machine, _serve(machine, files, namespace)))
        stands[machine.name] = _stand(machine, files, namespace, fingerprint)
    for number, (machine, service) in enumerate(services, start=1):
        _wait(machine, service, files)
        login = BmcSettings(str(machine.bmc.address), USER, password, namespace, machine.bmc.ipmi)
        ipmi.start(files.machine(machine.name), login)
        yield Step(what, "progress", machine.name, number, total, "servers")
    yield Step(what, "done", "all off", total, total, "servers")
    return stands


def _write_logins(files: Files, password: str) -> None:
    files.root.mkdir(mode=0o700)
    for file, text in (
        (files.users, json.dumps({USER: password})),
        (files.credentials, f"{USER}:{password}"),
    ):
        file.touch(mode=0o600)
        file.write_text(f"{text}\n", "ascii")


def _make(machine: MachinePlan, files: Files) -> str:
    """The machine's directory; the fingerprint of its BMC's certificate."""
    directory = files.machine(machine.name)
    directory.mkdir()
    described = {
        "name": machine.name,
        "uuid": machine.uuid,
        "serial": machine.serial,
        "manufacturer": MANUFACTURER,
        "model": MODEL,
        "memory_mib": machine.memory,
        "cpus": 1,
        "firmware": machine.firmware,
        "namespace": machine.namespace,
        "nics": [
            {"name": name, "mac": mac, "tap": port.name, "namespace": port.namespace}
            for name, mac, port in machine.ports
        ],
        "disks": [{"name": "disk0", "path": "disk0.img", "bytes": DISK_BYTES}],
        "kvm": acceleration.kvm_usable(),  # tried once here, and not at each start
    }
    (directory / "machine.json").write_text(json.dumps(described, indent=1), "utf-8")
    certificate = self_signed(machine.name, machine.bmc.address)
    (directory / "bmc.crt").write_bytes(certificate.certificate)
    key = directory / "bmc.key"
    key.touch(mode=0o600)
    key.write_bytes(certificate.key)
    return certificate.fingerprint


def _serve(machine: MachinePlan, files: Files, namespace: str) -> Daemon:
    directory = files.machine(machine.name)
    words = [sys.executable, "-m", "microdc.lab.redfish", "--directory", str(directory)]
    words += ["--listen", f"{machine.bmc.host}:{machine.bmc.redfish}", "--users", str(files.users)]
    words += [
        "--certificate",
        str(directory / "bmc.crt"),
        "--key",
        str(directory / "bmc.key"),
        "--log-requests",
    ]
    with NamespaceHost(namespace) as host:
        daemon = host.start_daemon(words, log=_log(directory))
    (directory / "redfish.pid").write_text(f"{daemon}\n", "ascii")
    return daemon


def _log(directory: Path) -> Path:
    return directory / "redfish.log"


def _wait(machine: MachinePlan, service: Daemon, files: Files) -> None:
    """Until the Redfish service says that it listens."""
    log, deadline = _log(files.machine(machine.name)), time.monotonic() + _READY_SECONDS
    while "listening" not in (said := log.read_text("utf-8", errors="replace")):
        if service.wait(_LOOK) or time.monotonic() > deadline:
            words = "; ".join(said.strip().splitlines()[-3:]) or "it said nothing"
            where = f"{machine.bmc.host} port {machine.bmc.redfish}"
            raise UnreachableError(f"the BMC of {machine.name} did not start: {words}", where=where)


def _stand(machine: MachinePlan, files: Files, namespace: str, fingerprint: str) -> Stand:
    return {
        "bmc": {
            "redfish": machine.bmc.url,
            "ipmi": machine.bmc.host,
            "credentials": f"file:{files.credentials}",
            "fingerprint": fingerprint,
            "via": namespace,
        },
        "hardware": {
            "manufacturer": MANUFACTURER,
            "model": MODEL,
            "serial": machine.serial,
            "processors": 1,
            "memory": format_memory(machine.memory * 2**20),
            "modules": MODULES,
            "disks": 1,
            "power_supplies": 2,
        },
    }
