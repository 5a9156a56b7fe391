"""A lab of two sites with three servers and no WAN, brought up by the command line, and what tests ask and see of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from netboot import wait_for

from microdc.bmc import logins
from microdc.bmc.fleet import Outcome
from microdc.bmc.judging import Patience
from microdc.bmc.model import Limits
from microdc.bmc.operate import Report, Servers, servers_of
from microdc.events import Step
from microdc.host.daemon import Daemon
from microdc.host.local import NamespaceHost
from microdc.lab.machine.machine import Machine
from microdc.lab.machine.model import BootRequest
from microdc.lab.rack import faults
from microdc.lab.rack.certificates import self_signed
from microdc.lab.rack.start import Files
from microdc.store.operate import open_store
from microdc.store.pages import Book
from microdc.store.process import this_process
from microdc.testbed.load import load
from microdc.testbed.model import Testbed

EXAMPLE = Path(__file__).parents[1] / "data" / "rack"
"""The inventory that is built: n1 and n2 in the north, s1 in the south."""
SERVERS = ("n1", "n2", "s1")
LIMITS = Limits(connect=3.0, answer=3.0, attempts=2, pause=0.1, busy=2.0)
PATIENCE = Patience(
    graceful=3.0, settle=20.0, fallen=0.5, observe=1.0, boot=10.0, refused=0.5, poll=0.05, longest=0.2
)
T = TypeVar("T")


def up(name: str, *words: str) -> list[str]:
    """The argv that brings such a lab up."""
    return [
        sys.executable,
        "-m",
        "microdc.cli",
        "lab",
        "up",
        "--rack",
        "--hosts",
        "1",
        "--name",
        name,
        "--from",
        str(EXAMPLE),
        *words,
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests that a BMC got in a block, as `METHOD path status`."""

    lines: list[str] = field(default_factory=list)

    def count(self, start: str, contains: str = "") -> int:
        return sum(line.startswith(start) and contains in line for line in self.lines)

    @property
    def resets(self) -> int:
        return self.count("POST", "ComputerSystem.Reset")

    @property
    def logins(self) -> int:
        return self.count("POST", "/Sessions")

    @property
    def writes(self) -> int:
        """What could have changed something; logins and logouts are none."""
        return sum(not line.startswith("GET") and "/Sessions" not in line for line in self.lines)


@dataclass(frozen=True, slots=True)
class RackLab:
    """A lab that is up."""

    name: str
    inventory: Path

    @property
    def testbed(self) -> Testbed:
        return load(self.inventory)

    def directory(self, server: str) -> Path:
        return Files.of(self.name).machine(server)

    def machine(self, server: str) -> Machine:
        return Machine(self.directory(server))

    def plant(self, server: str, **named: Any) -> None:
        """As `microdc lab fault` does; names with _ for -, None takes one away."""
        faults.plant(self.name, server, {name.replace("_", "-"): value for name, value in named.items()})

    def servers(self, *names: str, ipmi: bool = False, **changes: Any) -> Servers:
        """As the commands see them, by Redfish alone unless told; changes: of each target."""
        found = servers_of(self.testbed, names, limits=LIMITS)
        changes = changes if ipmi else {"ipmi": "", **changes}
        return replace(found, targets=tuple(replace(target, **changes) for target in found.targets))

    def book(self) -> Book:
        """The journal of the tests' own store."""
        return Book(
            open_store(os.environ["MICRODC_STORE"]), this_process("ann", ["microdc"]), self.testbed.name
        )

    @contextmanager
    def asked(self, server: str) -> Iterator[Asked]:
        """What its Redfish service is asked in the block; known at its end."""
        log, found = self.directory(server) / "requests.log", Asked()
        begin = len(log.read_text("utf-8").splitlines()) if log.exists() else 0
        yield found
        found.lines.extend(log.read_text("utf-8").splitlines()[begin:])

    def calm(self) -> None:
        """Takes all faults away and turns all off."""
        for server in SERVERS:
            faults.plant(self.name, server, dict.fromkeys(faults.planted(self.name, server)))
            machine = self.machine(server)
            machine.off()
            machine.set_boot(BootRequest("none", "disabled", "bios"))
        for target in servers_of(self.testbed, SERVERS).targets:
            logins.forget(target)

    def new_certificate(self, server: str) -> str:
        """Its BMC comes back with another certificate; the fingerprint of that."""
        directory = self.directory(server)
        service = Daemon.parse((directory / "redfish.pid").read_text("ascii"))
        argv = Path(f"/proc/{service.pid}/cmdline").read_text("utf-8").split("\0")[:-1]
        service.kill()
        bmc = next(target for target in self.servers(server).targets)
        made = self_signed(server, self._address(bmc.redfish))
        (directory / "bmc.crt").write_bytes(made.certificate)
        (directory / "bmc.key").write_bytes(made.key)
        log = directory / "redfish.log"
        log.unlink()
        with NamespaceHost(bmc.via) as host:
            again = host.start_daemon(argv, log=log)
        (directory / "redfish.pid").write_text(f"{again}\n", "ascii")
        wait_for(lambda: "listening" in log.read_text("utf-8"), 30, "it listens", log.read_text)
        return made.fingerprint

    @staticmethod
    def _address(url: str) -> Any:
        from ipaddress import ip_address
        from urllib.parse import urlsplit

        return ip_address(urlsplit(url).hostname or "")

    # -- the command line

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "microdc.cli", "-i", str(self.inventory), *words]

    def microdc(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """A command, which ends with this exit code and without a traceback."""
        done = subprocess.run(self.argv(*words), capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def data(self, *words: str, code: int = 0) -> Any:
        """What a command says with `-o json`."""
        return json.loads(self.microdc(*words, "-o", "json", code=code).stdout)


def steps(operation: Generator[Step, None, T]) -> tuple[list[Step], T]:
    """What an operation tells and returns."""
    told = []
    with closing(operation):
        while True:
            try:
                told.append(next(operation))
            except StopIteration as end:
                return told, end.value


def only(operation: Generator[Step, None, Report[T]]) -> Outcome[T]:
    """What came of the only server of an operation."""
    (outcome,) = steps(operation)[1].outcomes
    return outcome
