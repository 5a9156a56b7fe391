"""dropbear in a namespace, with a home directory, a login shell and small file systems of the test's own."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest

from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.host.local import LocalHost, NamespaceHost
from microdc.host.model import Address, Process

NEEDED = [
    pytest.mark.root,
    pytest.mark.skipif(not shutil.which("dropbear", path="/usr/sbin:/usr/bin"), reason="needs dropbear"),
    pytest.mark.skipif(
        os.geteuid() == 0 and not LocalHost().run(["unshare", "-m", "true"]).ok,
        reason="needs a mount namespace of its own, which a chroot cannot have",
    ),
]

# $1: the directory, $2: root's home, $3: where to listen
_SCRIPT = """
mount --bind "$1/home" "$2" &&
mount -t tmpfs -o size=64k none "$1/small" &&
mount -t tmpfs -o ro none "$1/frozen" || exit 1
if [ -e "$1/shell" ]; then
  mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/shells" /etc/shells || exit 1
fi
exec dropbear -F -E -s -r "$1/host_key" -p "$3:22" -P "$1/pid"
"""


@dataclass
class Server:
    """address: how it is reached. directory: holds its `home` (root's), `small` (64 KiB) and `frozen` (read-only)."""

    address: Address
    process: Process
    directory: Path
    known_line: str


@contextmanager
def serving(directory: Path, namespace: str) -> Iterator[Server]:
    """A server at 127.0.0.1 in a namespace of this name, which is made for it."""
    namespaces.create(namespace)
    try:
        with serving_in(directory, namespace) as server:
            yield server
    finally:
        namespaces.delete(namespace)


@contextmanager
def serving_in(
    directory: Path, namespace: str, *, ip: str = "127.0.0.1", shell: str = ""
) -> Iterator[Server]:
    """A server in a namespace that is there. shell: the text of root's login shell, where it is to be another one."""
    host_key = new_key(directory / "host_key").split()[:2]
    home = directory / "home" / ".ssh"
    home.mkdir(parents=True, mode=0o700)
    (directory / "home").chmod(0o755)
    authorize(directory, client_key(directory / "id"))
    known_line = f"{ip} {host_key[0]} {host_key[1]}\n"
    (directory / "known_hosts").write_text(known_line)
    for name in ("small", "frozen"):
        (directory / name).mkdir()
    if shell:
        _lay_shell(directory, shell)
    argv = ["unshare", "-m", "sh", "-c", _SCRIPT, "sh", str(directory), pwd.getpwnam("root").pw_dir, ip]
    process = NamespaceHost(namespace).start(argv)
    try:
        _wait_until_it_listens(namespace, ip, process)
        identity, known_hosts = directory / "id", directory / "known_hosts"
        address = Address("ssh", ip, via=namespace, identity=identity, known_hosts=known_hosts)
        yield Server(address, process, directory, known_line)
    finally:
        process.kill()


def _lay_shell(directory: Path, text: str) -> None:
    shell = directory / "shell"
    shell.write_text(text)
    shell.chmod(0o755)
    for part in (directory, *directory.parents):
        if part.stat().st_uid == os.geteuid() and part.parts[:2] == ("/", "tmp") and len(part.parts) > 2:
            part.chmod(0o755)
    (directory / "shells").write_text(f"{shell}\n")
    (directory / "passwd").write_text(f"root:x:0:0::{pwd.getpwnam('root').pw_dir}:{shell}\n")


def public_line(key: Path) -> str:
    shown = LocalHost().run(["dropbearkey", "-y", "-f", str(key)]).stdout.decode()
    return next(line for line in shown.splitlines() if line.startswith("ssh-ed25519"))


def new_key(path: Path) -> str:
    assert LocalHost().run(["dropbearkey", "-t", "ed25519", "-f", str(path)]).ok
    return public_line(path)


def authorize(directory: Path, key: Path) -> None:
    """Root may log in with this key as well."""
    public = paramiko.Ed25519Key.from_private_key_file(str(key))
    with (directory / "home/.ssh/authorized_keys").open("a") as lines:
        lines.write(f"{public.get_name()} {public.get_base64()}\n")


def client_key(path: Path) -> Path:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH
    path.touch(mode=0o600)
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(encoding, kind, serialization.NoEncryption()))
    return path


def _wait_until_it_listens(namespace: str, ip: str, process: Process) -> None:
    for _ in range(100):
        try:
            namespaces.socket_from(namespace, (ip, 22)).close()
        except ConnectionRefusedError:
            try:
                process.wait(0.1)
            except UnreachableError:
                continue  # it still runs: ask again
            break
        else:
            return
    pytest.fail(f"dropbear does not listen: {process.stderr_tail()}")
