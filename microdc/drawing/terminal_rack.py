"""Racks for a terminal: unit by unit, each device with what is to be said of its cables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from microdc.drawing.canvas import Span
from microdc.drawing.elevation import LOOKS, Device, Frame, Look, Wire
from microdc.drawing.text import cells, clean

_STYLES: dict[Look, str] = {
    "right": "green",
    "unknown": "dim",
    "one side": "yellow",
    "stranger": "magenta",
    "missing": "yellow",
    "wrong vlan": "bold red",
    "wrong": "bold red",
    "found": "bold red",
}
_WORDS: dict[Look, str] = {"stranger": "not declared", "wrong vlan": "in a wrong VLAN"}


def terminal_racks(
    frames: Sequence[Frame],
    wires: Sequence[Wire],
    *,
    ascii: bool = False,  # noqa: A002 - what it is
) -> list[list[Span]]:
    """Rows of (text, style). Without the styles the words say it all. ascii: for terminals that know no other characters."""
    rows: list[list[Span]] = []
    for frame in frames:
        if rows:
            rows.append([])
        rows += _rack(frame, wires, "|" if ascii else "│")
    return rows


def _rack(frame: Frame, wires: Sequence[Wire], bar: str) -> Iterator[list[Span]]:
    yield [(clean(frame.name), "bold")]
    wide = max((cells(clean(device.name)) for device in frame.devices), default=0)
    standing = {
        device.unit + device.height - 1: device for device in frame.devices if device.unit and device.height
    }
    unit = frame.height
    while unit > 0:
        device = standing.get(unit)
        if device is None:
            lowest = max((top for top in standing if top < unit), default=0) + 1
            number = f"{unit}" if unit == lowest else f"{lowest}-{unit}"
            yield [(f"{number:>5} {bar} ", "dim"), ("empty", "dim")]
            unit = lowest - 1
            continue
        yield from _device(device, f"{unit:>5}", wires, wide, bar)
        for below in range(unit - 1, unit - device.height, -1):
            yield [(f"{below:>5} {bar} ", "dim")]
        unit -= device.height
    for device in (one for one in frame.devices if not one.unit or not one.height):
        yield from _device(device, "    -", wires, wide, bar)


def _device(device: Device, number: str, wires: Sequence[Wire], wide: int, bar: str) -> Iterator[list[Span]]:
    """A row, and one more for each cable that is not right; at the device that it is of."""
    mine = [wire for wire in wires if device.name in {wire.a, wire.b} and wire.look != "found"]
    count = Counter(wire.look for wire in mine)
    name = clean(device.name)
    row: list[Span] = [
        (f"{number} {bar} ", "dim"),
        (name + " " * (wide - cells(name)), "bold" if mine else ""),
    ]
    looks = [look for look in reversed(LOOKS) if count[look]]
    yield [*row, *((f"  {count[look]} {_WORDS.get(look, look)}", _STYLES[look]) for look in looks)]
    for wire in mine:
        if wire.look != "right" and wire.a == device.name and wire.label:
            yield [(f"{'':>5} {bar}   ", "dim"), (clean(wire.label), _STYLES[wire.look])]
