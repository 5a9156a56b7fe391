"""A disk of a root directory: loader, EFI system partition and root file system under one partition table, in a file."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID, uuid5

from microdc.images.disk import ext4, fat, gpt, loader
from microdc.images.disk.gpt import SECTOR, Partition
from microdc.repository.index import fields

_SPACE = UUID("5d0e6f0a-6d1c-5a0e-9b60-7f1f6f0c9a11")  # of our names for disks and partitions
_MIB = (1 << 20) // SECTOR  # sectors
_CHUNK = 1 << 20


def disk(root: Path, out: Path, work: Path, *, key: str, epoch: int) -> None:
    """Writes the disk. key: of the image, which its identifiers are derived from. Raises UnreachableError, ApplyError."""

    def name(what: str) -> UUID:
        return uuid5(_SPACE, f"{key}/{what}")

    files = work / "root.ext4", work / "esp.fat"
    fat.make(files[1], loader.uefi_program(), number=name("esp").int & 0xFFFFFFFF, epoch=epoch)
    size = ext4.make(root, files[0], label="root", uuid=name("filesystem"), epoch=epoch)
    bios = Partition(gpt.BIOS_BOOT, name("bios"), _MIB, _MIB, "bios")
    efi = Partition(gpt.EFI_SYSTEM, name("efi"), 2 * _MIB, fat.MIB * _MIB, "efi")
    system = Partition(gpt.LINUX_ROOT_AMD64, name("root"), efi.first + efi.sectors, size // SECTOR, "root")
    sectors = system.first + system.sectors + _MIB
    primary, backup = gpt.tables(name("disk"), (bios, efi, system), sectors)
    core = loader.core_at(loader.bios_core(), bios.first)
    boot = loader.first_sector(loader.parts()[0].read_bytes(), bios.first)
    with out.open("wb") as stream:
        stream.truncate(sectors * SECTOR)
        stream.write(boot + primary[len(boot) :])
        stream.seek(bios.first * SECTOR)
        stream.write(core)
        for partition, file in ((efi, files[1]), (system, files[0])):
            _copy(file, stream.fileno(), partition.first * SECTOR)
            file.unlink()
        stream.seek(-len(backup), os.SEEK_END)
        stream.write(backup)


def _copy(file: Path, out: int, offset: int) -> None:
    """Copies a file to a place in another; holes stay holes."""
    with file.open("rb") as source:
        end = source.seek(0, os.SEEK_END)
        at = 0
        while at < end:
            try:
                at = os.lseek(source.fileno(), at, os.SEEK_DATA)
            except OSError:  # nothing but a hole is left
                return
            stop = os.lseek(source.fileno(), at, os.SEEK_HOLE)
            while at < stop:
                data = os.pread(source.fileno(), min(_CHUNK, stop - at), at)
                os.pwrite(out, data, offset + at)
                at += len(data)


def kernel_release(root: Path) -> str:
    """Of the kernel that /vmlinuz is."""
    return (root / "vmlinuz").readlink().name.removeprefix("vmlinuz-")


def versions(status: str) -> dict[str, str]:
    """Name -> version of what is installed, from the text of dpkg's status."""
    stanzas = [fields(stanza) for stanza in status.split("\n\n") if stanza.strip()]
    return {
        said["Package"]: said["Version"] for said in stanzas if said.get("Status", "").endswith(" installed")
    }
