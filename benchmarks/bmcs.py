"""BMCs that run: the lab's Redfish service over TLS on the loopback, many in one process, processes of their own."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from microdc.bmc.fleet import Task, each
from microdc.bmc.model import Act, Login, Power, Target
from microdc.bmc.redfish.client import Client
from microdc.bmc.redfish.driver import RedfishBmc
from microdc.lab.rack.certificates import self_signed

LOGIN = Login("admin", "benchmark-1")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Fleet:
    """cafile: vouches for all of them; servers: the processes; logs: of each BMC's requests, where they are noted."""

    targets: tuple[Target, ...]
    cafile: str
    servers: tuple[int, ...]
    logs: tuple[Path, ...]

    def cpu(self) -> float:
        """Seconds of processor that the servers have taken so far."""
        return sum(_cpu(pid) for pid in self.servers)

    def rss(self) -> float:
        """MB that they hold."""
        return sum(rss(pid) for pid in self.servers)


def _cpu(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS


def rss(pid: int) -> float:
    """MB of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def fleet(count: int, processes: int = 1, recorded: str = "", *, noted: bool = False) -> Iterator[Fleet]:
    """So many BMCs, their servers on. recorded: show this tree instead of machines in memory; noted: write down each request."""
    with tempfile.TemporaryDirectory(prefix="microdc-bench-") as told, ExitStack() as stack:
        place = Path(told)
        made = self_signed("bench", ipaddress.ip_address("127.0.0.1"))
        (place / "certificate.pem").write_bytes(made.certificate)
        for name, content in {"key.pem": made.key, "users": json.dumps({LOGIN.user: LOGIN.password}).encode()}.items():  # fmt: skip
            (place / name).touch(mode=0o600)
            (place / name).write_bytes(content)
        directories = [_described(place / f"m{number}", number, recorded) for number in range(count)]
        shares = [directories[first::processes] for first in range(processes)]
        running = [stack.enter_context(_server(place, share, noted=noted)) for share in shares]
        targets = tuple(
            Target(
                f"b{number}", redfish=f"https://127.0.0.1:{port}", login=LOGIN, fingerprint=made.fingerprint
            )
            for number, port in enumerate(port for _, ports in running for port in ports)
        )
        _turn_on(targets)
        logs = tuple(directory / "requests.log" for share in shares for directory in share)
        cafile, servers = str(place / "certificate.pem"), tuple(pid for pid, _ in running)
        yield Fleet(targets, cafile, servers, logs)


def _described(place: Path, number: int, recorded: str) -> Path:
    place.mkdir()
    if recorded:
        (place / "tree").symlink_to(Path(recorded).absolute())
        return place
    octets = f"{number // 256:02x}:{number % 256:02x}"
    machine = {
        "name": f"b{number}",
        "uuid": f"6c1f0e5a-4b7e-4c34-9d0a-{number:012x}",
        "serial": f"VR{number:04}",
        "manufacturer": "microdc",
        "model": "Virtual Server",
        "sku": "VS-1",
        "memory_mib": 65536,
        "memory_modules": 8,
        "cpus": 2,
        "firmware": "uefi",
        "nics": [{"name": f"eno{port}", "mac": f"52:54:0{port}:00:{octets}"} for port in range(4)],
        "disks": [{"name": f"disk{disk}", "path": f"disk{disk}.img", "bytes": 10**12} for disk in range(4)],
    }
    (place / "machine.json").write_text(json.dumps(machine), "utf-8")
    return place


@contextmanager
def _server(place: Path, directories: list[Path], *, noted: bool) -> Iterator[tuple[int, list[int]]]:
    """A process, and the ports of its BMCs."""
    files = {"--certificate": "certificate.pem", "--key": "key.pem", "--users": "users"}
    words = [word for option, file in files.items() for word in (option, str(place / file))]
    words += [word for directory in directories for word in ("--serve", f"{directory}@127.0.0.1:0")]
    words += ["--in-memory", *(["--log-requests"] if noted else [])]
    command = [sys.executable, "-m", "microdc.lab.redfish", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:
                raise AssertionError("its output is a pipe")
            lines = [process.stdout.readline() for _ in directories]
            yield process.pid, [int(line.rpartition(":")[2]) for line in lines]
        finally:
            process.terminate()


def _turn_on(targets: tuple[Target, ...]) -> None:
    def on(task: Task[object]) -> None:
        with RedfishBmc(task.target, Client(task.target)) as bmc:
            if bmc.power() is not Power.ON:
                bmc.act(Act.ON)

    for outcome in each(targets, on):
        if outcome.error is not None:
            raise outcome.error
