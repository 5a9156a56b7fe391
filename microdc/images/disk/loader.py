"""GRUB, as a disk image has it: its first sector, its core for BIOS, its program for UEFI, and its configuration.

grub-install wants a disk that the kernel sees; an image is a file. What it would do is little: two numbers are put into two sectors. They
and their places are those of GRUB 2.02 to 2.12 (include/grub/i386/pc/boot.h, grub-core/boot/i386/pc/diskboot.S).
"""

from __future__ import annotations

import shlex
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path

from microdc.errors import InputError
from microdc.images.disk.gpt import SECTOR
from microdc.images.disk.model import ROOT_PARTITION
from microdc.repository.running import located, run

PREFIX = f"(,gpt{ROOT_PARTITION})/boot/grub"
"""Where the configuration is: on the disk that GRUB came from, whichever that is, so that a second disk with the same image does not matter."""
BOOT_IMAGE, EFI_KERNEL = "i386-pc/boot.img", "x86_64-efi/kernel.img"

_MODULES = (
    "part_gpt",
    "ext2",
    "normal",
    "linux",
    "configfile",
    "test",
    "echo",
    "probe",
    "search",
    "serial",
    "terminal",
    "reboot",
)
_BIOS = ("biosdisk",)
_UEFI = ("fat", "efi_gop", "efi_uga")
_CODE = 440  # bytes of the first sector that are the loader's
_KERNEL_SECTOR = 0x5C  # in boot.img: 64 bits, the sector of the core
_DRIVE_CHECK = 0x66  # in boot.img: a jump over what is meant for floppy disks; not to be taken on others
_BLOCKLIST = (
    SECTOR - 12
)  # in the core's first sector: 64 bits, the sector of the rest; then its length and where it goes in memory


def parts() -> tuple[Path, Path]:
    """The files that tell which GRUB is installed here, for BIOS and for UEFI. Raises UnreachableError where one is not."""
    return Path(located(BOOT_IMAGE)), Path(located(EFI_KERNEL))


def bios_core() -> bytes:
    """The core for BIOS, as grub-mkimage makes it. Raises UnreachableError."""
    return _image("i386-pc", parts()[0].parent, (*_MODULES, *_BIOS))


def uefi_program() -> bytes:
    """The program for UEFI, to be put at EFI/BOOT/BOOTX64.EFI. Raises UnreachableError."""
    return _image("x86_64-efi", parts()[1].parent, (*_MODULES, *_UEFI))


def _image(platform: str, directory: Path, modules: Iterable[str]) -> bytes:
    with tempfile.NamedTemporaryFile(prefix="microdc-grub-") as out:
        run(["grub-mkimage", "-O", platform, "-d", str(directory), "-p", PREFIX, "-o", out.name, *modules])
        return Path(out.name).read_bytes()


def first_sector(boot_image: bytes, core_at: int) -> bytes:
    """The boot code of a disk's first sector, 440 bytes. core_at: the sector of the core. Pure. Raises InputError."""
    if len(boot_image) != SECTOR or boot_image[-2:] != b"\x55\xaa":
        raise InputError("this is no boot.img of GRUB", hint="install grub-pc-bin again")
    code = bytearray(boot_image[:_CODE])
    struct.pack_into("<Q", code, _KERNEL_SECTOR, core_at)
    code[_DRIVE_CHECK : _DRIVE_CHECK + 2] = b"\x90\x90"  # as grub-install does where the disk is a hard one
    return bytes(code)


def core_at(core: bytes, sector: int) -> bytes:
    """The core as it lies from a sector on: it has to know where its rest is. Pure."""
    whole = bytearray(core.ljust(-(-len(core) // SECTOR) * SECTOR, b"\0"))
    struct.pack_into("<Q", whole, _BLOCKLIST, sector + 1)
    return bytes(whole)


def configuration(options: Iterable[str]) -> str:
    """grub.cfg: the newest kernel that is installed, from the partition that this file is on. options: of the kernel. Pure."""
    words = " ".join(shlex.quote(option) for option in options)
    return f"""\
# Written by microdc when the image was built. /vmlinuz and /initrd.img follow the newest kernel that is installed.
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set timeout=0
probe --set=partition --part-uuid $root
linux /vmlinuz root=PARTUUID=$partition rw {words}
initrd /initrd.img
boot
"""
