"""What all documents of the demo share: their head, times, and what stands for one server or switch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from microdc.health.demo.building import Machine, SwitchBox
from microdc.health.model import Trouble

Document = dict[str, Any]
Told = Mapping[str, Any] | Trouble
"""What a device told, or why it told nothing."""
_GIVEN_UP = 5.0
SCHEMA = "microdc/v1"
_EXITS = {"unreachable": 3, "refused": 3, "late": 3, "fault": 1, "own": 1}


def document(kind: str, data: Mapping[str, Any] | Sequence[Any]) -> Document:
    """With the head that says what it is; a list is put under `items`."""
    return {"schema": SCHEMA, "kind": kind, **(data if isinstance(data, Mapping) else {"items": list(data)})}


def iso(at: float) -> str:
    """UTC, as programs read it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def stamp(at: float) -> str:
    """As a BMC tells it, with its offset."""
    return datetime.fromtimestamp(int(at), UTC).isoformat()


def error(trouble: Trouble, where: str) -> Document:
    """Why nothing was told."""
    return {
        "what": trouble.what,
        "where": where or None,
        "hint": trouble.hint or None,
        "cause": trouble.kind,
        "exit": _EXITS[trouble.kind],
    }


def of_servers(kind: str, told: Iterable[tuple[Machine, Told]]) -> Document:
    """What came of each server: a value, or why there is none."""
    found = [
        {
            "server": machine.name,
            "driver": None if isinstance(one, Trouble) else machine.driver,
            "seconds": _GIVEN_UP if isinstance(one, Trouble) else 0.214,
            "notes": [],
            "error": error(one, machine.name) if isinstance(one, Trouble) else None,
            **({} if isinstance(one, Trouble) else one),
        }
        for machine, one in told
    ]
    return document(kind, {"servers": found, "without_bmc": []})


def of_switches(kind: str, told: Iterable[tuple[SwitchBox, Told]]) -> Document:
    """What came of each switch."""
    found = [
        {
            "switch": box.device.name,
            "seconds": _GIVEN_UP if isinstance(one, Trouble) else 0.131,
            "error": error(one, box.device.name) if isinstance(one, Trouble) else None,
            **({} if isinstance(one, Trouble) else one),
        }
        for box, one in told
    ]
    return document(kind, {"switches": found})
