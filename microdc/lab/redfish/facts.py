"""What a machine's directory says of it: `machine.json`, and the small files that stand for its physics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microdc.errors import InputError
from microdc.lab.redfish.world import Document

USUAL = {"inlet": 24_000, "fan1": 6000, "fan2": 6000, "voltage1": 12_000, "psu1": 1, "psu2": 1}
"""What the files of readings say where they are not there, the same as on the IPMI side of the BMC (`microdc.lab.ipmi.sensors`): thousandths
of a degree Celsius, revolutions a minute, millivolts, bits of the state of a power supply."""
PRESENT, FAILED, NO_INPUT = 1, 2, 8
"""Bits of `psu1` and `psu2`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that resources are made of, at one moment.

    about: `machine.json`. memory: MiB that are in it now, which a missing module makes less than `about` declares. readings: numbers of the
    files that `USUAL` names, in their units. power: PowerState. boot: the property Boot. led: Off, Lit or Blinking. held: what PATCH has set, by path.
    bios, pending: BIOS attributes that hold, and those that wait for the next start. address, port: where the service listens.
    at: the time, to the second.
    """

    about: Mapping[str, Any]
    memory: int
    readings: Mapping[str, float] = field(default_factory=lambda: USUAL)
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

    def readings(self) -> dict[str, float]:
        """What the files of readings say; the usual number for one that is missing or says none."""
        return {name: self._number(name, usual) for name, usual in USUAL.items()}

    def _number(self, name: str, usual: float) -> float:
        try:
            return float((self.directory / name).read_text("ascii"))
        except (OSError, ValueError):
            return usual
