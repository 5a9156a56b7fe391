"""The real ramdisk in real machines: what it finds, what it refuses, and that a disk it was given boots."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from netboot import FROM_DISK, GATEWAY, Segment, boot_sector, wait_console, wait_for
from ramdisk_rig import DISK, SECONDS, DirectRig, Rigs, System, empty_disk

import ramdisk_image
from microdc.deploy.ports import Ramdisk
from microdc.deploy.ramdisk import image as ramdisk_files
from microdc.deploy.ramdisk.resident import gpt, mark
from microdc.host import namespaces
from ramdisk_image import MIB, MadeImage
from ramdisk_station import Nastiness, NastyStation

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.timeout(900)]


def finished(steps: Any) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def ramdisk(tmp_path_factory: pytest.TempPathFactory) -> Ramdisk:
    """Copies: another run with other sources may push these out of the cache."""
    made: Ramdisk = finished(ramdisk_files.build())
    place = tmp_path_factory.mktemp("ramdisk")
    kernel, initrd = (
        replace(file, path=Path(shutil.copy(file.path, place))) for file in (made.kernel, made.initrd)
    )
    return replace(made, kernel=kernel, initrd=initrd)


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


@pytest.fixture
def rigs(segment: Segment, station: NastyStation, ramdisk: Ramdisk) -> Iterator[Rigs]:
    made = Rigs(segment, station, ramdisk)
    yield from (made for _ in made.ended())


def deployment(image: MadeImage, name: str, **more: Any) -> dict[str, Any]:
    network = {
        "mac": "52:54:00:99:00:01",
        "name": "eno1",
        "addresses": ["10.20.1.11/16"],
        "gateway": "10.20.0.1",
        "dns": ["10.20.0.2"],
    }
    identity = {
        "hostname": name,
        "domain": "example.org",
        "authorized_keys": ["ssh-ed25519 AAAAC3Nza operator"],
        "networks": [network],
        "home": {"url": "http://10.20.0.2:8080/node/home", "token": "home-token"},
        "files": [{"path": "/etc/role", "mode": "0640", "content": "compute\n"}],
    }
    return {"action": "deploy", "image": image.promise(), "identity": identity, **more}


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def table(disk: Path) -> gpt.Table | None:
    with disk.open("rb") as file:
        return gpt.parse(file.read(gpt.FIRST_BYTES))


def test_a_disk_becomes_a_system(rigs: Rigs, image: MadeImage, tmp_path: Path) -> None:
    """From an empty disk to its first boot, over a connection that is cut in the middle."""
    rig, half = rigs.network("n1"), image.promise()["size"] // 2
    rigs.station.nastiness = Nastiness(cut_at=[half])
    rig.order(deployment(image, "n1"))
    rig.start()
    configured = rig.told("configured")
    wait_console(rig.machine, FROM_DISK, seconds=SECONDS)
    rig.machine.off()
    hello = next(each["hardware"] for each in rigs.station.hellos if each["hardware"]["serial"] == "SN-n1")
    (disk,), (nic,) = hello["disks"], hello["nics"]
    assert (disk["serial"], disk["size"], disk["content"]) == ("SN-n1", DISK, [])
    assert (nic["mac"], nic["driver"], nic["link"]) == (rig.mac, "virtio_net", True)
    assert hello["firmware"] == "bios"
    assert sum(each["size"] for each in hello["memory"]["modules"]) == 384 * MIB
    assert rig.told("disk")["disk"] == "vda"
    assert rig.told("resumed")["offset"] == half
    assert rig.told("written")["raw_digest"] == image.promise()["raw_digest"]
    system = System(rig.disk, tmp_path)
    assert mark.is_of(system.table.guid, "n1")
    assert system.size > DISK - 8 * MIB  # grown over all that the other partitions left
    system.check()
    blocks = next(line for line in system.ask("stats").splitlines() if line.startswith("Block count:"))
    assert int(blocks.split()[-1]) * 1024 > system.size - MIB
    assert system.ask("cat /etc/hostname") == "n1\n"
    assert system.ask("cat /etc/machine-id") == "uninitialized\n"
    assert "Address=10.20.1.11/16" in system.ask("cat /etc/systemd/network/10-microdc-eno1.network")
    assert system.ask("cat /etc/resolv.conf") == "search example.org\nnameserver 10.20.0.2\n"
    public = system.ask("cat /etc/ssh/ssh_host_ed25519_key.pub")
    assert " ".join(public.split()[:2]) in configured["host_keys"]
    for path, mode in (("ssh/ssh_host_ed25519_key", "0600"), ("role", "0640"), ("microdc/home.json", "0600")):
        said = system.ask(f"stat /etc/{path}")
        assert f"Mode:  {mode}" in said
        assert "User:     0   Group:     0" in said
    assert configured["loader"] == "boot code of the disk's first sector"


def lldp(segment: Segment, over: threading.Event) -> None:
    """A switch that says who it is, until the test is over."""
    sock = namespaces.call(segment.namespace, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
    with sock:
        namespaces.call(segment.namespace, lambda: sock.bind((segment.bridge, 0)))
        elements = [
            (1, b"\x04\x00\x11\x22\x33\x44\x55"),
            (2, b"\x05Ethernet7"),
            (3, b"\0\x78"),
            (5, b"sw1"),
            (0, b""),
        ]
        body = b"".join((kind << 9 | len(value)).to_bytes(2, "big") + value for kind, value in elements)
        while not over.wait(1):
            sock.send(bytes.fromhex("0180c2000003 001122334455 88cc") + body.ljust(46, b"\0"))


def test_an_inspection_finds_disks_and_neighbours_whatever_the_clock_says(rigs: Rigs, tmp_path: Path) -> None:
    """The machine's clock is wrong by decades. Neither disk is written to."""
    empty, used = empty_disk(tmp_path / "empty"), empty_disk(tmp_path / "used")
    subprocess.run(["/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", str(used)], check=True)
    before, over = digest(used), threading.Event()
    talking = threading.Thread(target=lldp, args=(rigs.segment, over))
    talking.start()
    try:
        rig = rigs.direct("inspected", {"E1": empty, "U1": used})
        rig.order({"action": "inspect"})
        rig.start("-rtc", "base=2001-01-01T00:00:00")
        found = rig.told("inspected")["hardware"]
        rig.over()
    finally:
        over.set()
        talking.join()
    disks = {disk["serial"]: disk for disk in found["disks"]}
    assert {serial: disk["content"] for serial, disk in disks.items()} == {
        "E1": [],
        "U1": ["an ext file system"],
    }
    assert all(disk["paths"][0].startswith("pci-0000:00:") for disk in disks.values())
    (nic,) = found["nics"]
    assert nic["lldp"] == {"chassis": "00:11:22:33:44:55", "port": "Ethernet7", "system": "sw1"}
    assert (digest(used), digest(empty)) == (before, digest(empty_disk(tmp_path / "other")))
    line = next(line for line in rig.console().splitlines() if "the clock was wrong by" in line)
    wrong = timedelta(seconds=float(line.split(" wrong by ")[1].split()[0]))
    assert wrong > timedelta(days=365 * 20)
    said = datetime.fromisoformat(line.split("; it is ")[1].split()[0])
    assert abs(datetime.now(UTC) - said) < timedelta(minutes=15)


def refused(rig: DirectRig, order: dict[str, Any], code: str) -> str:
    """The order is refused, and no disk of the machine has changed."""
    before = {path: digest(path) for path in rig.disks.values()}
    rig.order(order)
    rig.start()
    failed = rig.told("failed")
    assert failed["code"] == code
    assert f"microdc: failed: {code}: " in rig.console()
    rig.over()
    assert {path: digest(path) for path in rig.disks.values()} == before
    return str(failed["text"])


def test_foreign_data_is_refused_and_wiped_where_that_was_said(
    rigs: Rigs, image: MadeImage, tmp_path: Path
) -> None:
    disk = empty_disk(tmp_path / "disk")
    subprocess.run(["/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", str(disk)], check=True)
    rig = rigs.direct("foreign", {"F1": disk})
    said = refused(rig, deployment(image, "foreign"), "foreign-data")
    assert "serial F1" in said
    assert "an ext file system" in said
    rig.order(deployment(image, "foreign", wipe=True))
    rig.start()
    rig.told("rebooting")
    rig.over()
    System(disk, tmp_path).check()


@pytest.mark.long
@pytest.mark.extra
def test_a_disk_that_is_too_small_is_refused(rigs: Rigs, image: MadeImage, tmp_path: Path) -> None:
    rig = rigs.direct("small", {"S1": empty_disk(tmp_path / "disk", 16 * MIB)})
    assert str(image.promise()["raw"]) in refused(rig, deployment(image, "small"), "disk-too-small")


@pytest.mark.long
@pytest.mark.extra
def test_several_disks_and_nothing_that_says_which_are_refused(
    rigs: Rigs, image: MadeImage, tmp_path: Path
) -> None:
    rig = rigs.direct("several", {"A1": empty_disk(tmp_path / "a"), "B1": empty_disk(tmp_path / "b")})
    said = refused(rig, deployment(image, "several"), "many-disks")
    assert "serial A1" in said
    assert "serial B1" in said


@pytest.mark.long
def test_power_is_cut_in_the_middle_and_then_it_is_done_again(
    rigs: Rigs, image: MadeImage, tmp_path: Path
) -> None:
    """What was half written is known to be ours, and cannot be booted."""
    disk = empty_disk(tmp_path / "disk")
    rig = rigs.direct("cut", {"C1": disk})
    rig.order(deployment(image, "cut"))
    rigs.station.nastiness = Nastiness(rate=400_000)
    rig.start()
    wait_for(
        lambda: any(each["done"] > MIB for each in rig.reports("writing")), SECONDS, "writes", rig.console
    )
    rig.cut_power()
    found = table(disk)
    assert found is not None
    assert mark.is_of(found.guid, "cut")
    assert found.partitions == ()
    assert "written" not in [told.kind for told in rigs.station.told[rig.first :]]
    rigs.station.nastiness = Nastiness()
    rig.start()
    rig.told("rebooting")
    rig.over()
    System(disk, tmp_path).check()


@pytest.mark.long
def test_a_corrupted_image_leaves_a_disk_that_does_not_boot(
    rigs: Rigs, image: MadeImage, tmp_path: Path
) -> None:
    disk = empty_disk(tmp_path / "disk")
    rig = rigs.direct("corrupt", {"C2": disk})
    rig.order(deployment(image, "corrupt"))
    rigs.station.nastiness = Nastiness(flip_at=[image.promise()["size"] // 2])
    rig.start()
    assert rig.told("failed")["code"] == "image-hash"
    rig.over()
    found = table(disk)
    assert found is not None
    assert (found.partitions, found.boot_code.strip(b"\0")) == ((), b"")


@pytest.mark.long
def test_cleaning_wipes_what_is_ours_and_keeps_what_is_not(rigs: Rigs, tmp_path: Path) -> None:
    ours, theirs = empty_disk(tmp_path / "ours"), empty_disk(tmp_path / "theirs")
    with ours.open("r+b") as file:
        file.write(gpt.first_bytes(gpt.Table(mark.mark("clean", b"salt"), DISK // 512)))
    subprocess.run(["/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", str(theirs)], check=True)
    before = digest(theirs)
    rig = rigs.direct("clean", {"O1": ours, "T1": theirs})
    rig.order({"action": "clean"})
    rig.start()
    wiped = rig.told("wiped")
    rig.over()
    assert wiped["disks"] == ["vda"]
    assert "an ext file system" in wiped["said"]
    assert digest(theirs) == before
    assert digest(ours) == digest(empty_disk(tmp_path / "other"))
    rig.order({"action": "clean", "wipe": True})
    rig.first = len(rigs.station.told)
    rig.start()
    assert rig.told("wiped")["disks"] == ["vdb"]
    rig.over()
    assert table(theirs) is None
    assert digest(theirs) != before


@pytest.mark.long
@pytest.mark.extra
def test_a_machine_of_uefi_boots_it_and_its_loader_is_looked_for(
    rigs: Rigs, image: MadeImage, tmp_path: Path
) -> None:
    rig = rigs.network("uefi", firmware="uefi")
    rig.order(deployment(image, "uefi"))
    rig.start()
    configured = rig.told("configured")
    assert (configured["firmware"], configured["loader"]) == ("uefi", "EFI/BOOT/BOOTX64.EFI")
    rig.told("rebooting")
    rig.machine.off()
    System(rig.disk, tmp_path).check()
