"""The stack of layers, bottom first, as values: what lies on top, and what a change makes of it. Pure."""

from __future__ import annotations

import time
from typing import Any


def interface_of(slot: str) -> str:
    return slot.partition("/")[0]


def changed(
    layers: list[dict[str, Any]], put: list[dict[str, Any]], drop: list[str], now: float
) -> list[dict[str, Any]]:
    """The stack after a change. now: seconds since boot."""
    gone = {*drop, *(layer["id"] for layer in put)}
    old_ends = {layer["id"]: layer["ends"] for layer in layers}
    after = [layer for layer in layers if layer["id"] not in gone]
    for layer in put:
        ends = None if layer["seconds"] is None else now + layer["seconds"]
        if layer.get("made"):  # laid anew: that moves no end
            ends = old_ends.get(layer["id"], ends)
        at = sum(other["rank"] <= layer["rank"] for other in after)
        after.insert(at, {**layer, "ends": ends, "made": layer.get("made") or time.time()})
    return after


def without(layers: list[dict[str, Any]], interfaces: list[str]) -> list[dict[str, Any]]:
    """The stack without what is laid on some interfaces; a layer of which nothing is left goes."""
    kept = [
        {**layer, "values": {s: v for s, v in layer["values"].items() if interface_of(s) not in interfaces}}
        for layer in layers
    ]
    return [layer for layer in kept if layer["values"]]


def top(layers: list[dict[str, Any]], ports: dict[str, dict[str, Any]], slot: str) -> str:
    """The messages of the topmost layer that has the slot; those of no impairment where none has; "" where there are none."""
    for layer in reversed(layers):
        if slot in layer["values"]:
            return str(layer["values"][slot]["messages"])
    return str(ports.get(interface_of(slot), {}).get("clean", {}).get(slot, ""))


def slots_by_interface(layers: list[dict[str, Any]]) -> dict[str, list[str]]:
    """All slots that the layers have a value for."""
    found: dict[str, list[str]] = {}
    for slot in sorted({slot for layer in layers for slot in layer["values"]}):
        found.setdefault(interface_of(slot), []).append(slot)
    return found
