"""A switch of real parts in a namespace: bridges and ports of the kernel, FRR's zebra, and OpenSSH with vtysh or bash as login shell."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.host.local import LocalHost, NamespaceHost
from microdc.host.model import Process
from microdc.switch.cli.model import Login, Target

ZEBRA = Path("/usr/lib/frr/zebra")
SSHD = "/usr/sbin/sshd"
_NUMBERS = itertools.count()
PASSWORD = "a-password:with a colon"

NEEDED = [
    pytest.mark.root,
    pytest.mark.skipif(not ZEBRA.exists() or not shutil.which("vtysh"), reason="needs frr"),
    pytest.mark.skipif(not Path(SSHD).exists(), reason="needs openssh-server"),
    pytest.mark.skipif(
        os.geteuid() == 0 and not LocalHost().run(["unshare", "-m", "true"]).ok,
        reason="needs a mount namespace of its own, which a chroot cannot have",
    ),
]

_SSHD_CONFIG = """
ListenAddress 127.0.0.1:22
ListenAddress 10.77.0.1:22
HostKey {directory}/host_key
PidFile {directory}/sshd.pid
UsePAM no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
StrictModes no
PrintMotd no
"""
_MOUNTED = """
mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/shadow" /etc/shadow && mount --bind "$1/shells" /etc/shells &&
mkdir -p /run/sshd && mount -t tmpfs none /run && mkdir -p /run/sshd || exit 1
mkdir /run/home && cd / && exec /usr/sbin/sshd -D -e -f "$1/sshd_config" $2
"""
_LINKS = """
link add br10 type bridge
link add br20 type bridge
link add swp1 type veth peer name host1
link add swp2 type veth peer name host2
link set swp1 master br10
link set br10 up
link set br20 up
link set swp1 up
link set host1 up
link set swp2 alias "to c2, Ñandú"
"""


@dataclass
class Switch:
    """namespace: where it is; far: a namespace of its neighbour, from which it is reached as 10.77.0.1 over its port mgmt0."""

    namespace: str
    far: str
    directory: Path
    host_key: str

    def target(self, platform: str, **changed: object) -> Target:
        """Its command line: of vtysh for frr, of bash for linux."""
        given: dict[str, object] = {
            "name": "sw1",
            "address": "127.0.0.1",
            "platform": platform,
            "login": Login("ops" if platform == "linux" else "admin", PASSWORD),
            "path": "hall/r1/sw1",
            "where": "hall.yaml:7",
            "host_key": self.host_key,
            "via": self.namespace,
        }
        return Target(**{**given, **changed})  # type: ignore[arg-type]

    def ip(self, *words: str) -> str:
        done = NamespaceHost(self.namespace).run(["ip", *words])
        assert done.ok, done.stderr
        return done.stdout.decode()


@contextmanager
def switch(*, sshd: str = "") -> Iterator[Switch]:
    """sshd: further words of its command line, without spaces in them."""
    # not below pytest's own directory, which only root may enter
    with tempfile.TemporaryDirectory(prefix="test-frr-") as place, _switch(Path(place), sshd) as made:
        yield made


@contextmanager
def _switch(directory: Path, sshd: str) -> Iterator[Switch]:
    name = f"test-frr-{os.getpid()}-{next(_NUMBERS)}"
    far = f"{name}-far"
    namespaces.create(name)
    processes: list[Process] = []
    try:
        namespaces.create(far)
        _wire(name, far)
        _write(directory)
        host = NamespaceHost(name)
        vty = ["--vty_socket", str(directory), "-z", str(directory / "zserv.api")]
        files = ["-i", str(directory / "zebra.pid"), "-f", str(directory / "frr.conf")]
        processes.append(host.start([str(ZEBRA), *vty, *files, "-P", "0"]))
        processes.append(host.start(["unshare", "-m", "sh", "-c", _MOUNTED, "sh", str(directory), sshd]))
        _wait_for((directory / "zebra.vty").exists, processes[0], "zebra")
        _wait_for(lambda: _listens(name), processes[1], "sshd")
        key = subprocess.run(
            ["ssh-keygen", "-lf", str(directory / "host_key.pub")], capture_output=True, text=True, check=True
        )
        yield Switch(name, far, directory, key.stdout.split()[1])
    finally:
        for process in processes:
            process.kill()
        namespaces.delete(far)
        namespaces.delete(name)


def _wire(name: str, far: str) -> None:
    host = NamespaceHost(name)
    batch = [*_LINKS.strip().splitlines(), "link add mgmt0 type veth peer name far0"]
    done = host.run(["ip", "-batch", "-"], stdin="\n".join(batch).encode())
    assert done.ok, done.stderr
    # its own words, since `ip -n` and a name given to `netns` want /run/netns, which both have
    for words in (
        ["ip", "link", "set", "far0", "netns", far],
        ["ip", "addr", "add", "10.77.0.1/24", "dev", "mgmt0"],
        ["ip", "link", "set", "mgmt0", "up"],
    ):
        done = host.run(words)
        assert done.ok, done.stderr
    for words in (["ip", "addr", "add", "10.77.0.2/24", "dev", "far0"], ["ip", "link", "set", "far0", "up"]):
        done = NamespaceHost(far).run(words)
        assert done.ok, done.stderr


def _write(directory: Path) -> None:
    directory.chmod(0o755)
    shutil.chown(directory, "frr", "frr")  # zebra gives up its rights before it makes its sockets
    made = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, capture_output=True, text=True, check=True
    )
    shell = directory / "vtysh"
    shell.write_text(f"#!/bin/sh\nexec vtysh --vty_socket {directory} --config_dir {directory}\n")
    shell.chmod(0o755)
    users = {"admin": str(shell), "ops": "/bin/bash", "plain": "/bin/sh", "expired": "/bin/bash"}
    root = "root:x:0:0::/run/home:/bin/sh\nsshd:x:105:65534::/run/sshd:/usr/sbin/nologin\nfrr:x:106:107::/:/usr/sbin/nologin\n"
    (directory / "passwd").write_text(
        root + "".join(f"{user}:x:0:0::/run/home:{path}\n" for user, path in users.items())
    )
    changed = dict.fromkeys(users, "19000") | {
        "expired": "0"
    }  # 0: the password is to be changed at the next login
    (directory / "shadow").write_text(
        "".join(f"{user}:{made.stdout.strip()}:{changed[user]}:0:99999:7:::\n" for user in users)
    )
    (directory / "shells").write_text("".join(f"{path}\n" for path in users.values()))
    (directory / "frr.conf").write_text(
        "hostname sw1\npassword zebra-password\nservice integrated-vtysh-config\n"
    )
    (directory / "vtysh.conf").write_text("hostname sw1\n")
    (directory / "sshd_config").write_text(_SSHD_CONFIG.format(directory=directory))
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / "host_key")], check=True
    )


def _listens(name: str) -> bool:
    try:
        namespaces.socket_from(name, ("127.0.0.1", 22)).close()
    except ConnectionRefusedError:
        return False
    return True


def _wait_for(ready: object, process: Process, what: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if ready():  # type: ignore[operator]
            return
        try:
            process.wait(0.1)
        except UnreachableError:
            continue  # it still runs: ask again
        break
    pytest.fail(f"{what} does not come up: {process.stderr_tail()}")
