"""What is asked of a switch's command line, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

PORT = 22
"""Of SSH."""


@dataclass(frozen=True, slots=True)
class Login:
    """password "": by a key, of ssh-agent or the user's own. enable: what the switch asks for before it lets a user change things."""

    user: str
    password: str = field(default="", repr=False)
    enable: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A switch, and how its command line is reached.

    path: SITE/RACK/NAME. where: file:line of its document. address: name or IP address. host_key: SHA-256 fingerprint that it must have, else
    known_hosts (None: the user's own file) is asked. via: the namespace from which the connection is opened ("": the caller's).
    """

    name: str
    address: str
    platform: str
    login: Login
    path: str = ""
    where: str = ""
    port: int = PORT
    host_key: str = ""
    known_hosts: Path | None = None
    via: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a switch is. None: it does not say."""

    hostname: str | None = None
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class PortSetting:
    """How a port is set. vlan: of its untagged frames, None where it has none or it cannot be told; tagged: the VLANs that it carries besides."""

    port: str
    up: bool
    description: str = ""
    vlan: int | None = None
    tagged: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PortChange:
    """What is to be changed of a port; None stays as it is."""

    port: str
    up: bool | None = None
    description: str | None = None
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A change before it happens.

    commands bring `before` to `after`, undo the other way. dead_man: seconds after which the switch itself takes the change back unless it is
    confirmed, None where it cannot. remarks: what whoever consents should know. No commands: nothing is to be done.
    """

    switch: str
    platform: str
    before: PortSetting
    after: PortSetting
    commands: tuple[str, ...]
    undo: tuple[str, ...]
    dead_man: int | None
    remarks: tuple[str, ...] = ()

    @property
    def diff(self) -> tuple[str, ...]:
        """What changes, a line each: `- port: what was`, `+ port: what will be`."""
        lines = []
        for name in ("up", "description", "vlan"):
            old, new = (_word(name, getattr(side, name)) for side in (self.before, self.after))
            if old != new:
                lines += [f"- {self.before.port}: {old}", f"+ {self.after.port}: {new}"]
        return tuple(lines)


def _word(name: str, value: object) -> str:
    if name == "up":
        return "up" if value else "down"
    return f"{name} {value}" if value not in (None, "") else f"no {name}"


@dataclass(frozen=True, slots=True)
class Backup:
    """A configuration that was kept. state: as it was last time, changed since, or kept for the first time; diff: lines, secrets masked."""

    switch: str
    file: Path
    state: Literal["new", "changed", "same"]
    diff: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
