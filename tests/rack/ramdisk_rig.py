"""Machines that run the real ramdisk, for its tests: from the network as servers do, or with QEMU's own loader, which is quicker."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

from netboot import GATEWAY, Segment, console, run_inside, wait_for

from microdc.deploy.ports import Ramdisk
from microdc.deploy.ramdisk.resident import gpt
from microdc.host.daemon import Daemon
from microdc.host.local import NamespaceHost
from microdc.images import tap
from microdc.images.model import GuestNic
from microdc.lab.machine.machine import Machine
from microdc.lab.machine.model import BootRequest
from ramdisk_image import MIB
from ramdisk_station import Nastiness, NastyStation

DISK = 128 * MIB
SECONDS = 300.0
MEMORY_MIB = 384
_numbers = count(1)


def words_of(station: NastyStation, ramdisk: Ramdisk, name: str, mac: str) -> str:
    """The kernel's command line."""
    place = f"http://{GATEWAY}:{station.port}"
    own = f"microdc.station={place} microdc.token=t-{name} microdc.node={name} microdc.linger=2 BOOTIF={mac}"
    return f"{ramdisk.options} {own}"


class Heard:
    """What the station hears of one machine."""

    def __init__(self, station: NastyStation, name: str) -> None:
        self.station, self.name, self.first = station, name, len(station.told)
        station.nastiness = Nastiness()

    def runs(self) -> bool:
        raise NotImplementedError

    def console(self) -> str:
        raise NotImplementedError

    def order(self, order: dict[str, Any]) -> None:
        whole = {"node": self.name, "move": 1, "disk": {}, "wipe": False, **order}
        self.station.orders[f"t-{self.name}"] = whole

    def reports(self, kind: str) -> list[dict[str, Any]]:
        new = self.station.told[self.first :]
        return [{**told.data, "said": told.text} for told in new if told.kind == kind]

    def told(self, kind: str) -> dict[str, Any]:
        """Waits for a report, the first of its kind."""
        wait_for(
            lambda: bool(self.reports(kind)) or not self.runs(), SECONDS, f"the report {kind}", self.console
        )
        assert self.reports(kind), f"it ended without the report {kind}:\n{self.console()[-3000:]}"
        return self.reports(kind)[0]

    def over(self) -> None:
        wait_for(lambda: not self.runs(), SECONDS, "it powers itself off", self.console)


class NetworkRig(Heard):
    """A machine of the virtual rack that boots the ramdisk over the network, once."""

    def __init__(
        self, segment: Segment, station: NastyStation, ramdisk: Ramdisk, name: str, **more: Any
    ) -> None:
        super().__init__(station, name)
        disks = [{"name": f"SN-{name}", "path": "disk0.img", "bytes": DISK}]
        self.machine: Machine = segment.machine(name, disk=b"", disks=disks, memory_mib=MEMORY_MIB, **more)
        self.disk = self.machine.directory / "disk0.img"
        with self.disk.open("r+b") as file:
            file.truncate(DISK)
        self.mac = self.machine.description().nics[0].mac
        place = f"http://{GATEWAY}:{station.port}"
        lines = [
            "#!ipxe",
            f"initrd --name initrd {place}/ramdisk",
            f"kernel {place}/kernel initrd=initrd {words_of(station, ramdisk, name, self.mac)}",
            "boot",
        ]
        station.scripts[f"/script?mac={self.mac}"] = "\n".join([*lines, ""])

    def start(self) -> None:
        self.machine.set_boot(BootRequest("pxe", "once", self.machine.description().firmware))
        self.machine.on()

    def runs(self) -> bool:
        return self.machine.power()

    def console(self) -> str:
        return console(self.machine)


class DirectRig(Heard):
    """A machine with disks of its own, whose kernel QEMU loads by itself."""

    def __init__(
        self, segment: Segment, station: NastyStation, ramdisk: Ramdisk, name: str, disks: dict[str, Path]
    ) -> None:
        super().__init__(station, name)
        self.segment, self.ramdisk, self.disks, self.number = segment, ramdisk, disks, next(_numbers)
        self.mac = f"52:54:00:98:00:{self.number:02x}"
        self.log = segment.directory / f"{name}.log"
        self.daemon: Daemon | None = None
        known = segment.directory / "hosts" / name
        known.write_text(f"{self.mac},10.99.0.{self.number + 10}\n", "ascii")

    def start(self, *more: str) -> None:
        words = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
        words += ["-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", str(MEMORY_MIB)]
        words += ["-smbios", f"type=1,serial=SN-{self.name}", "-serial", f"file:{self.log}"]
        words += ["-kernel", str(self.ramdisk.kernel.path), "-initrd", str(self.ramdisk.initrd.path)]
        words += ["-append", words_of(self.station, self.ramdisk, self.name, self.mac), *more]
        for index, (serial, path) in enumerate(self.disks.items()):
            words += ["-drive", f"if=none,id=d{index},format=raw,discard=unmap,file={path}"]
            words += ["-device", f"virtio-blk-pci,drive=d{index},serial={serial}"]
        nic = GuestNic("eth0", self.mac, f"direct{self.number}", self.segment.namespace)
        self.log.unlink(missing_ok=True)
        with tap.opened((nic,)) as taps, NamespaceHost(self.segment.namespace) as host:
            run_inside(self.segment.namespace, "ip", "link", "set", nic.tap, "master", self.segment.bridge)
            words += ["-netdev", f"tap,id=net0,fd={taps[0]}"]
            words += ["-device", f"virtio-net-pci,netdev=net0,mac={self.mac},romfile="]
            said = self.segment.directory / f"{self.name}.qemu.log"
            self.daemon = host.start_daemon(words, log=said, pass_fds=tuple(taps), outlive=False)

    def runs(self) -> bool:
        return self.daemon is not None and not self.daemon.wait(0)

    def console(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def cut_power(self) -> None:
        if self.daemon is not None:
            self.daemon.kill()


class Rigs:
    """Makes machines, which are off after the test."""

    def __init__(self, segment: Segment, station: NastyStation, ramdisk: Ramdisk) -> None:
        self.segment, self.station, self.ramdisk = segment, station, ramdisk
        self._stack = ExitStack()

    def network(self, name: str, **more: Any) -> NetworkRig:
        made = NetworkRig(self.segment, self.station, self.ramdisk, name, **more)
        self._stack.callback(made.machine.off)
        return made

    def direct(self, name: str, disks: dict[str, Path]) -> DirectRig:
        made = DirectRig(self.segment, self.station, self.ramdisk, name, disks)
        self._stack.callback(made.cut_power)
        return made

    def ended(self) -> Iterator[None]:
        with self._stack:
            yield


class System:
    """The root file system of a disk, looked at without mounting it, by other programs than ours."""

    def __init__(self, disk: Path, directory: Path) -> None:
        with disk.open("rb") as file:
            table = gpt.parse(file.read(gpt.FIRST_BYTES))
            assert table is not None
            self.table, root = table, table.partition(3)
            file.seek(root.start)
            self.path = directory / "root.ext4"
            self.path.write_bytes(file.read(root.size))
            self.size = root.size

    def ask(self, request: str) -> str:
        words = ["/usr/sbin/debugfs", "-R", request, str(self.path)]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    def check(self) -> str:
        """What e2fsck says; the file system must be whole."""
        words = ["/usr/sbin/e2fsck", "-fn", str(self.path)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout


def empty_disk(path: Path, size: int = DISK) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path
