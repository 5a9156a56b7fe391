"""What all documents of the demo share: their head, times, and what stands for one server or switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from microdc.health.model import Trouble

Document = dict[str, Any]
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


def of_server(
    kind: str, name: str, driver: str, told: Mapping[str, Any] | Trouble, notes: Sequence[str] = ()
) -> Document:
    """What came of one server: a value, or why there is none."""
    one = {
        "server": name,
        "driver": None if isinstance(told, Trouble) else driver,
        "seconds": 5.0 if isinstance(told, Trouble) else 0.214,
        "notes": list(notes),
        "error": error(told, name) if isinstance(told, Trouble) else None,
        **({} if isinstance(told, Trouble) else told),
    }
    return document(kind, {"servers": [one], "without_bmc": []})


def of_switch(kind: str, name: str, told: Mapping[str, Any] | Trouble) -> Document:
    """What came of one switch."""
    one = {
        "switch": name,
        "seconds": 5.0 if isinstance(told, Trouble) else 0.131,
        "error": error(told, name) if isinstance(told, Trouble) else None,
        **({} if isinstance(told, Trouble) else told),
    }
    return document(kind, {"switches": [one]})
