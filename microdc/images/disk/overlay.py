"""What is ours in an image: files laid over the packages', and what the building left that is taken out again. Pure but for `apply`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from importlib.resources import files as resources
from pathlib import Path

from microdc.errors import InputError
from microdc.images.cpio import Directory, Entry, File, Symlink, Tree
from microdc.images.disk import loader
from microdc.images.disk.model import Recipe

CONSOLES = ("console=tty0", "console=ttyS0,115200n8")
"""The last one is what the system calls its console: a BMC sees the serial port."""
_QUIET = ("loglevel=4", "systemd.show_status=1")

INITRAMFS = "/etc/initramfs-tools/conf.d/microdc"
"""Has to be there before the kernel is installed."""
_UNITS = "/etc/systemd/system"
_LIB = "/usr/lib/systemd/system"
_ENABLED = {
    "multi-user.target.wants": ("systemd-networkd.service",),
    "sockets.target.wants": ("systemd-networkd.socket",),
}
# What would talk to the world by itself, ask a question on the console, or stir the disk of every node at one time.
_MASKED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
    "getty-static.service", "man-db.timer", "systemd-binfmt.service", "systemd-firstboot.service",
)  # fmt: skip

_STAYS = {
    "fstrim.timer", "getty@tty1.service", "microdc-home.service", "remote-fs.target", "ssh.service",
    "systemd-networkd.service", "systemd-networkd.socket", "systemd-pstore.service",
}  # fmt: skip
"""What starts by itself, beside what the document names: what else packages enable waits until the node is configured."""

REMOVED = (
    "boot/*.old", "initrd.img.old", "vmlinuz.old",
    "etc/*-", "etc/.pwd.lock", "etc/ssh/ssh_host_*", "etc/dpkg/dpkg.cfg.d/99mmdebstrap", "etc/apt/sources.list",
    "etc/apt/sources.list.d/*",
    "root/.*", "run/*", "tmp/*", "var/tmp/*",
    "var/backups/*", "var/cache/apt/*", "var/cache/debconf/*-old", "var/cache/ldconfig/*", "var/cache/man/*",
    "var/lib/apt/lists/*", "var/lib/dbus/machine-id", "var/lib/dpkg/*-old", "var/lib/dpkg/lock*", "var/lib/dpkg/triggers/Lock",
    "var/lib/systemd/random-seed",
)  # fmt: skip
"""Below the root: traces of the building, and what no two systems may share."""
MADE_UP = (
    "etc/iscsi/initiatorname.iscsi", "etc/keystone/credential-keys/*", "etc/keystone/fernet-keys/*", "etc/nvme/hostid", "etc/nvme/hostnqn",
    "etc/openvswitch/system-id.conf", "etc/ssl/certs/ssl-cert-snakeoil.pem", "etc/ssl/private/ssl-cert-snakeoil.key",
    "var/cache/debconf/passwords.dat", "var/lib/rabbitmq/.erlang.cookie",
)  # fmt: skip
"""Secrets and names that packages make up when they are installed. In an image all its nodes would share them, with whoever reads it; who
configures a node gives it its own."""
_MADE_AGAIN = {"etc/iscsi/initiatorname.iscsi": b"GenerateName=yes\n"}
"""What has to be in such a place, so that the package makes another up where it runs: of Debian's open-iscsi, startup-checks.sh."""
KEPT_EMPTY = "var/log"
"""Directories stay, files in them go."""


def tree(recipe: Recipe, key: str) -> dict[str, Entry]:
    """The files of ours. key: of the image, by which a running system tells what it is."""
    told = {"image": recipe.name, "key": key, "lineage": list(recipe.lineage)}
    texts = {
        "/boot/grub/grub.cfg": loader.configuration((*CONSOLES, *_QUIET, *recipe.options)),
        "/etc/apt/sources.list": "",
        "/etc/default/locale": "LANG=C.UTF-8\n",
        "/etc/fstab": "# The root file system is mounted as the kernel is told to; see /boot/grub/grub.cfg.\n",
        "/etc/hostname": "node\n",
        "/etc/hosts": "127.0.0.1 localhost\n127.0.1.1 node\n::1 localhost ip6-localhost ip6-loopback\n",
        "/etc/machine-id": "",
        "/etc/microdc/image.json": json.dumps(told, indent=2) + "\n",
        "/etc/resolv.conf": "",
    }
    ours = {
        "/etc/dpkg/dpkg.cfg.d/microdc": "dpkg.cfg",
        INITRAMFS: "initramfs.conf",
        "/etc/ssh/sshd_config.d/10-microdc.conf": "sshd.conf",
        "/etc/systemd/networkd.conf.d/10-microdc.conf": "networkd.conf",
        "/etc/systemd/system-preset/00-microdc.preset": "system.preset",
        f"{_UNITS}/dev-ttyS0.device.d/10-microdc.conf": "serial.conf",
        f"{_UNITS}/microdc-home.service": "microdc-home.service",
    }
    entries: dict[str, Entry] = {path: File(text.encode()) for path, text in texts.items()}
    entries |= {path: File(own(name)) for path, name in ours.items()}
    entries["/usr/lib/microdc/home.py"] = File(own("home.py"))
    entries["/root/.ssh"] = Directory(0o700)
    for target, units in _ENABLED.items():
        entries |= {f"{_UNITS}/{target}/{unit}": Symlink(f"{_LIB}/{unit}") for unit in units}
    entries[f"{_UNITS}/multi-user.target.wants/microdc-home.service"] = Symlink(
        f"{_UNITS}/microdc-home.service"
    )
    entries |= {f"{_UNITS}/{unit}": Symlink("/dev/null") for unit in _MASKED}
    return entries


def own(name: str) -> bytes:
    """A file that microdc brings for images."""
    return resources("microdc.images.disk").joinpath("files", name).read_bytes()


def apply(root: Path, files: Tree, services: Iterable[str]) -> None:
    """Takes the building's traces out of a root directory, disables services but for those named, and lays files over it.

    Raises InputError for a path that is none.
    """
    kept = _STAYS | set(services)
    for link in [*root.glob("etc/systemd/system/*.wants/*"), *root.glob("etc/systemd/system/*.requires/*")]:
        if link.name not in kept:
            link.unlink()
    for link in root.glob("etc/rc[2345].d/S*"):  # what has a unit is told by its unit
        if f"{link.name[3:]}.service" not in kept:
            link.unlink()
    _clear(root)
    for path, entry in sorted(files.items()):
        _lay(root, path, entry)


def _clear(root: Path) -> None:
    for pattern in (*REMOVED, *MADE_UP):
        for found in root.glob(pattern):
            _remove(found)
            if again := _MADE_AGAIN.get(pattern):
                found.write_bytes(again)
    for directory, _, names in os.walk(root / KEPT_EMPTY):
        for name in names:
            Path(directory, name).unlink()


def _lay(root: Path, path: str, entry: Entry) -> None:
    place = root / path.removeprefix("/")
    if not place.parent.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{path!r} leads out of the image", where=str(root))
    place.parent.mkdir(parents=True, exist_ok=True)
    if not (isinstance(entry, Directory) and place.is_dir()):
        _remove(place)
    match entry:
        case Directory(mode):
            place.mkdir(exist_ok=True)
            place.chmod(mode)
        case Symlink(target):
            place.symlink_to(target)
        case File(_, mode):
            place.write_bytes(entry.read())
            place.chmod(mode)
        case _:
            raise InputError(f"{path!r} is nothing that an image can be given", where=str(root))


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def contents(entries: Tree) -> Iterable[bytes]:
    """What distinguishes one set of files from another."""
    for path, entry in sorted(entries.items()):
        told = f"file {entry.mode:o} " if isinstance(entry, File) else repr(entry)
        yield f"{path} {told}".encode() + (entry.read() if isinstance(entry, File) else b"")
