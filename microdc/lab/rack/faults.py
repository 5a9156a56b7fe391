"""Faults of a lab's servers: planted in the world where they can be, in the answers of the BMC only where it is what lies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microdc.documents.check import nearest
from microdc.errors import InputError
from microdc.lab.ipmi.sensors import SENSORS
from microdc.lab.machine.files import write_text
from microdc.lab.machine.machine import Machine
from microdc.lab.rack.measures import check
from microdc.lab.rack.start import Files
from microdc.lab.redfish.faults import Fault

_HOT = 60_000
"""Thousandths of a degree Celsius: above the highest threshold of an inlet."""
_FAULTS_FILE = "faults.json"


@dataclass(frozen=True, slots=True)
class _World:
    """A fault of the machine itself. told: what it is; state: whether it is there, with its measure; plant: makes it so, None takes it away."""

    told: str
    state: Callable[[Path], Any]
    plant: Callable[[Path, Any], None]


def _memory(directory: Path) -> int | None:
    described = Machine(directory).description()
    now = described.memory_now_mib
    return None if now == described.memory_mib else now


def _set_memory(directory: Path, value: Any) -> None:
    machine = Machine(directory)
    machine.set_memory(machine.description().memory_mib // 2 if value is True else value)


def _inlet(directory: Path) -> float | None:
    now = int((directory / "inlet").read_text("ascii"))
    return None if now == _usual("inlet") else now / 1000


def _set_inlet(directory: Path, value: Any) -> None:
    hot = _HOT if value is True else _usual("inlet") if value is None else round(value * 1000)
    write_text(directory / "inlet", f"{hot}\n")


def _usual(file: str) -> int:
    return next(sensor.usual for sensor in SENSORS if sensor.file == file)


WORLD: Mapping[str, _World] = {
    "missing-dimm": _World("A memory module is missing from the next start on; the number: MiB that are left.", _memory, _set_memory),
    "hot-inlet": _World("The inlet is hot: degrees Celsius, 60 by default.", _inlet, _set_inlet),
}  # fmt: skip


def known() -> list[str]:
    """Every fault that can be planted."""
    return sorted([*WORLD, *Fault])


def planted(lab: str, server: str) -> dict[str, Any]:
    """The faults of a server now, each with its measure. Raises InputError for a server that the lab does not have."""
    directory = _directory(lab, server)
    world = {name: state for name, fault in WORLD.items() if (state := fault.state(directory)) is not None}
    return {**world, **_lies(directory)}


def plant(lab: str, server: str, faults: Mapping[str, Any]) -> None:
    """Plants faults beside those that are there; a value of None takes one away.

    Raises InputError, and plants none, where one is unknown or takes no such measure.
    """
    directory = _directory(lab, server)
    for name, value in faults.items():
        if name not in known():
            raise InputError(f"there is no fault {name!r}", hint=nearest(name, known()) or ", ".join(known()))
        check(name, value)
    _check_left(directory, faults.get("missing-dimm"))
    for name, value in faults.items():
        if name in WORLD:
            WORLD[name].plant(directory, value)
    lies = {**_lies(directory), **{name: value for name, value in faults.items() if name not in WORLD}}
    left = {name: value for name, value in lies.items() if value is not None}
    write_text(directory / _FAULTS_FILE, json.dumps(left))


def _check_left(directory: Path, left: Any) -> None:
    """A machine that lacks memory has some, and whole MiB of it."""
    whole = Machine(directory).description().memory_mib
    if left is not None and left is not True and not (isinstance(left, int) and left < whole):
        raise InputError(f"missing-dimm={left}: MiB that are left, whole ones and less than {whole}")


def console_log(lab: str, server: str) -> Path:
    """The file in which all stands that came out of a server's serial port."""
    return _directory(lab, server) / "console.log"


def _lies(directory: Path) -> dict[str, Any]:
    try:
        found = json.loads((directory / _FAULTS_FILE).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}


def _directory(lab: str, server: str) -> Path:
    files = Files.of(lab)
    directory = files.machine(server)
    if not (directory / "machine.json").is_file():
        there = sorted(path.parent.name for path in files.root.glob("*/machine.json"))
        hint = nearest(server, there) if there else f"microdc lab up --rack --name {lab}"
        raise InputError(f"the lab {lab} has no server {server!r}", hint=hint)
    return directory
