"""The words of tables 42-2 and 42-3: what a state of a sensor, or an event, is called and how bad it is. From pyghmi's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from microdc.bmc.ipmi.sdr import THRESHOLD
from microdc.bmc.model import Health

SPECIFIC = 0x6F
"""The event/reading type whose offsets mean what the sensor's type says (table 42-1)."""
_GOING = ("going low", "going high")


@dataclass(frozen=True, slots=True)
class State:
    """A state in words. health: what it means for the server; None where no table says."""

    words: str
    health: Health | None


def state(sensor_type: int, reading: int, offset: int, *, gone: bool = False) -> State:
    """An offset of a discrete sensor, or the event of one. gone: the event says that the state ended."""
    found = _tables().get((sensor_type if reading == SPECIFIC else None, reading), {}).get(offset)
    if found is None:
        words = f"state {offset} of type 0x{sensor_type:02x}/0x{reading:02x}" + (" ended" if gone else "")
        return State(words, "ok" if gone else None)
    prefix = "deassertion_" if gone else ""
    words = str(found.get(f"{prefix}desc") or found["desc"])
    if reading == THRESHOLD and not gone:
        words = f"{words} {_GOING[offset & 1]}"
    severity = int(found.get(f"{prefix}severity", found["severity"]))  # pyghmi.constants.Health: 0, 1, 2, 4
    return State(words, "critical" if severity >= 2 else "warning" if severity else "ok")


def sensor_type(number: int) -> str:
    """What a sensor of this type watches."""
    from pyghmi.ipmi.private import constants  # noqa: PLC0415 - loaded only where a BMC is read

    return str(constants.sensor_type_codes.get(number, f"sensor type 0x{number:02x}"))


@cache
def _tables() -> Mapping[tuple[int | None, int], Mapping[int, Mapping[str, Any]]]:
    from pyghmi.ipmi.private import constants  # noqa: PLC0415 - loaded only where a BMC is read

    tables: dict[tuple[int | None, int], Mapping[int, Mapping[str, Any]]] = {
        (None, reading): table for reading, table in constants.generic_type_offsets.items()
    }
    tables.update(((kind, SPECIFIC), table) for kind, table in constants.sensor_type_offsets.items())
    return tables
