"""Where a switch of a lab keeps its things, and who may log in.

    facts.json      what the SNMP tables of our own tell beside what the kernel knows
    snmpd.conf ...  what snmpd reads; snmp/: what it keeps; agentx: its socket for lldpd
    lldpd.conf ...  what lldpd is told; lldpd.sock: its own socket, for lldpcli -u
    sshd.conf ...   what sshd reads
    frr/            what zebra and vtysh keep, where the command line is theirs
    community, user, login   the credentials, as the inventory refers to them
    *.pid           the processes as `PID:START`
    faults.json     the faults that are planted

Programs are started inside the directory and name the files without it, since the path of a socket has 107 bytes at most.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from microdc.host.daemon import Daemon
from microdc.host.local import NamespaceHost
from microdc.lab import names

SNMP_USER, SHELL_USER = "lab", "admin"
SERVICES = ("snmpd", "lldpd", "sshd")
_INSIDE = 'cd "$1" && shift && exec "$@"'


@dataclass(frozen=True, slots=True)
class Logins:
    """Made anew for each switch. community: SNMP v2c; authentication, privacy: of SNMP_USER over v3; password: of SHELL_USER over SSH."""

    community: str
    authentication: str
    privacy: str
    password: str

    @classmethod
    def new(cls) -> Logins:
        return cls(*(secrets.token_hex(12) for _ in range(4)))  # no sign that a configuration file quotes

    @property
    def user(self) -> str:
        """As `credentials:` of SNMPv3 are written."""
        return f"{SNMP_USER}:{self.authentication}:{self.privacy}"

    @property
    def shell(self) -> str:
        return f"{SHELL_USER}:{self.password}"


@dataclass(frozen=True, slots=True)
class Files:
    """The directory of a switch."""

    directory: Path

    @classmethod
    def of(cls, lab: str, switch: str) -> Files:
        return cls(names.lab_dir(lab) / "switches" / switch)

    def __truediv__(self, name: str) -> Path:
        return self.directory / name

    def write_logins(self, logins: Logins) -> None:
        for name, text in (("community", logins.community), ("user", logins.user), ("login", logins.shell)):
            self.write(name, f"{text}\n", mode=0o600)

    def read_logins(self) -> Logins:
        community, user, login = (
            (self / name).read_text("ascii").strip() for name in ("community", "user", "login")
        )
        _, authentication, privacy = user.split(":")
        return Logins(community, authentication, privacy, login.partition(":")[2])

    def write(self, name: str, text: str, *, mode: int = 0o644) -> None:
        path = self / name
        path.touch(mode=mode)
        path.write_text(text, "utf-8")

    def start(self, service: str, namespace: str, argv: list[str]) -> Daemon:
        """Starts a program inside the directory and the namespace; its number is kept for later commands, and what it says in its log."""
        with NamespaceHost(namespace) as host:
            daemon = host.start_daemon(self.inside(argv), log=self / f"{service}.log")
        self.write(f"{service}.pid", f"{daemon}\n")
        return daemon

    def inside(self, argv: list[str]) -> list[str]:
        """The argv that runs a program inside the directory."""
        return ["sh", "-c", _INSIDE, "sh", str(self.directory), *argv]

    def running(self, service: str) -> Daemon | None:
        """The process of a service; None where it does not run."""
        try:
            daemon = Daemon.parse((self / f"{service}.pid").read_text("ascii"))
        except (OSError, ValueError):
            return None
        return daemon if daemon.alive() else None

    def said(self, service: str) -> str:
        """The last words of a service."""
        try:
            text = (self / f"{service}.log").read_text("utf-8", errors="replace")
        except OSError:
            text = ""
        return "; ".join(text.strip().splitlines()[-3:]) or "it said nothing"
