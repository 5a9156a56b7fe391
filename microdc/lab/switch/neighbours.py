"""lldpd on the ports of a switch, or at a stranger that is plugged into one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable

from microdc.errors import UnreachableError
from microdc.host.daemon import Daemon
from microdc.host.local import LocalHost
from microdc.lab.rack.plan import MANUFACTURER
from microdc.lab.switch.agent import MODEL, SOCKET
from microdc.lab.switch.files import Files
from microdc.lab.switch.model import MANAGEMENT, SwitchPlan

INTERVAL = 5
"""Seconds between what is told to neighbours, who believe it four times as long: 30 of lldpd's own are long in a lab."""
_SECONDS = 30.0
_LOOK = 0.02  # s
_LEAVE = 2.0  # s
_LOCALHOST = 'echo localhost >/proc/sys/kernel/hostname && exec "$@"'
"""lldpd looks its host's name up when it starts, and ends where that is unknown.

So it starts at a host of the name that is known everywhere, in a UTS namespace of its own, and gets its own name from its configuration.
"""


def start(files: Files, switch: SwitchPlan) -> Daemon:
    """Starts lldpd on all ports of the switch, joined with its snmpd, which has to run."""
    odd = [(one.interface, one.name) for one in switch.odd]
    files.write("lldpd.conf", config(switch.name, f"{MANUFACTURER} {MODEL}", odd, silent=MANAGEMENT))
    # the chassis id is the MAC of an interface that lldpd works on
    ports = ",".join([MANAGEMENT, *(socket.interface for socket in switch.sockets)])
    words = _words("lldpd", chassis=MANAGEMENT, ports=ports)
    joined = ["-m", str(switch.address), "-x", "-X", f"./{SOCKET}"]
    return _started(files, "lldpd", switch.namespace, [*words, *joined])


def stop(files: Files) -> None:
    """Ends lldpd, which takes leave of its neighbours, so that they forget it at once.

    So it is done around each change of cables: lldpd does not notice that an interface was replaced by one of the same name and number, and keeps
    what it heard on a port that went down.
    """
    daemon = files.running("lldpd")
    if daemon is not None:
        os.kill(daemon.pid, signal.SIGTERM)
        daemon.wait(_LEAVE)
        daemon.kill()


def start_stranger(files: Files, namespace: str, name: str, interface: str) -> Daemon:
    """Starts lldpd at a host that is called `name`."""
    files.write(f"{name}.conf", config(name, "a host that nobody declared"))
    return _started(files, name, namespace, _words(name, chassis=interface, ports=interface))


def _started(files: Files, name: str, namespace: str, words: list[str]) -> Daemon:
    """Configures it as well: lldpd has lldpcli do that as a user who may not enter the lab's directory."""
    socket = files / f"{name}.sock"
    socket.unlink(missing_ok=True)
    daemon = files.start(name, namespace, words)
    deadline = time.monotonic() + _SECONDS
    while not socket.exists():
        if daemon.wait(_LOOK) or time.monotonic() > deadline:
            raise UnreachableError(f"lldpd did not start: {files.said(name)}", where=f"netns:{namespace}")
    with LocalHost() as host:
        # Debian's lldpcli is set to run as lldpd's user, whoever calls it
        lldpcli = [
            "setpriv",
            "--no-new-privs",
            "lldpcli",
            "-u",
            f"./{name}.sock",
            "-c",
            f"./{name}.conf",
            "resume",
        ]
        done = host.run(files.inside(lldpcli))
    if not done.ok:
        said = done.stderr.decode(errors="replace").strip()
        raise UnreachableError(f"lldpd cannot be configured: {said}", where=f"netns:{namespace}")
    return daemon


def config(name: str, description: str, odd: Iterable[tuple[str, str]] = (), *, silent: str = "") -> str:
    """What lldpcli(8) tells lldpd. odd: interface and declared name of ports that are called otherwise than their interface; silent: an interface

    on which nothing is said.
    """
    lines = [
        f"configure system hostname {name}",
        f"configure system description {_quoted(description)}",
        "configure lldp portidsubtype ifname",
        f"configure lldp tx-interval {INTERVAL}",
    ]
    for port, called in odd:
        lines.append(f"configure ports {port} lldp portidsubtype local {_quoted(called)}")
        lines.append(f"configure ports {port} lldp portdescription {_quoted(called)}")
    if silent:
        lines.append(f"configure ports {silent} lldp status disabled")
    return "".join(f"{line}\n" for line in lines)


def _words(name: str, *, chassis: str, ports: str) -> list[str]:
    words = ["unshare", "--uts", "sh", "-c", _LOCALHOST, "sh", "lldpd", "-d", "-u", f"./{name}.sock"]
    return [*words, "-O", "/dev/null", "-C", chassis, "-I", ports]


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'
