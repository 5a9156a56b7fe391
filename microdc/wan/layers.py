"""Overlays as the agents keep them, and back; which one lies on top."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from microdc.agent.model import LaidLayer, Layer, State, Value
from microdc.netlink.messages import encode
from microdc.wan import plain
from microdc.wan.model import BASE, AccessLine, Asked, Direction, Leaf, Overlay, PortChange


def overlay_of(layer: LaidLayer, missing: Sequence[str] = ()) -> Overlay:
    """An agent's layer read back. missing: the shapers that should have a part of it too and have none."""
    values = _values(layer)
    return Overlay(
        layer.id,
        layer.owner,
        layer.reason,
        values,
        layer.remaining,
        layer.made,
        layer.data["change"],
        missing,
        tuple(layer.data.get("cuts", ())),
        plain.lines_from_data(layer.data.get("lines", {})),
    )


def _values(layer: LaidLayer) -> Mapping[Direction, Asked]:
    """What a layer lays. Worked out once for what an agent told once: a plan looks at the stack several times."""
    for known, values in _RECENT:
        if known is layer.values:
            return values
    found = dict(plain.from_data(data) for data in layer.values.values())
    _RECENT.append((layer.values, found))
    return found


_RECENT: deque[tuple[Mapping[str, Mapping[str, Any]], Mapping[Direction, Asked]]] = deque(maxlen=128)


def stack(states: Mapping[str, State]) -> list[Overlay]:
    """What is laid in all of a testbed, bottom first, from the states of its shapers; an overlay's parts on several are one."""
    layers = [(name, layer) for name, state in states.items() for layer in state.layers]
    laid: dict[str, set[str]] = {}
    for name, layer in layers:
        laid.setdefault(layer.id, set()).add(name)
    found: dict[str, Overlay] = {}
    for _, layer in layers:
        missing = tuple(n for n in layer.data["shapers"] if n in states and n not in laid[layer.id])
        overlay, known = overlay_of(layer, missing), found.get(layer.id)
        values = {**known.values, **overlay.values} if known else overlay.values
        lines = {**known.lines, **overlay.lines} if known else overlay.lines
        found[layer.id] = replace(overlay, values=values, lines=lines)
    return sorted(found.values(), key=lambda overlay: (rank(overlay), _number(overlay.id)))


def on_top(overlays: Sequence[Overlay]) -> dict[Direction, tuple[Overlay, Asked]]:
    """By direction, the topmost overlay that covers it."""
    return {
        direction: (overlay, asked) for overlay in overlays for direction, asked in overlay.values.items()
    }


def lines_of(overlays: Iterable[Overlay]) -> Mapping[str, AccessLine]:
    """The access lines that are shared, by site: those of the inventory, while it is laid."""
    return next((overlay.lines for overlay in overlays if overlay.id == BASE), {})


def after(overlays: Sequence[Overlay], put: Overlay | None, drop: Iterable[str]) -> list[Overlay]:
    """The stack as it will be: without what is dropped, the new one at its place."""
    gone = {*drop, *([put.id] if put else [])}
    kept = [overlay for overlay in overlays if overlay.id not in gone]
    return sorted([*kept, put], key=rank) if put else kept


def rank(overlay: Overlay) -> int:
    """Where an overlay lies: the inventory at the bottom, what is cut of its backbone above it, and above that what holds end to end."""
    if overlay.id == BASE:
        return 0
    return 1 if overlay.cuts else 2


def next_id(states: Iterable[State], overlays: Iterable[Overlay]) -> str:
    """A short name that no overlay has or had, above all others: o1, o2, ..."""
    return f"o{highest(states, overlays) + 1}"


def highest(states: Iterable[State], overlays: Iterable[Overlay]) -> int:
    """The highest number that an overlay has or had: a name that was used once never means another one."""
    return max(
        (*(state.serial for state in states), *(_number(overlay.id) for overlay in overlays)), default=0
    )


def _number(ident: str) -> int:
    """Where an overlay lies: the inventory's at the bottom, the others in the order in which they were laid."""
    return 0 if ident == BASE else int(ident.removeprefix("o"))


def slot(interface: str, direction: Direction) -> str:
    return f"{interface}/{direction.source}>{direction.target}"


def leaf_messages(leaf: Leaf, index: int) -> tuple[bytes, bytes, bytes]:
    """What sets a running leaf's values, in place."""
    return (
        encode("change", leaf.cls, index),
        encode("change", leaf.netem, index),
        encode("change", leaf.buffer, index),
    )


def layer_of(
    overlay: Overlay, ports: Iterable[PortChange], leaves: Mapping[Direction, Leaf], shapers: Sequence[str]
) -> Layer:
    """An overlay as one shaper's agent takes it.

    ports: those of the shaper. leaves: the overlay's own values. shapers: all that get a part of it.
    """
    values = {
        slot(port.interface, direction): Value(
            leaf_messages(leaves[direction], port.index), plain.to_data(direction, overlay.values[direction])
        )
        for port in ports
        for direction in port.clean
        if direction in overlay.values
    }
    return Layer(
        overlay.id,
        overlay.owner,
        overlay.reason,
        values,
        overlay.seconds,
        made=overlay.made or None,
        rank=rank(overlay),
        data={
            "change": overlay.change,
            "shapers": list(shapers),
            "cuts": list(overlay.cuts),
            "lines": plain.lines_to_data(
                overlay.lines
            ),  # all in every part: what a port needs is there whoever is asked
        },
    )
