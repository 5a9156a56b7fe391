"""A disk image of a few MiB for the tests of the ramdisk: a partition table, an ext4 root, an ESP, and a boot sector that talks."""

from __future__ import annotations

import hashlib
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microdc.deploy.ramdisk.resident import gpt

BIOS_BOOT = bytes.fromhex("4861682149646f6e744e656564454649")
ESP = bytes.fromhex("28732ac11ff8d211ba4b00a0c93ec93b")
LINUX = bytes.fromhex("af3dc60f838472478e793d69d8477de4")
MIB = 1 << 20
ROOT_MIB, ESP_MIB = 16, 4


@dataclass(frozen=True, slots=True)
class MadeImage:
    """raw: the disk; packed: what is sent."""

    raw: Path
    packed: Path

    def promise(self, **changes: Any) -> dict[str, Any]:
        """An order's `image`."""
        digest = sha256(self.packed)
        return {
            "path": f"/images/{digest}",
            "digest": digest,
            "size": self.packed.stat().st_size,
            "raw_digest": sha256(self.raw),
            "raw": self.raw.stat().st_size,
            "format": "raw.zst",
            "root_partition": 3,
            "efi_partition": 2,
            **changes,
        }


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make(directory: Path, boot_code: bytes = b"", *, root: Path | None = None, noise: int = 0) -> MadeImage:
    """An image in the directory. root: what lies in the root file system; noise: MiB that no zstd makes smaller."""
    sectors = MIB // 512
    system = _root(directory, root, noise)
    root_sectors = system.stat().st_size // 512
    spans = [
        (BIOS_BOOT, sectors, sectors, "bios"),
        (ESP, 2 * sectors, ESP_MIB * sectors, "esp"),
        (LINUX, (2 + ESP_MIB) * sectors, root_sectors, "root"),
    ]
    partitions = tuple(
        gpt.Partition(number, kind, hashlib.md5(name.encode()).digest(), first, first + length - 1, 0, name)
        for number, (kind, first, length, name) in enumerate(spans, 1)
    )
    total = (3 + ESP_MIB) * sectors + root_sectors
    table = gpt.Table(b"image" * 3 + b".", total, partitions, boot_code[:440])
    raw = directory / "disk.raw"
    with raw.open("wb") as out:
        out.write(gpt.first_bytes(table))
        out.seek(2 * MIB)
        out.write(fat(b"this would be a loader"))
        out.seek((2 + ESP_MIB) * MIB)
        out.write(system.read_bytes())
        out.seek(total * 512 - gpt.LAST_BYTES)
        out.write(gpt.last_bytes(table))
    system.unlink()
    packed = directory / "disk.raw.zst"
    subprocess.run(["zstd", "-q", "-f", str(raw), "-o", str(packed)], check=True)
    return MadeImage(raw, packed)


def _root(directory: Path, root: Path | None, noise: int) -> Path:
    tree = root or directory / "root"
    for name in ("etc/ssh", "etc/systemd/network", "root", "var/lib"):
        (tree / name).mkdir(parents=True, exist_ok=True)
    (tree / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    resolv = tree / "etc/resolv.conf"
    resolv.unlink(missing_ok=True)
    resolv.symlink_to("/run/systemd/resolve/stub-resolv.conf")
    if noise:
        block = hashlib.shake_256(b"noise").digest(MIB)
        (tree / "var/lib/noise").write_bytes(
            b"".join(bytes([index]) + block[1:] for index in range(1))
            + b"".join(hashlib.shake_256(index.to_bytes(4, "big")).digest(MIB) for index in range(1, noise))
        )
    made = directory / "root.ext4"
    made.unlink(missing_ok=True)
    size = f"{ROOT_MIB + noise}M"
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", str(tree), str(made), size], check=True, env=_env()
    )
    return made


def _env() -> dict[str, str]:
    return {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin", "E2FSPROGS_FAKE_TIME": "1700000000"}


def fat(content: bytes) -> bytes:
    """A FAT16 file system of ESP_MIB with EFI/BOOT/BOOTX64.EFI in it."""
    total, fat_sectors, root_entries, cluster = ESP_MIB * MIB // 512, 32, 512, 1
    boot = struct.pack(
        "<3s8sHBHBHHBHHHIIBBBI11s8s",
        *(b"\xeb\x3c\x90", b"MSWIN4.1", 512, cluster, 1, 2, root_entries, total, 0xF8, fat_sectors, 32, 64),
        *(0, 0, 0x80, 0, 0x29, 0x12345678, b"ESP        ", b"FAT16   "),
    )
    clusters = -(-len(content) // 512)
    table = [0xFFF8, 0xFFFF, 0xFFFF, 0xFFFF, *range(5, 4 + clusters), 0xFFFF]
    fats = struct.pack(f"<{len(table)}H", *table).ljust(fat_sectors * 512, b"\0")
    root = _entry(b"EFI        ", 0x10, 2)
    efi = _entry(b".          ", 0x10, 2) + _entry(b"..         ", 0x10, 0) + _entry(b"BOOT       ", 0x10, 3)
    boot_dir = _entry(b".          ", 0x10, 3) + _entry(b"..         ", 0x10, 2)
    boot_dir += _entry(b"BOOTX64 EFI", 0x20, 4, len(content))
    parts = [boot.ljust(510, b"\0") + b"\x55\xaa", fats, fats, root.ljust(root_entries * 32, b"\0")]
    parts += [efi.ljust(512, b"\0"), boot_dir.ljust(512, b"\0"), content]
    return b"".join(parts).ljust(total * 512, b"\0")


def _entry(name: bytes, kind: int, cluster: int, size: int = 0) -> bytes:
    return struct.pack("<11sB14xHI", name, kind, cluster, size)
