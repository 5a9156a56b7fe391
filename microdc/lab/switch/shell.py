"""OpenSSH on the management address of a switch: a login whose shell sees the switch's network, or is vtysh (see frr).

sshd takes passwords of the system's users alone. So it gets its own /etc/passwd and /etc/shadow, in a mount namespace, and the one user in them,
who is root by number. Where no mount namespace can be had, as in a chroot, the switch has no command line.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import secrets
from typing import Any

from microdc import requirements
from microdc.errors import UnreachableError
from microdc.host.daemon import Daemon
from microdc.host.local import LocalHost
from microdc.images.sshkeys import new_key
from microdc.lab.switch import frr
from microdc.lab.switch.files import SHELL_USER, Files, Logins
from microdc.lab.switch.model import FRR, SwitchPlan

_KEY = "/run/host_key"  # sshd reads it again for each connection, when it has left the directory
_READ_ONLY = "mount -o remount,bind,ro /"
_OWN_FILES = f"""\
set -e
echo "$0" >/proc/sys/kernel/hostname
mount --bind passwd /etc/passwd
mount --bind shadow /etc/shadow
mkdir -p network
if [ -d /etc/network ]; then mount --bind network /etc/network; fi
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
cp -p host_key {_KEY}
if [ -d {frr.DIRECTORY} ]; then {frr.BIND}; fi
{_READ_ONLY}
exec "$@"
"""
"""What is changed by that shell is the network of the switch, and files of its own: those of this machine are read-only to it."""
_SEPARATION = "sshd"


def possible() -> bool:
    """Whether a program can be given other files than those of this machine."""
    with LocalHost() as host:
        return host.run(["unshare", "--mount", "--uts", "sh", "-c", _READ_ONLY]).ok


def start(files: Files, switch: SwitchPlan, logins: Logins) -> Daemon:
    """Starts sshd, with a host key that is made at the first start."""
    if not (files / "host_key").exists():
        key = new_key()
        files.write("host_key", key.openssh.decode("ascii"), mode=0o600)
        files.write("host_key.fingerprint", f"{fingerprint(key.public)}\n")
    if switch.platform == FRR:
        files.write(
            "passwd", _passwd("/run", frr.SHELL) + frr.passwd()
        )  # vtysh gives what it saves to that user
    else:
        files.write("passwd", _passwd("/root", "/bin/sh"))
    files.write("shadow", f"{SHELL_USER}:{_crypted(logins.password)}:19000::::::\n", mode=0o600)
    files.write("sshd.conf", config(switch))
    path = requirements.find("sshd") or "sshd"  # it starts itself anew for each connection, by its path
    words = ["unshare", "--mount", "--uts", "sh", "-c", _OWN_FILES, switch.name, path, "-D", "-e"]
    words += ["-f", "./sshd.conf", "-h", _KEY]
    return files.start("sshd", switch.namespace, words)


def host_key(files: Files) -> str:
    """Its fingerprint; "" before the first start."""
    kept = files / "host_key.fingerprint"
    return kept.read_text("ascii").strip() if kept.exists() else ""


def config(switch: SwitchPlan) -> str:
    """The text of sshd_config(5)."""
    address = f"[{switch.address}]" if switch.address.version == 6 else str(switch.address)
    lines = (
        f"ListenAddress {address}:22",
        "PidFile none",
        "UsePAM no",
        "PermitRootLogin yes",
        "PasswordAuthentication yes",
        "PubkeyAuthentication no",
        "KbdInteractiveAuthentication no",
        "AuthorizedKeysFile none",
        f"AllowUsers {SHELL_USER}",
        "PrintMotd no",
        "UseDNS no",
    )
    return "".join(f"{line}\n" for line in lines)


def fingerprint(public: str) -> str:
    """As `ssh-keygen -l` shows it. public: `ssh-ed25519 BASE64`."""
    digest = hashlib.sha256(base64.b64decode(public.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _passwd(home: str, shell: str) -> str:
    """The user is first, so that files of root are shown as the user's; sshd needs a user for what it does before a login."""
    return (
        f"{SHELL_USER}:x:0:0:switch:{home}:{shell}\n"
        "root:x:0:0:root:/root:/bin/sh\n"
        f"{_SEPARATION}:x:65533:65534::/run/sshd:/usr/sbin/nologin\n"
    )


def _crypted(password: str) -> str:
    """crypt(3) of the C library, which Python has no more from 3.13 on. SHA-512, as every crypt(3) on Linux knows it."""
    try:
        library: Any = ctypes.CDLL("libcrypt.so.1")
    except OSError:
        library = ctypes.CDLL("libcrypt.so.2")
    library.crypt.restype = ctypes.c_char_p
    made: bytes | None = library.crypt(password.encode(), f"$6${secrets.token_hex(8)}$".encode())
    if not made or made.startswith(b"*"):
        raise UnreachableError("this machine's crypt(3) makes no SHA-512 password", where="this machine")
    return made.decode("ascii")
