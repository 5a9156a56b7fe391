"""The properties in a request's body: whether they are there, of which type, and may be written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from microdc.lab.redfish.refusals import RefusedRequest
from microdc.lab.redfish.world import Document

Kind: TypeAlias = "type | tuple[str, ...] | Kinds"
"""A type, the values of an enumeration, or what may be written of an object."""
Kinds: TypeAlias = Mapping[str, Kind]


def required(told: Document, *names: str) -> None:
    """RefusedRequest where one is missing."""
    for name in names:
        if name not in told:
            raise RefusedRequest(400, "PropertyMissing", name, related=f"/{name}")


def typed(told: Document, name: str, kind: type, default: Any) -> Any:
    """A property's value, or the default where it is not there; RefusedRequest where it has another type."""
    value = told.get(name, default)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        shown = "***" if name == "Password" else str(value)
        raise RefusedRequest(400, "PropertyValueTypeError", shown, name, related=f"/{name}")
    return value


def ranged(told: Document, name: str, low: float, high: float = math.inf) -> int:
    """An integer within bounds."""
    value: int = typed(told, name, int, 0)
    if not low <= value <= high:
        raise RefusedRequest(400, "PropertyValueOutOfRange", str(value), name, related=f"/{name}")
    return value


def listed(told: Document, name: str, values: Mapping[str, Any] | tuple[str, ...] | list[str]) -> str:
    """One word of a list."""
    value: str = typed(told, name, str, "")
    if value not in values:
        raise RefusedRequest(400, "PropertyValueNotInList", value, name, related=f"/{name}")
    return value


def writable(told: Document, document: Document, kinds: Kinds, within: str = "") -> Document:
    """What a PATCH asks to write, without OData's annotations, which say nothing (DSP0266 7.5).

    document: the resource as it is; kinds: what may be written in it; within: the property that holds it, as `/NTP`. RefusedRequest names the first
    that may not be written, before anything is.
    """
    if not told and not within:
        raise RefusedRequest(400, "EmptyJSON")
    changes = {name: value for name, value in told.items() if "@" not in name}
    if not changes and not within:
        raise RefusedRequest(400, "NoOperation")
    for name, value in changes.items():
        kind, related = kinds.get(name), f"{within}/{name}"
        if kind is None:
            message = "PropertyNotWritable" if name in document else "PropertyUnknown"
            raise RefusedRequest(400, message, name, related=related)
        if isinstance(kind, tuple):
            listed(changes, name, kind)
        elif isinstance(kind, Mapping):
            below = document.get(name)
            writable(typed(changes, name, dict, {}), below if isinstance(below, dict) else {}, kind, related)
        else:
            typed(changes, name, kind, value)
    return changes


def merged(current: Any, wanted: Any) -> Any:
    """A value after a PATCH: objects property by property; of arrays null removes an element and {} leaves it (DSP0266 7.5.2)."""
    if isinstance(wanted, dict) and isinstance(current, dict):
        return {**current, **{name: merged(current.get(name), value) for name, value in wanted.items()}}
    if isinstance(wanted, list):
        before = current if isinstance(current, list) else []
        pairs = [
            (before[place] if place < len(before) else None, value) for place, value in enumerate(wanted)
        ]
        return [
            merged(was, value) for was, value in pairs if value is not None and (was, value) != (None, {})
        ]
    return current if wanted == {} else wanted
