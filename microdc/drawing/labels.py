"""Where labels go: greedily, the important ones first, never over another label or a node, over as few lines as can be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from microdc.drawing.svg import Point

_GRAIN = 4.0
"""Px of the squares in which lines are remembered."""
_BUCKET = 64.0
"""Px of the squares in which boxes are looked for."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, px."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def inside(self, other: Box) -> bool:
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )


def around(point: Point, width: float, height: float) -> Box:
    """A box with its centre there."""
    return Box(point[0] - width / 2, point[1] - height / 2, point[0] + width / 2, point[1] + height / 2)


def beside(point: Point, radius: float, width: float, height: float) -> Iterator[Box]:
    """Boxes at the eight sides of a node of that radius, the better sides first; then a little farther away."""
    for gap in (radius + 3, radius + 10):
        aslant = gap * math.sqrt(0.5)
        for right, down in ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1)):
            reach = aslant if right and down else gap
            centre = (point[0] + right * (reach + width / 2), point[1] + down * (reach + height / 2))
            yield around(centre, width, height)


@dataclass(slots=True)
class Room:
    """What is taken on a sheet. bounds: labels stay within."""

    bounds: Box
    _boxes: dict[tuple[int, int], list[Box]] = field(default_factory=dict)
    _lines: dict[tuple[int, int], int] = field(default_factory=dict)

    def take(self, box: Box) -> None:
        """Nothing may be written there any more."""
        for key in _squares(box, _BUCKET):
            self._boxes.setdefault(key, []).append(box)

    def cross(self, piece: Sequence[Point]) -> None:
        """A line goes there: better not to write on it."""
        for a, b in pairwise(piece):
            steps = max(1, math.ceil(math.dist(a, b) / _GRAIN))
            for step in range(steps + 1):
                x, y = a[0] + (b[0] - a[0]) * step / steps, a[1] + (b[1] - a[1]) * step / steps
                key = (math.floor(x / _GRAIN), math.floor(y / _GRAIN))
                self._lines[key] = self._lines.get(key, 0) + 1

    def free(self, box: Box) -> bool:
        return box.inside(self.bounds) and not any(
            box.overlaps(other) for key in _squares(box, _BUCKET) for other in self._boxes.get(key, ())
        )

    def covered(self, box: Box) -> int:
        """How much of lines lies under a box, in squares of a few px; two lines in one square count twice, more do not."""
        return sum(min(2, self._lines.get(key, 0)) for key in _squares(box, _GRAIN))

    def place(self, boxes: Iterable[Box]) -> Box | None:
        """Takes the free box that covers least of the lines, the first of equals; None where none is free."""
        best: tuple[float, Box] | None = None
        for rank, box in enumerate(boxes):
            if not self.free(box):
                continue
            cost = 0.3 * rank + self.covered(box)
            if best is None or cost < best[0]:
                best = (cost, box)
        if best is None:
            return None
        self.take(best[1])
        return best[1]


def _squares(box: Box, size: float) -> Iterator[tuple[int, int]]:
    for x in range(math.floor(box.left / size), math.floor(box.right / size) + 1):
        for y in range(math.floor(box.top / size), math.floor(box.bottom / size) + 1):
            yield x, y
