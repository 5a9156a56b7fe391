"""FRRouting on a switch of a lab: zebra over the ports of its namespace, with vtysh as login shell in place of a Linux shell.

Its programs want their sockets and configuration below /run/frr and run as a user of their own. So zebra gets a /run of its own, in a mount namespace,
in which the directory `frr` of the switch's files is /run/frr; sshd's has it too (see shell).
"""

from __future__ import annotations

import pwd
import shutil
from pathlib import Path

from microdc import requirements
from microdc.host.daemon import Daemon
from microdc.lab.switch.files import Files
from microdc.lab.switch.model import SwitchPlan

USER = "frr"
PACKAGE = "frr"
DIRECTORY = "frr"
"""Of the switch's files: what is /run/frr to its programs."""
SHELL = "/run/frr/shell"
"""The login shell."""
BIND = f"mkdir /run/frr && mount --bind {DIRECTORY} /run/frr"
_PLACES = ("/usr/lib/frr/zebra", "/usr/libexec/frr/zebra", "/usr/sbin/zebra")
_OWN_RUN = f"""\
set -e
mount -t tmpfs -o mode=755 tmpfs /run
{BIND}
exec "$@"
"""
_SHELL = '#!/bin/sh\nexec vtysh --vty_socket /run/frr --config_dir /run/frr "$@"\n'
SOCKET = "zebra.vty"
"""In DIRECTORY: it is there when zebra listens."""


def zebra() -> str | None:
    """The path of zebra, which is in no PATH; None where it is not installed."""
    return next((path for path in _PLACES if Path(path).is_file()), None)


def missing() -> list[str]:
    """The programs that are not installed."""
    there = {"zebra": zebra(), "vtysh": requirements.find("vtysh")}
    return [program for program, path in there.items() if path is None]


def start(files: Files, switch: SwitchPlan) -> Daemon:
    """Starts zebra, with no more in its configuration than the switch's name at the first start."""
    directory = files / DIRECTORY
    if not directory.exists():
        directory.mkdir(mode=0o755)
        for name, text in (("frr.conf", _config(switch)), ("vtysh.conf", _config(switch))):
            files.write(f"{DIRECTORY}/{name}", text, mode=0o640)
        files.write(f"{DIRECTORY}/shell", _SHELL, mode=0o755)
        for path in (directory, *directory.iterdir()):
            shutil.chown(path, USER, USER)
    words = ["unshare", "--mount", "sh", "-c", _OWN_RUN, "sh", zebra() or "zebra"]
    return files.start("zebra", switch.namespace, [*words, "-f", "/run/frr/frr.conf", "-P", "0"])


def passwd() -> str:
    """Its user, as /etc/passwd of this machine has it."""
    user = pwd.getpwnam(USER)
    return f"{USER}:x:{user.pw_uid}:{user.pw_gid}::/:/usr/sbin/nologin\n"


def _config(switch: SwitchPlan) -> str:
    return f"hostname {switch.name}\nservice integrated-vtysh-config\n"
