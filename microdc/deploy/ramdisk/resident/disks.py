"""The disks of the machine, as the kernel describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import sysfs

SECTOR = 512
"""What sysfs counts sizes in, whatever the disk's own sectors are."""
_NO_DISKS = re.compile(r"(loop|ram|zram|dm-|md|sr|fd|nbd|mtdblock)\d+")
_PCI = re.compile(r"/([0-9a-f]{4,5}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?=/)")
_SCSI = re.compile(r"/(\d+):(\d+):(\d+):(\d+)(?:/|$)")
_WWN_PREFIXES = ("wwn-", "naa.", "eui.", "t10.", "uuid.", "0x")


@dataclass(frozen=True, slots=True)
class Disk:
    """size: bytes; sector: bytes of a logical block. kind: nvme, ssd or hdd. paths: its names as in /dev/disk/by-path.

    fixed: it is built in; neither a medium that can be taken out, nor something on USB, such as a BMC's virtual medium.
    """

    name: str
    size: int
    serial: str = ""
    wwn: str = ""
    model: str = ""
    kind: str = "hdd"
    paths: tuple[str, ...] = ()
    fixed: bool = True
    sector: int = SECTOR

    @property
    def device(self) -> Path:
        return Path("/dev") / self.name

    def __str__(self) -> str:
        told = [f"{self.size / 1e9:.1f} GB", self.kind, self.model]
        told += [f"serial {self.serial}" if self.serial else "no serial", *self.paths[:1]]
        return f"{self.name} ({', '.join(word for word in told if word)})"

    def described(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "size": self.size,
            "serial": self.serial,
            "wwn": self.wwn,
            "model": self.model,
            "kind": self.kind,
            "paths": list(self.paths),
            "fixed": self.fixed,
            "sector": self.sector,
        }


def disks(sys: Path = Path("/sys")) -> list[Disk]:
    """All disks that can be written to and hold something, by name."""
    names = sorted(entry.name for entry in (sys / "block").iterdir())
    found = [_disk(sys / "block" / name) for name in names if not _NO_DISKS.fullmatch(name)]
    hidden = ("ro", "hidden")  # hidden: one path of several to the same disk
    return [
        disk
        for disk in found
        if disk.size and not any(sysfs.number(sys / "block" / disk.name / key) for key in hidden)
    ]


def _disk(place: Path) -> Disk:
    where, device = sysfs.real(place), place / "device"
    nvme = place.name.startswith("nvme")
    spins = sysfs.number(place / "queue/rotational", 1)
    return Disk(
        name=place.name,
        size=sysfs.number(place / "size") * SECTOR,
        serial=_serial(place, device),
        wwn=normal_wwn(sysfs.text(place / "wwid") or sysfs.text(device / "wwid")),
        model=" ".join(f"{sysfs.text(device / 'vendor')} {sysfs.text(device / 'model')}".split())
        if not sysfs.text(device / "vendor").startswith("0x")  # virtio's is a number
        else "",
        kind="nvme" if nvme else "hdd" if spins else "ssd",
        paths=by_path(where, sas_address=sysfs.text(device / "sas_address")),
        fixed=not sysfs.number(place / "removable") and "/usb" not in where,
        sector=sysfs.number(place / "queue/logical_block_size", SECTOR),
    )


def _serial(place: Path, device: Path) -> str:
    said = sysfs.text(place / "serial") or sysfs.text(device / "serial")
    if said:
        return said
    try:
        page = (
            device / "vpd_pg80"
        ).read_bytes()  # SPC-4, 7.8.14: the unit's serial number after four bytes of head
    except OSError:
        return ""
    return page[4 : 4 + int.from_bytes(page[2:4], "big")].decode("ascii", "replace").strip("\0 ")


def normal_wwn(text: str) -> str:
    """In small letters, without what says which kind of name it is, which each place writes in its own way."""
    text = text.strip().lower()
    for prefix in _WWN_PREFIXES:
        text = text.removeprefix(prefix)
    return text


def by_path(where: str, sas_address: str = "") -> tuple[str, ...]:
    """The names that udev gives to a disk at this place of sysfs, below /dev/disk/by-path; the usual one first."""
    found = list(_PCI.finditer(where))
    if not found:
        return ()
    head, behind = f"pci-{found[-1][1]}", where[found[-1].end() + 1 :]
    if behind.startswith("virtio"):
        return (head, f"virtio-{head}")
    if match := re.match(r"nvme/nvme\d+/nvme\d+(?:c\d+)?n(\d+)", behind):
        return (f"{head}-nvme-{match[1]}",)
    scsi = _SCSI.search(behind)
    if match := re.match(r"ata(\d+)/", behind):
        return (f"{head}-ata-{match[1]}",)
    if scsi and sas_address:
        return (f"{head}-sas-{sas_address}-lun-{scsi[4]}",)
    return (f"{head}-scsi-0:{scsi[2]}:{scsi[3]}:{scsi[4]}",) if scsi else ()


def partitions(name: str, sys: Path = Path("/sys")) -> Mapping[int, tuple[str, int, int]]:
    """Number -> (name, first byte, bytes) of the partitions that the kernel sees on a disk."""
    found = {}
    for place in (sys / "block" / name).glob(f"{name}*"):
        if index := sysfs.number(place / "partition"):
            start, size = (sysfs.number(place / key) * SECTOR for key in ("start", "size"))
            found[index] = place.name, start, size
    return dict(sorted(found.items()))
