"""The base image on a real machine: both firmwares boot it, it says so once, and lets in whom it was told; built again it is the same."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paramiko
import pytest
from netboot import GATEWAY, Segment, console, wait_for

import diskimages
from microdc.events import Step
from microdc.host import namespaces
from microdc.images.disk import gpt
from microdc.images.disk.model import DiskImage
from microdc.images.sshkeys import KeyPair, new_key
from microdc.lab.machine.machine import Machine
from microdc.repository import operate as repository

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(2400)]
ADDRESS = "10.99.0.77"
TOKEN = "0123456789abcdef"
PATIENCE = 900  # s; a firmware, a loader and a system in an emulated processor beside other tests
DISK, SPARE = 2 << 30, 256 << 20
NETWORK = "[Match]\nMACAddress={mac}\nType=ether\n\n[Network]\nDHCP=no\nAddress={address}/24\n"


@pytest.fixture(scope="module")
def image() -> DiskImage:
    return diskimages.base_image()


@dataclass(slots=True)
class Homes:
    """What systems said of themselves."""

    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@contextmanager
def homes(namespace: str) -> Iterator[Homes]:
    """A service in the segment that systems phone home to: the first call is not answered well."""
    made = Homes()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.got.append((self.headers["Authorization"], body))
            self.send_response(503 if len(made.got) == 1 else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = namespaces.call(namespace, lambda: ThreadingHTTPServer((GATEWAY, 8080), Handler))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def put(disk: Path, image: DiskImage, files: dict[str, tuple[str, int]], directory: Path) -> None:
    """Writes files into the root file system of a disk, without mounting it, by a program that is not ours."""
    commands = []
    for number, (path, (text, mode)) in enumerate(files.items()):
        source = directory / f"file{number}"
        source.write_text(text, "utf-8")
        commands += [f"rm {path}", f"write {source} {path}", f"set_inode_field {path} mode 0100{mode:o}"]
    script = directory / "commands"
    script.write_text("".join(f"{line}\n" for line in commands), "utf-8")
    subprocess.run(
        ["debugfs", "-w", "-f", str(script), f"{disk}?offset={root_offset(disk, image)}"],
        check=True,
        capture_output=True,
    )


def root_offset(disk: Path, image: DiskImage) -> int:
    """Where the root partition begins, in bytes, by the disk's own table."""
    with disk.open("rb") as file:
        file.seek(2 * gpt.SECTOR + (image.manifest.root_partition - 1) * 128 + 32)
        return int.from_bytes(file.read(8), "little") * gpt.SECTOR


def identity(machine: Machine, host: KeyPair, user: KeyPair) -> dict[str, tuple[str, int]]:
    """What makes a node of the image."""
    mac = machine.description().nics[0].mac
    home = {"url": f"http://{GATEWAY}:8080/node/home", "token": TOKEN}
    return {
        "/etc/hostname": ("testnode\n", 0o644),
        "/etc/ssh/ssh_host_ed25519_key": (host.openssh.decode(), 0o600),
        "/etc/ssh/ssh_host_ed25519_key.pub": (f"{host.public} root@testnode\n", 0o644),
        "/root/.ssh/authorized_keys": (f"{user.public}\n", 0o600),
        "/etc/systemd/network/10-microdc-eth0.network": (NETWORK.format(mac=mac, address=ADDRESS), 0o644),
        "/etc/microdc/home.json": (json.dumps(home), 0o600),
        "/etc/microdc/node.json": (json.dumps({"node": "testnode", "image": "what was written"}), 0o644),
        "/etc/machine-id": ("uninitialized\n", 0o444),
    }


class Login:
    """A session of root by SSH, from inside the segment; the host key must be the one that was put there."""

    def __init__(self, segment: Segment, host: KeyPair, user: KeyPair, directory: Path) -> None:
        key = directory / "user-key"
        key.touch(0o600)
        key.write_bytes(user.openssh)
        line = namespaces.call(segment.namespace, lambda: socket.create_connection((ADDRESS, 22), timeout=60))
        self._transport = paramiko.Transport(line)
        self._transport.banner_timeout = self._transport.auth_timeout = 120
        self._transport.start_client(timeout=120)
        found = self._transport.get_remote_server_key()
        assert f"{found.get_name()} {found.get_base64()}" == host.public
        self._transport.auth_publickey("root", paramiko.Ed25519Key.from_private_key_file(str(key)))

    def __call__(self, command: str) -> str:
        channel = self._transport.open_session(timeout=120)
        channel.settimeout(300)
        channel.exec_command(command)
        return channel.makefile("rb").read().decode().strip()

    def close(self) -> None:
        self._transport.close()


@pytest.mark.extra
@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_a_node_boots_from_its_disk_and_says_so(
    segment: Segment, image: DiskImage, tmp_path: Path, firmware: str
) -> None:
    boots(segment, image, tmp_path, firmware)


@pytest.mark.extra
@pytest.mark.parametrize("role", ["network", "compute", "control"])
def test_a_role_boots_ready_to_be_configured(segment: Segment, tmp_path: Path, role: str) -> None:
    """With the kernel of hardware, all packages of the role, and nothing of them running."""
    boots(segment, diskimages.base_image(role), tmp_path, "bios", memory=1024)


def boots(segment: Segment, image: DiskImage, tmp_path: Path, firmware: str, *, memory: int = 512) -> None:
    """From its disk to a login over SSH, as the node that it was told to be."""
    size = max(DISK, image.manifest.raw + SPARE)
    disks = [{"name": "disk0", "path": "disk0.img", "bytes": size}]
    machine = segment.machine(
        firmware, firmware=firmware, memory_mib=memory, boot_order=["disk"], disks=disks
    )
    disk = machine.directory / "disk0.img"
    diskimages.unpack(image, disk, size)
    host, user = new_key(), new_key()
    put(disk, image, identity(machine, host, user), tmp_path)
    try:
        with homes(segment.namespace) as told:
            machine.on()
            wait_for(
                lambda: len(told.got) >= 2,
                PATIENCE,
                "it phones home until it is answered",
                lambda: console(machine),
            )
            wait_for(
                lambda: "testnode login:" in console(machine),
                PATIENCE,
                "a login prompt",
                lambda: console(machine),
            )
            check_told(told, host)
            check_system(Login(segment, host, user, tmp_path), image, firmware)
            assert len(told.got) == 2
    finally:
        machine.off()
        disk.unlink()


def check_told(told: Homes, host: KeyPair) -> None:
    authorization, body = told.got[1]
    assert authorization == f"Bearer {TOKEN}"
    assert body["hostname"] == "testnode"
    assert body["root"] == "/dev/vda3"
    assert body["host_keys"] == [host.public]
    assert f"{ADDRESS}/24" in body["addresses"]
    assert body["image"] == "what was written"
    assert body["boot_id"] == told.got[0][1]["boot_id"]


def check_system(run: Login, image: DiskImage, firmware: str) -> None:
    try:
        # the token goes when the answer has come
        deadline = time.monotonic() + PATIENCE
        while run("ls /etc/microdc") != "image.json\nnode.json":
            assert time.monotonic() < deadline, "the token is still there"
            time.sleep(0.5)
        assert run("uname -r") == image.manifest.kernel
        assert run("test -d /sys/firmware/efi && echo uefi || echo bios") == firmware
        assert json.loads(run("cat /etc/microdc/image.json"))["image"] == image.manifest.name
        kind, options = run("findmnt -no FSTYPE,OPTIONS /").split()
        assert kind == "ext4"
        assert "rw" in options.split(",")
        assert len(run("cat /etc/machine-id")) == 32
        failed = run("systemctl --failed --plain --no-legend")
        assert failed == "", failed
        listening = run("ss -Htnl | awk '{print $4}' | sort -u").split()
        assert {address.rpartition(":")[2] for address in listening} == {"22"}
        assert run("python3 -c 'import json, ssl, sqlite3; print(1 + 1)'") == "2"
    finally:
        run.close()


@pytest.mark.extra
def test_built_again_it_is_the_same_disk(image: DiskImage, tmp_path: Path) -> None:
    """Byte for byte, so that an image can be checked by whoever has its documents."""
    other = diskimages.built_anew(tmp_path / "shelf")
    assert other.path != image.path
    assert other.manifest == image.manifest


@pytest.fixture
def system(image: DiskImage, tmp_path: Path) -> Path:
    """What is on the image's disk, as a directory."""
    disk, root = tmp_path / "disk", tmp_path / "system"
    diskimages.unpack(image, disk, image.manifest.raw)
    root.mkdir()
    subprocess.run(
        ["debugfs", "-R", f"rdump / {root}", f"{disk}?offset={root_offset(disk, image)}"],
        check=True,
        capture_output=True,
    )
    disk.unlink()
    for name, minor in (("null", 3), ("urandom", 9)):
        (root / "dev" / name).unlink(missing_ok=True)
        os.mknod(root / "dev" / name, 0o20666, os.makedev(1, minor))
        (root / "dev" / name).chmod(0o666)
    return root


def test_a_node_without_internet_installs_from_the_repository(
    image: DiskImage, system: Path, tmp_path: Path
) -> None:
    """apt of the image itself, in a namespace with nothing but a loopback, trusts the repository by its key."""
    building = repository.build(tmp_path / "repo", ["jq"], installed=image.status.read_text("utf-8"))
    made = ended(building)
    assert "jq" in {package.name for package in made.packages}
    assert not {package.name for package in made.packages} & image.manifest.packages.keys()
    name = f"mdcimg-{os.getpid()}"
    namespaces.create(name)
    try:
        inside(name, "ip", "link", "set", "lo", "up")
        with namespaces.call(name, lambda: repository.Server(made.directory, "127.0.0.1", 8090)) as server:
            key = system / "etc/apt/keyrings/microdc.gpg"
            key.parent.mkdir(exist_ok=True)
            (system / "etc/apt/sources.list").write_text(repository.source_line(server.url) + "\n", "utf-8")
            refused = inside(name, "chroot", str(system), "apt-get", "update", "--error-on=any", good=False)
            assert "NO_PUBKEY" in refused or "not signed" in refused
            key.write_bytes(made.key.read_bytes())
            inside(name, "chroot", str(system), "apt-get", "update", "--error-on=any")
            inside(name, "chroot", str(system), "apt-get", "install", "-y", "jq")
        assert inside(name, "chroot", str(system), "jq", "-n", "1 + 1").strip() == "2"
    finally:
        namespaces.delete(name)


def ended(operation: Any) -> Any:
    step: Callable[[], Step] = operation.__next__
    while True:
        try:
            step()
        except StopIteration as end:
            return end.value


def inside(namespace: str, *argv: str, good: bool = True) -> str:
    done = subprocess.run([*namespaces.inside(namespace), *argv], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is good, done.stdout + done.stderr
    return done.stdout + done.stderr
