"""What a picture of racks shows, and where it lies: devices in their units, cables in lanes beside them. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from microdc.drawing.labels import Box
from microdc.drawing.svg import Point
from microdc.drawing.text import clean, pixels
from microdc.errors import InputError

Look = Literal["right", "wrong", "wrong vlan", "missing", "one side", "unknown", "stranger", "found"]
"""found: where a cable really goes, beside the one that is wrong."""

LOOKS: tuple[Look, ...] = (
    "right", "unknown", "one side", "stranger", "missing", "wrong vlan", "wrong", "found",
)  # fmt: skip
"""From the bottom to the top of a drawing."""

UNIT = 20.0
"""Px of a rack unit."""
BODY = 190.0
"""Px of a device's width."""
TOP = 110.0
_GUTTER, _APART = 26.0, 26.0
_LANES = 250.0
"""Px that lanes take at most."""
_WORDS = 11.0
_LINE = 13.0


@dataclass(frozen=True, slots=True)
class Device:
    """unit: the lowest that it fills, from 1 at the bottom; None: it stands in none, and is drawn below. height: units."""

    name: str
    kind: str = ""
    unit: int | None = None
    height: int = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """A rack."""

    name: str
    height: int
    devices: tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class Wire:
    """A cable between two devices, by their names; b "" for one of which the other end is not known. word: written at it. label: its tooltip."""

    a: str
    b: str
    look: Look = "right"
    word: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A wire with its polyline, and where its word begins."""

    wire: Wire
    line: tuple[Point, ...]
    word: Point | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A rack's place: its frame, the boxes of its devices, its right edge with lanes and words."""

    frame: Frame
    box: Box
    boxes: tuple[tuple[Device, Box], ...]
    right: float


@dataclass(frozen=True, slots=True)
class Elevation:
    racks: tuple[Standing, ...]
    wires: tuple[Drawn, ...]
    width: float
    bottom: float


def elevation(frames: Sequence[Frame], wires: Sequence[Wire]) -> Elevation:
    """Lays out racks side by side. Raises InputError for a wire to a device that is in none of them."""
    home = {device.name: index for index, frame in enumerate(frames) for device in frame.devices}
    for end in (end for wire in wires for end in (wire.a, wire.b) if end):
        if end not in home:
            raise InputError(f"a cable ends at {end!r}, which is in no rack", hint="draw its rack too")
    ends: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, wire in enumerate(wires):
        for device in dict.fromkeys(filter(None, (wire.a, wire.b))):
            ends[home[device]].append((number, device))
    base = TOP + UNIT * max((frame.height for frame in frames), default=1)
    left, racks, drawn = 16.0, list[Standing](), dict[int, Drawn]()
    crossing = [number for number, wire in enumerate(wires) if wire.b and home[wire.a] != home[wire.b]]
    channel = {number: TOP - 14 - 3.0 * index for index, number in enumerate(crossing[:12])}
    halves: dict[int, list[list[Point]]] = defaultdict(list)
    for index, frame in enumerate(frames):
        here = _stand(frame, left, base)
        lanes = {number for number, _ in ends[index]}
        step = min(7.0, _LANES / max(1, len(lanes)))
        first = here.box.right + 10
        outer = first + step * len(lanes)
        spots = _spots(here, wires, ends[index])
        for lane, number in enumerate(sorted(lanes, key=lambda one: (_span(wires[one], here), one))):
            x = first + step * lane
            points = [
                spots[number, name]
                for name in dict.fromkeys((wires[number].a, wires[number].b))
                if (number, name) in spots
            ]
            if number in crossing:
                up = channel.get(number, TOP - 14 - 36.0)
                halves[number].append([points[0], (x, points[0][1]), (x, up)])
            elif len(points) == 1:
                drawn[number] = Drawn(wires[number], (points[0], (x, points[0][1])))
            else:
                (a, b) = points
                drawn[number] = Drawn(wires[number], (a, (x, a[1]), (x, b[1]), b))
        right = _write(wires, drawn, halves, sorted(lanes), outer)
        racks.append(replace(here, right=right))
        left = right + _APART
    for number, (one, other) in halves.items():
        kept = drawn.get(number)
        drawn[number] = Drawn(wires[number], (*one, *reversed(other)), kept.word if kept else None)
    lowest = [box.bottom for rack in racks for _, box in rack.boxes]
    lowest += [one.word[1] for one in drawn.values() if one.word]
    return Elevation(
        tuple(racks), tuple(drawn[number] for number in sorted(drawn)), left, max((*lowest, base))
    )


def _stand(frame: Frame, left: float, base: float) -> Standing:
    x = left + _GUTTER
    top = base - UNIT * frame.height
    boxes, below = [], base + 26
    for device in frame.devices:
        if device.unit is None or device.height < 1:
            boxes.append((device, Box(x, below, x + BODY, below + UNIT - 2)))
            below += UNIT
        else:
            upper = base - UNIT * (device.unit + device.height - 1)
            boxes.append((device, Box(x, upper + 1, x + BODY, upper + UNIT * device.height - 1)))
    return Standing(frame, Box(x, top, x + BODY, base), tuple(boxes), x + BODY)


def _middles(rack: Standing) -> dict[str, float]:
    return {device.name: (box.top + box.bottom) / 2 for device, box in rack.boxes}


def _span(wire: Wire, rack: Standing) -> float:
    """How far a wire goes up or down in a rack: the farther, the farther out is its lane, so that few cross."""
    middles = _middles(rack)
    if wire.b and not {wire.a, wire.b} <= middles.keys():
        return math.inf
    ends = [middles[end] for end in (wire.a, wire.b) if end]
    return max(ends) - min(ends)


def _spots(
    rack: Standing, wires: Sequence[Wire], ends: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], Point]:
    """Where each wire leaves its device: spread over the device's height, those that go down before those that go up, the farther ones outside."""
    spots: dict[tuple[int, str], Point] = {}
    middles = _middles(rack)

    def far(number: int, name: str) -> float:
        wire = wires[number]
        return middles.get(wire.b if wire.a == name else wire.a, 0.0)

    for device, box in rack.boxes:
        mine = sorted((-far(number, device.name), number) for number, name in ends if name == device.name)
        for place, (_, number) in enumerate(mine):
            y = box.top + (box.bottom - box.top) * (place + 1) / (len(mine) + 1)
            spots[number, device.name] = (box.right, y)
    return spots


def _write(
    wires: Sequence[Wire],
    drawn: dict[int, Drawn],
    halves: dict[int, list[list[Point]]],
    numbers: Sequence[int],
    outer: float,
) -> float:
    """Finds a line for each word beside the lanes, none over another. Returns the right edge."""
    right, last = outer, 0.0
    for number, start in sorted(_starts(wires, drawn, halves, numbers), key=lambda one: one[1][1]):
        y = max(start[1], last + _LINE)
        last = y
        word = (outer + 8, y)
        line = drawn[number].line if number in drawn else ()
        drawn[number] = Drawn(wires[number], line, word)
        right = max(right, word[0] + pixels(clean(wires[number].word), _WORDS))
    return right


def _starts(
    wires: Sequence[Wire],
    drawn: dict[int, Drawn],
    halves: dict[int, list[list[Point]]],
    numbers: Sequence[int],
) -> Iterator[tuple[int, Point]]:
    for number in numbers:
        done = number in drawn and drawn[number].word is not None
        if wires[number].word and not done:
            yield number, drawn[number].line[0] if number in drawn else halves[number][0][0]
