"""A disk becomes a system: chosen, written, given its identity, and only then given its partition table."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from . import (
    choosing,
    device,
    firmware,
    gpt,
    hostkeys,
    identity,
    imaging,
    installing,
    mark,
    mounting,
    wiping,
    words,
)
from .device import told
from .disks import Disk
from .imaging import Progress
from .promise import Promise, Written, read_back
from .saying import say
from .station import Station
from .words import FailedError

_STALL = 30.0
_ROOT, _ESP = Path("/run/microdc/root"), Path("/run/microdc/esp")
_LOADER = ("EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTAA64.EFI")
"""What UEFI boots from a disk that no boot entry names (UEFI Specification 2.10, 3.5.1.1)."""
_QUICK = 3.0  # s that a report of progress may take: the next one says more


def deploy(
    station: Station,
    order: Mapping[str, Any],
    disks: Sequence[Disk],
    neighbours: Callable[[], Mapping[str, Any]],
) -> None:
    """Carries out the order; the machine can be reset into its system after it. Raises FailedError."""
    owner, promised = mark.owner_of(order), Promise.of(order["image"])
    refuse_other_firmware(str(order.get("firmware") or ""))
    disk = choosing.choose(disks, order.get("disk") or {})
    data = {"disk": disk.name, "size": disk.size, "serial": disk.serial}
    station.report(
        words.DISK, f"the system goes to {disk}", {**data, "candidates": [each.described() for each in disks]}
    )
    refuse_unfit(disk, promised)
    found = wiping.contents(disk)
    if order.get("wipe"):
        say(f"{disk.name} holds {' and '.join(found.what) or 'nothing'}, which may be wiped")
    else:
        wiping.refuse_foreign(disk, found, owner)
    wiping.wipe(disk)
    guid = wiping.claim(disk, owner)
    written = write(station, order["image"], promised, disk)
    table = moved(written, disk, guid, int(order["image"]["root_partition"]))
    keys = configure(order, disk, table)
    loader = loader_of(order["image"], disk, table)
    with told("writing the partition table"), device.writing(disk.device) as target:
        wiping.write_table(target, table, written.first)
        found_table = gpt.parse(target.read(0, gpt.FIRST_BYTES))
    if found_table != gpt.parse(gpt.first_bytes(table)):
        raise FailedError(words.DISK_ERROR, "the disk does not hold the partition table that was written")
    station.report(
        words.CONFIGURED,
        f"the system on {disk.name} is {order['identity']['hostname']}",
        {
            "host_keys": [key.public for key in keys],
            "firmware": firmware.kind(),
            "loader": loader,
            "disk": disk.name,
            "neighbours": dict(neighbours()),
        },
    )


def refuse_other_firmware(wanted: str) -> None:
    """Raises FailedError for a machine that was booted in another way than its document says it boots."""
    if wanted not in {"", firmware.kind()}:
        what = f"this machine was booted by {firmware.kind().upper()}, and its document says {wanted}"
        raise FailedError(words.LOADER, f"{what}; set its boot mode, or leave `firmware` out")


def refuse_unfit(disk: Disk, promised: Promise) -> None:
    """Raises FailedError for a disk on which the image cannot lie."""
    if disk.sector != gpt.SECTOR:
        what = (
            f"the disk {disk} has sectors of {disk.sector} bytes; images are made for those of {gpt.SECTOR}"
        )
        raise FailedError(words.DISK_ERROR, what)
    if promised.raw > disk.size:
        what = f"the disk {disk} has {disk.size} bytes, the image {promised.raw}"
        raise FailedError(words.DISK_TOO_SMALL, what)


def write(station: Station, image: Mapping[str, Any], promised: Promise, disk: Disk) -> Written:
    """The image onto the disk, but for its first block."""

    def progress(now: Progress) -> None:
        part = (
            f"{now.done * 100 // max(now.total, 1)} % of {now.total >> 20} MiB at {now.rate / 1e6:.1f} MB/s"
        )
        data = {"done": now.done, "total": now.total, "rate": round(now.rate), "waits": now.waits}
        station.report(words.WRITING, part, data, _QUICK)

    def resumed(offset: int, why: str) -> None:
        text = f"goes on at byte {offset}, after it was cut: {why}"
        station.report(words.RESUMED, text, {"offset": offset, "reason": why}, _QUICK)

    telling = imaging.Telling(progress, resumed)
    ask = partial(station.image, str(image["path"]), stall=_STALL)
    with told(f"opening {disk.name}"), device.writing(disk.device) as target:
        written = imaging.write(ask, promised, target, telling)
        read_back(target, written, whole=promised if image.get("read_back") == "all" else None)
    data = {
        "digest": promised.digest,
        "raw_digest": promised.raw_digest,
        "seconds": round(written.seconds, 1),
    }
    station.report(words.WRITTEN, f"{promised.raw >> 20} MiB in {written.seconds:.1f} s, as promised", data)
    return written


def moved(written: Written, disk: Disk, guid: bytes, root: int) -> gpt.Table:
    """The image's table for this disk, with the root grown over the rest of it, and partitions that are told from those of other disks."""
    try:
        table = gpt.parse(written.first) if len(written.first) >= gpt.FIRST_BYTES else None
        made = gpt.moved(table, disk.size // gpt.SECTOR, guid, root) if table else None
    except gpt.TableError as error:
        raise FailedError(words.CONFIGURE, f"the image's partition table: {error}") from None
    if made is None:
        raise FailedError(words.CONFIGURE, "the image has no partition table (GPT)")
    return gpt.renamed(made, os.urandom)


def configure(order: Mapping[str, Any], disk: Disk, table: gpt.Table) -> list[identity.HostKey]:
    """Grows the root file system and gives it its identity; the keys that were made for it."""
    root = table.partition(int(order["image"]["root_partition"]))
    keys = list(hostkeys.made())
    with mounting.partition(disk, root) as node, mounting.mounted(node, _ROOT, "ext4") as place:
        size = mounting.grow(place, root.size)
        say(f"the root file system has {size >> 20} MiB")
        try:
            for old in installing.host_keys(place):
                (place / "etc/ssh" / old).unlink()
            for file in identity.files(order, keys):
                installing.install(place, file)
        except OSError as error:
            code = words.NO_SPACE if error.errno == 28 else words.CONFIGURE  # ENOSPC
            raise FailedError(code, f"the system cannot be given its files: {error}") from None
    return keys


def loader_of(image: Mapping[str, Any], disk: Disk, table: gpt.Table) -> str:
    """What a machine of this firmware boots from the disk. Raises FailedError where it would find nothing."""
    if firmware.kind() == "bios":
        if not table.boot_code.strip(b"\0"):
            raise FailedError(
                words.LOADER, "the image has no boot code for BIOS, by which this machine was booted"
            )
        return "boot code of the disk's first sector"
    number = image.get("efi_partition")
    if number is None:
        raise FailedError(
            words.LOADER, "the image has no partition for UEFI, by which this machine was booted"
        )
    with (
        mounting.partition(disk, table.partition(int(number))) as node,
        mounting.mounted(node, _ESP, "vfat", "ro") as place,
    ):
        names = [name for name in _LOADER if (place / name).is_file()]
    if not names:
        raise FailedError(words.LOADER, f"the image's partition for UEFI has no {_LOADER[0]}")
    return names[0]
