"""What a machine's directory says of it: `machine.json`, and the small files that stand for its physics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microdc.errors import InputError
from microdc.lab.redfish.world import Document

INLET = 22.0
"""°C where no file says otherwise: the middle of what ASHRAE TC 9.9 recommends (18 to 27)."""
FAN = 5400.0
"""Revolutions per minute of a fan where no file says otherwise."""
FANS = ("fan1", "fan2")


@dataclass(frozen=True, slots=True)
class Facts:
    """All that resources are made of, at one moment.

    about: `machine.json`. memory: MiB that are in it now, which a missing module makes less than `about` declares. inlet: °C. fans: revolutions per
    minute by name. power: PowerState. boot: the property Boot. led: Off, Lit or Blinking. held: what PATCH has set, by path.
    bios, pending: BIOS attributes that hold, and those that wait for the next start. address, port: where the service listens.
    at: the time, to the second.
    """

    about: Mapping[str, Any]
    memory: int
    inlet: float = INLET
    fans: Mapping[str, float] = field(default_factory=dict)
    power: str = "Off"
    boot: Document = field(default_factory=dict)
    led: str = "Off"
    bios: Mapping[str, Any] = field(default_factory=dict)
    pending: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""
    port: int = 443
    at: str = ""

    @property
    def on(self) -> bool:
        """Whether the server gets power, on its way up or down included."""
        return self.power != "Off"

    @property
    def nics(self) -> list[dict[str, Any]]:
        return list(self.about.get("nics", []))

    @property
    def disks(self) -> list[dict[str, Any]]:
        return list(self.about.get("disks", []))

    @property
    def firmware(self) -> str:
        """`bios` or `uefi`."""
        return str(self.about.get("firmware", "bios"))

    def told(self, name: str, default: str = "") -> str:
        """A text of `machine.json`."""
        return str(self.about.get(name) or default)


class MachineFiles:
    """The files of a machine's directory that the BMC reads. `machine.json` is read again when it has changed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._stamp: tuple[int, int] = (0, 0)
        self._about: dict[str, Any] = {}

    def about(self) -> dict[str, Any]:
        """`machine.json`. InputError where it cannot be read."""
        file = self.directory / "machine.json"
        try:
            status = file.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                self._about, self._stamp = json.loads(file.read_bytes()), stamp
        except (OSError, ValueError) as problem:
            raise InputError(f"no description of a machine: {problem}", where=str(file)) from problem
        return self._about

    def memory(self) -> int:
        """MiB: `memory_now_mib`, where a module was taken out, else what was declared."""
        return int(self.about().get("memory_now_mib") or self.about()["memory_mib"])

    def inlet(self) -> float:
        """°C; the file has thousandths of a degree."""
        return self._number("inlet", INLET * 1000) / 1000

    def fans(self) -> dict[str, float]:
        """Revolutions per minute."""
        return {name: self._number(name, FAN) for name in FANS}

    def _number(self, name: str, default: float) -> float:
        try:
            return float((self.directory / name).read_text("ascii"))
        except (OSError, ValueError):
            return default
