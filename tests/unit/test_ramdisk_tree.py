"""What lies in the ramdisk is all that its program needs, and little more. No machine, no kernel: a directory as root."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from microdc.deploy.ramdisk import image
from microdc.images import cpio
from microdc.images.cpio import CharDevice, File, Symlink
from microdc.images.model import GuestKernel


def unpack(tree: cpio.Tree, root: Path) -> None:
    for path, entry in tree.items():
        target = root / path.removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, Symlink):
            target.unlink(missing_ok=True)
            target.symlink_to(entry.target)
        elif isinstance(entry, File):
            target.write_bytes(entry.read())
            target.chmod(entry.mode)
        elif isinstance(entry, CharDevice):
            os.mknod(target, stat.S_IFCHR | entry.mode, os.makedev(entry.major, entry.minor))


def module(directory: Path, name: str, *fields: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.ko").write_bytes(b"\x7fELF\0" + b"".join(f"{field}\0".encode() for field in fields))


@pytest.fixture
def kernel(tmp_path: Path) -> GuestKernel:
    """One with three modules."""
    modules = tmp_path / "modules"
    module(modules, "virtio_net", "alias=virtio:d00000001v*", "depends=net_failover,failover")
    module(modules, "net-failover", "depends=failover")
    module(modules, "failover", "depends=")
    module(modules, "unwanted", "alias=pci:v*", "depends=")
    return GuestKernel("6.1.0-1-test", tmp_path / "vmlinuz", modules)


def test_modules_are_listed_with_what_they_drive_and_need(kernel: GuestKernel) -> None:
    tree = image.drivers(kernel)
    text = {
        path: entry.read().decode()
        for path, entry in tree.items()
        if isinstance(entry, File) and "/etc/" in path
    }
    assert text["/etc/microdc/aliases"] == "virtio:d00000001v* virtio_net\n"
    assert text["/etc/microdc/needs"].splitlines() == [
        "failover",
        "net_failover failover",
        "virtio_net failover net_failover",
    ]
    assert "/usr/lib/modules/microdc/net_failover.ko" in tree
    assert "/usr/lib/modules/microdc/unwanted.ko" not in tree


@pytest.mark.root
def test_all_that_the_program_needs_is_there(kernel: GuestKernel, tmp_path: Path) -> None:
    root = tmp_path / "root"
    unpack(image.tree(kernel), root)
    (root / "tmp").mkdir(exist_ok=True)
    (root / "run").mkdir(exist_ok=True)
    names = [f"resident.{path.stem}" for path in (root / "usr/lib/microdc/resident").glob("[a-z]*.py")]
    assert "resident.start" in names
    packed = subprocess.run(["zstd", "-qc"], input=b"it was packed", capture_output=True, check=True).stdout
    code = "import sys; sys.path.insert(0, '/usr/lib/microdc')\n" + "".join(
        f"import {name}\n" for name in names
    )
    code += (
        "from resident import hostkeys, programs\n"
        "import hashlib, traceback\n"
        "assert [key.public.split()[0] for key in hostkeys.made()] == ['ssh-ed25519', 'ecdsa-sha2-nistp256']\n"
        "assert 'openssl' in repr(hashlib.sha256)\n"
        "from resident.unpacking import Unpacker\n"
        f"packed, out = memoryview(bytearray({packed!r})), memoryview(bytearray(100))\n"
        "with Unpacker() as unpacker:\n"
        "    step = unpacker.step(packed, out)\n"
        "assert (step.whole, bytes(out[:step.made])) == (True, b'it was packed')\n"
        "for name in ('insmod', 'ip', 'udhcpc', 'mount', 'umount', 'hwclock', 'reboot', 'poweroff'):\n"
        "    programs.run(['which', name])\n"
    )
    done = subprocess.run(
        ["chroot", str(root), "/usr/bin/python3", "-SEBc", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONUTF8": "1"},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.root
def test_an_archive_of_it_is_small_and_always_the_same(kernel: GuestKernel, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        with (tmp_path / name).open("wb") as out:
            cpio.write(image.tree(kernel), out)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]

    assert len(made[0]) < 40 << 20
