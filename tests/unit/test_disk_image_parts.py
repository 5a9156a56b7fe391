"""File systems of an image, made of real trees by the real tools: the same bytes each time, and what went in is there."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from uuid import UUID

import pytest

from microdc import requirements
from microdc.images.disk import assemble, ext4, fat, loader, overlay
from microdc.images.disk.gpt import SECTOR
from microdc.images.disk.recipe import Recipes

EPOCH = 1_700_000_000
ID = UUID(int=7)
BUILT = [
    "etc/passwd-",
    "etc/ssh/ssh_host_rsa_key",
    "var/log/apt/term.log",
    "var/cache/apt/pkgcache.bin",
    "run/lock",
    "root/.bash_history",
]


def tree(place: Path, *, backwards: bool) -> Path:
    """A tree of files; backwards: made in the other order, so that it lies in another order."""
    place.mkdir()
    for name in sorted(["a", "b b", 'c"c', "d"], reverse=backwards):
        directory = place / name
        directory.mkdir()
        for number in sorted(range(30), reverse=backwards):
            (directory / f"f{number}").write_bytes(bytes([number]) * (number * 997))
        (directory / "link").symlink_to("f3")
    os.utime(place / "a" / "f1", (EPOCH - 500, EPOCH - 500))
    return place


def inside(file: Path, request: str) -> str:
    argv = [requirements.find("debugfs") or "debugfs", "-R", request, str(file)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def made(directory: Path, name: str, *, backwards: bool) -> Path:
    file = directory / f"{name}.ext4"
    root = tree(directory / name, backwards=backwards)
    size = ext4.make(root, file, label="root", uuid=ID, epoch=EPOCH)
    assert size == file.stat().st_size
    return file


def test_the_same_tree_made_later_and_in_another_order_gives_the_same_bytes(tmp_path: Path) -> None:
    first = made(tmp_path, "one", backwards=False)
    began = int(time.time())
    while int(time.time()) == began:  # times in a file system are whole seconds
        time.sleep(0.05)
    second = made(tmp_path, "two", backwards=True)
    assert first.read_bytes() == second.read_bytes()


def test_a_root_file_system_is_sound_and_bears_the_time_of_its_packages(tmp_path: Path) -> None:
    file = made(tmp_path, "one", backwards=False)
    done = subprocess.run(
        [requirements.find("e2fsck") or "e2fsck", "-fn", str(file)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()
    assert f"{EPOCH:#x}" in inside(file, 'stat "/b b/f2"').split("crtime")[1]
    told = inside(file, "stat /a/f1")
    assert f"mtime: {EPOCH - 500:#x}" in told
    assert f"ctime: {EPOCH:#x}" in told
    assert inside(file, 'cat "/c""c/f7"').encode() == bytes([7]) * 7 * 997


def test_an_efi_partition_has_its_program_where_firmware_looks(tmp_path: Path) -> None:
    for name in ("one", "two"):
        fat.make(tmp_path / name, b"MZ a program", number=0x1234ABCD, epoch=EPOCH)
    data = (tmp_path / "one").read_bytes()
    assert data == (tmp_path / "two").read_bytes()
    assert data[82:90] == b"FAT32   "
    argv = ["mtype", "-i", str(tmp_path / "one"), "::EFI/BOOT/BOOTX64.EFI"]
    assert subprocess.run(argv, capture_output=True, check=True).stdout == b"MZ a program"


def test_a_disk_has_all_its_parts_where_its_table_says(tmp_path: Path) -> None:
    disks = []
    for name in ("one", "two"):
        root, out, work = (
            tree(tmp_path / name, backwards=False),
            tmp_path / f"{name}.raw",
            tmp_path / f"{name}.work",
        )
        work.mkdir()
        assemble.disk(root, out, work, key="k", epoch=EPOCH)
        assert not list(work.iterdir())
        disks.append(out.read_bytes())
    assert disks[0] == disks[1]
    data = disks[0]
    core = loader.core_at(loader.bios_core(), 2048)
    assert data[2048 * SECTOR :][: len(core)] == core
    assert len(core) <= 2048 * SECTOR
    assert data[4096 * SECTOR + 82 :][:5] == b"FAT32"
    superblock = (4096 + fat.MIB * 2048) * SECTOR + 1024
    assert data[superblock + 56 :][:2] == b"\x53\xef"
    assert data[-SECTOR:][:8] == data[SECTOR:][:8] == b"EFI PART"


def test_traces_of_building_go_and_ours_are_laid_over(tmp_path: Path) -> None:
    for name in BUILT:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x", "utf-8")
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    for unit in ("ssh.service", "nova-api.service", "chrony.service"):
        (wants / unit).symlink_to(f"/usr/lib/systemd/system/{unit}")
    files = overlay.tree(Recipes(None)["base"], "k")
    overlay.apply(tmp_path, files, ["chrony.service"])
    assert not any((tmp_path / name).exists() for name in BUILT)
    assert (tmp_path / "var/log/apt").is_dir()
    assert (tmp_path / "etc/machine-id").read_bytes() == b""
    assert "linux /vmlinuz" in (tmp_path / "boot/grub/grub.cfg").read_text("utf-8")
    enabled = {link.name for link in wants.iterdir()}
    assert {"ssh.service", "chrony.service", "microdc-home.service", "systemd-networkd.service"} == enabled
    for link in (tmp_path / "etc/systemd/system").rglob("*"):
        target = str(link.readlink()) if link.is_symlink() else ""
        assert not target.startswith(str(tmp_path)), link


def test_no_secret_or_name_that_a_package_made_up_is_in_an_image(tmp_path: Path) -> None:
    made = {
        "etc/iscsi/initiatorname.iscsi": "InitiatorName=iqn.1993-08.org.debian:01:5f3a\n",
        "etc/keystone/fernet-keys/0": "secret",
        "etc/ssl/private/ssl-cert-snakeoil.key": "secret",
        "var/cache/debconf/passwords.dat": "secret",
        "var/lib/rabbitmq/.erlang.cookie": "secret",
    }
    for name, text in made.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    kept = tmp_path / "etc/iscsi/iscsid.conf"
    kept.write_text("node.startup = manual\n", "utf-8")
    overlay.apply(tmp_path, overlay.tree(Recipes(None)["control"], "k"), ())
    left = [
        path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()
    ]
    assert not any("secret" in text or "InitiatorName" in text for text in left)
    # open-iscsi makes its name up where it runs, and does not start without this file
    assert (tmp_path / "etc/iscsi/initiatorname.iscsi").read_text("utf-8") == "GenerateName=yes\n"
    assert kept.exists()
    overlay.apply(tmp_path / "other", overlay.tree(Recipes(None)["base"], "k"), ())
    assert not (tmp_path / "other/etc/iscsi").exists()


def test_files_of_ours_tell_images_apart() -> None:
    base = Recipes(None)["base"]
    before = list(overlay.contents(overlay.tree(base, "")))
    assert before == list(overlay.contents(overlay.tree(base, "")))
    assert before != list(overlay.contents(overlay.tree(Recipes(None)["compute"], "")))


@pytest.mark.parametrize("name", ["home.py"])
def test_the_script_in_the_image_needs_nothing_but_the_standard_library(name: str) -> None:
    source = overlay.own(name).decode()
    argv = [
        "python3",
        "-ISE",
        "-c",
        f"import sys; sys.argv=['x']; exec(compile({source!r}, 'home', 'exec'), {{'__name__': 'home'}})",
    ]
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 0
