"""The real ramdisk in real machines: what it finds, what it refuses, and that a disk it was given boots."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from netboot import FROM_DISK, GATEWAY, Segment, boot_sector, console, wait_console, wait_for

import ramdisk_image
from microdc.deploy.ports import Ramdisk
from microdc.deploy.ramdisk import image as ramdisk_files
from microdc.deploy.ramdisk.resident import gpt, mark
from microdc.lab.machine.machine import Machine
from microdc.lab.machine.model import BootRequest
from ramdisk_image import MIB, MadeImage
from ramdisk_station import Nastiness, NastyStation

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.timeout(600)]
DISK = 128 * MIB
SECONDS = 240.0


def finished(steps: Any) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def ramdisk() -> Ramdisk:
    made: Ramdisk = finished(ramdisk_files.build())
    return made


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> MadeImage:
    return ramdisk_image.make(tmp_path_factory.mktemp("image"), boot_sector(), noise=8)


@pytest.fixture(scope="module")
def station(segment: Segment, ramdisk: Ramdisk, image: MadeImage) -> Iterator[NastyStation]:
    made = NastyStation(GATEWAY, segment.namespace)
    made.files = {"/kernel": ramdisk.kernel.path, "/ramdisk": ramdisk.initrd.path}
    made.files[image.promise()["path"]] = image.packed
    chain = f"#!ipxe\nchain http://{GATEWAY}:{made.port}/script?mac=${{mac}}\n"
    (segment.directory / "tftp" / "boot.ipxe").write_text(chain, "ascii")
    try:
        yield made
    finally:
        made.close()


class Rig:
    """A machine that boots the ramdisk at each start from the network, and what the station hears of it."""

    def __init__(
        self, segment: Segment, station: NastyStation, ramdisk: Ramdisk, name: str, **machine: Any
    ) -> None:
        self.station, self.name = station, name
        self.first = len(station.told)
        station.nastiness = Nastiness()
        disks = machine.pop("disks", [{"name": f"SN-{name}", "path": "disk0.img", "bytes": DISK}])
        content = machine.pop("disk", b"")
        self.machine: Machine = segment.machine(
            name, disk=content, disks=disks, memory_mib=machine.pop("memory_mib", 384), **machine
        )
        for disk in disks:
            with (self.machine.directory / disk["path"]).open("ab") as file:
                file.truncate(disk["bytes"])
        self.mac = self.machine.description().nics[0].mac
        station.scripts[f"/script?mac={self.mac}"] = "\n".join(
            [
                "#!ipxe",
                f"initrd --name initrd http://{GATEWAY}:{station.port}/ramdisk",
                " ".join(
                    [
                        f"kernel http://{GATEWAY}:{station.port}/kernel initrd=initrd {ramdisk.options}",
                        f"microdc.station=http://{GATEWAY}:{station.port} microdc.token=t-{name}",
                        f"microdc.node={name} microdc.linger=2 BOOTIF={self.mac}",
                    ]
                ),
                "boot",
                "",
            ]
        )

    def start(self, order: dict[str, Any]) -> None:
        self.station.orders[f"t-{self.name}"] = {
            "node": self.name,
            "move": 1,
            "disk": {},
            "wipe": False,
            **order,
        }
        firmware = self.machine.description().firmware
        self.machine.set_boot(BootRequest("pxe", "once", firmware))
        self.machine.on()

    def told(self, kind: str) -> dict[str, Any]:
        """Waits for a report."""

        def heard() -> list[dict[str, Any]]:
            new = self.station.told[self.first :]
            return [{**told.data, "said": told.text} for told in new if told.kind == kind]

        def over() -> bool:
            return not self.machine.power()

        wait_for(
            lambda: bool(heard()) or over(), SECONDS, f"the report {kind}", lambda: console(self.machine)
        )
        assert heard(), f"it ended without the report {kind}:\n{console(self.machine)[-3000:]}"
        return heard()[-1]

    def off(self) -> None:
        wait_for(
            lambda: not self.machine.power(), SECONDS, "it powers itself off", lambda: console(self.machine)
        )

    @property
    def disk(self) -> Path:
        return self.machine.directory / "disk0.img"


def deployment(image: MadeImage, name: str, **more: Any) -> dict[str, Any]:
    return {
        "action": "deploy",
        "image": image.promise(),
        "identity": {
            "hostname": name,
            "domain": "example.org",
            "authorized_keys": ["ssh-ed25519 AAAAC3Nza operator"],
            "networks": [
                {
                    "mac": "52:54:00:99:00:01",
                    "name": "eno1",
                    "addresses": ["10.20.1.11/16"],
                    "gateway": "10.20.0.1",
                    "dns": ["10.20.0.2"],
                }
            ],
            "home": {"url": "http://10.20.0.2:8080/node/home", "token": "home-token"},
            "files": [{"path": "/etc/role", "mode": "0640", "content": "compute\n"}],
        },
        **more,
    }


class System:
    """The root file system of a disk, looked at without mounting it."""

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
        done = subprocess.run(
            ["/usr/sbin/debugfs", "-R", request, str(self.path)], capture_output=True, text=True, check=True
        )
        return done.stdout

    def check(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/usr/sbin/e2fsck", "-fn", str(self.path)], capture_output=True, text=True, check=False
        )


def test_a_disk_becomes_a_system(
    segment: Segment, station: NastyStation, ramdisk: Ramdisk, image: MadeImage, tmp_path: Path
) -> None:
    """From an empty disk to its first boot, with a clock of 2001 and a connection that is cut in the middle."""
    rig = Rig(segment, station, ramdisk, "n1")
    station.nastiness = Nastiness(cut_at=[image.promise()["size"] // 2])
    rig.start(deployment(image, "n1"))
    configured = rig.told("configured")
    wait_console(rig.machine, FROM_DISK, seconds=SECONDS)
    rig.machine.off()
    hello = next(hello["hardware"] for hello in station.hellos if hello["hardware"]["serial"] == "SN-n1")
    assert hello["disks"][0]["serial"] == "SN-n1"
    assert hello["disks"][0]["size"] == DISK
    assert hello["nics"][0]["mac"] == rig.mac
    assert hello["firmware"] == "bios"
    assert rig.told("disk")["disk"] == "vda"
    assert rig.told("resumed")["offset"] == image.promise()["size"] // 2
    assert rig.told("written")["raw_digest"] == image.promise()["raw_digest"]
    system = System(rig.disk, tmp_path)
    assert mark.is_of(system.table.guid, "n1")
    assert system.size > DISK - 24 * MIB
    assert system.check().returncode == 0, system.check().stdout
    assert f"Block count:              {system.size // 1024}" in system.ask("stats") or system.size
    assert system.ask("cat /etc/hostname") == "n1\n"
    assert "Address=10.20.1.11/16" in system.ask("cat /etc/systemd/network/10-microdc-eno1.network")
    assert system.ask("cat /etc/resolv.conf") == "search example.org\nnameserver 10.20.0.2\n"
    public = system.ask("cat /etc/ssh/ssh_host_ed25519_key.pub")
    assert " ".join(public.split()[:2]) in configured["host_keys"]
    assert "Mode:  0600" in system.ask("stat /etc/ssh/ssh_host_ed25519_key")
    assert "Mode:  0640" in system.ask("stat /etc/role")
    assert configured["loader"] == "boot code of the disk's first sector"
