"""The EFI system partition: a FAT file system with one program in it, the same bytes for the same program."""

from __future__ import annotations

from pathlib import Path

from microdc.repository.running import run

MIB = 40
"""Large enough to be FAT32, which the UEFI specification asks for on disks: below 33 MiB it would be FAT16."""
_PROGRAM = "EFI/BOOT/BOOTX64.EFI"  # what firmware starts that was told of nothing else


def make(file: Path, program: bytes, *, number: int, epoch: int) -> None:
    """Writes the file system. number: its 32 bit serial number; epoch: the time (s) of what is in it. Raises UnreachableError."""
    source = file.with_suffix(".efi")
    source.write_bytes(program)
    file.unlink(missing_ok=True)
    time = {"SOURCE_DATE_EPOCH": str(epoch), "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}
    words = ["-F", "32", "-s", "1", "-n", "MICRODC-EFI", "-i", f"{number:08x}", "--invariant"]
    run(["mkfs.vfat", *words, "-C", str(file), str(MIB * 1024)], environment=time)
    run(["mmd", "-i", str(file), "::EFI", "::EFI/BOOT"], environment=time)
    run(["mcopy", "-i", str(file), str(source), f"::{_PROGRAM}"], environment=time)
    source.unlink()
