"""Where nodes and lines lie when several want the same place: nodes step aside, parallel lines bow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from microdc.drawing.model import Line, Sheet
from microdc.drawing.projection import View
from microdc.drawing.svg import Point

_TOGETHER = 5.0
"""Px within which two nodes hide each other."""
_APART = 13.0
"""Px between neighbours once they have stepped aside."""
_BOW = 8.0
"""Px between the middles of two parallel lines; less where many share the room."""
_BUNDLE = 56.0
"""Px that all parallel lines of two nodes may take."""

Pieces = list[list[Point]]


def positions(sheet: Sheet, view: View) -> dict[str, Point]:
    """Points of all nodes. Those that would hide each other stand in a ring around their place, in the order given."""
    heaps: list[tuple[Point, list[str]]] = []
    for node in sheet.nodes:
        at = view.at(sheet.places[node.name])
        near = next((names for point, names in heaps if math.dist(point, at) < _TOGETHER), None)
        if near is None:
            heaps.append((at, [node.name]))
        else:
            near.append(node.name)
    return {
        name: at for point, names in heaps for name, at in zip(names, _ring(point, len(names)), strict=True)
    }


def _ring(centre: Point, count: int) -> list[Point]:
    """So many points around one: a ring for few, a disc (spiral of the golden angle) for many."""
    if count == 1:
        return [centre]
    few = count <= 8
    radius = _APART / 2 / math.sin(math.pi / count)
    points: list[Point] = []
    for index in range(count):
        angle = math.tau * index / count + math.pi if few else index * math.pi * (3 - math.sqrt(5))
        reach = radius if few else _APART * 0.6 * math.sqrt(index)
        points.append((centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)))
    return points


def ways(sheet: Sheet, view: View, points: Mapping[str, Point]) -> list[Pieces]:
    """The polylines of each line of the sheet: great circles from node to node, with parallel ones apart."""
    beside: dict[tuple[str, str], list[int]] = {}
    for index, line in enumerate(sheet.lines):
        beside.setdefault(line.ends, []).append(index)
    out: list[Pieces] = [[] for _ in sheet.lines]
    for (a, b), indices in beside.items():
        straight = view.way(sheet.places[a], sheet.places[b])
        gap = min(_BOW, _BUNDLE / len(indices))
        moved = tuple(
            (points[end][0] - at[0], points[end][1] - at[1])
            for end, at in ((a, view.at(sheet.places[a])), (b, view.at(sheet.places[b])))
        )
        for place, index in enumerate(indices):
            out[index] = _bent(straight, (place - (len(indices) - 1) / 2) * gap, moved[0], moved[1])
    return out


def _bent(pieces: Pieces, bow: float, start: Point, end: Point) -> Pieces:
    """Polylines moved to their nodes' places at the ends, and sideways by `bow` px in the middle."""
    if bow:
        pieces = [_finer(piece) for piece in pieces]
    total = max(1, sum(map(len, pieces)) - 1)
    out: Pieces = []
    index = 0
    for piece in pieces:
        (x0, y0), (x1, y1) = piece[0], piece[-1]
        long = math.hypot(x1 - x0, y1 - y0) or 1.0
        side = (-(y1 - y0) / long, (x1 - x0) / long)
        most = math.copysign(min(abs(bow), long / 4), bow)
        bent: list[Point] = []
        for x, y in piece:
            share = index / total
            away = most * 4 * share * (1 - share)
            bent.append(
                (
                    x + start[0] * (1 - share) + end[0] * share + side[0] * away,
                    y + start[1] * (1 - share) + end[1] * share + side[1] * away,
                )
            )
            index += 1
        out.append(bent)
    return out


def _finer(piece: list[Point]) -> list[Point]:
    """The same polyline with points enough for a bow."""
    between = max(1, math.ceil(8 / max(1, len(piece) - 1)))
    points = [piece[0]]
    for (x0, y0), (x1, y1) in pairwise(piece):
        points += [
            (x0 + (x1 - x0) * k / between, y0 + (y1 - y0) * k / between) for k in range(1, between + 1)
        ]
    return points


def along(pieces: Pieces, share: float) -> Point:
    """The point at a share (0..1) of the length of the longest piece."""
    piece = max(pieces, key=_length)
    rest = share * _length(piece)
    for a, b in pairwise(piece):
        step = math.dist(a, b)
        if rest <= step and step > 0:
            return a[0] + (b[0] - a[0]) * rest / step, a[1] + (b[1] - a[1]) * rest / step
        rest -= step
    return piece[-1]


def _length(piece: Sequence[Point]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(piece))


def length(pieces: Pieces) -> float:
    """Px of the longest piece."""
    return max(map(_length, pieces))


def drawing_order(lines: Sequence[Line]) -> list[int]:
    """Indices of lines from the bottom to the top: what is highlighted or cut is not hidden by others."""
    rank = {"derived": 0, "length": 1, "profile": 2, "measured": 3}
    return sorted(
        range(len(lines)),
        key=lambda index: (
            lines[index].highlighted,
            lines[index].state == "cut",
            rank[lines[index].kind],
            index,
        ),
    )
