"""The last figures of every device, in rings of which none grows. Pure, but for what it keeps."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, repeat
from math import isfinite, nan
from typing import Final

from microdc.health.figures import FIGURES

_HOLDS: Final = 2.5
"""Usual spaces between points for which a value holds: a sample that is a little late leaves no gap."""

_SET_BACK: Final = 60.0
"""Seconds. A clock that went back by more was set; by less it was put right, and the last point is written over until it has caught up."""

_GAPS: Final = repeat(nan)


class Histories:
    """points: that are kept of a device, 0 for none. apart: seconds; what comes sooner after a point takes its place, so that a flood of samples does not

    push the past out. Figures are kept as single floats, which is 7 digits: 4 octets a point, and 8 for its time. Only what FIGURES names is kept.
    """

    def __init__(self, points: int = 300, *, apart: float = 0.5) -> None:
        if points < 0:
            raise ValueError(f"rings of {points} points")
        self._points, self._apart = points, apart
        self._rings: dict[str, _Ring] = {}

    def put(self, key: str, at: float, figures: Mapping[str, float]) -> None:
        """Keeps the figures of a device at a moment. One long before the last begins the ring anew: a clock was set back."""
        if not self._points:
            return
        ring = self._rings.get(key)
        if ring is None:
            ring = self._rings[key] = _Ring(self._points)
        ring.put(at, figures, self._apart)

    def keep(self, keys: Iterable[str]) -> None:
        """Forgets all devices but these."""
        wanted = set(keys)
        self._rings = {key: ring for key, ring in self._rings.items() if key in wanted}

    def points(self, key: str, figure: str) -> list[tuple[float, float]]:
        """What is kept of a figure: (at, value), the oldest first."""
        ring = self._rings.get(key)
        return [] if ring is None else list(ring.points(figure))

    def series(
        self, key: str, figure: str, *, count: int = 60, span: float | None = None, until: float | None = None
    ) -> Sequence[float | None]:
        """The figure in `count` equal steps, the oldest first; None where nothing is known.

        span: seconds of all steps; where it is not given a step is the usual space between points. until: the end, the last point's time where
        not given. A step has the mean of its points; one without points has the value before it, unless that is too long ago.
        """
        points = self.points(key, figure)
        if not points or count < 1:
            return [None] * max(0, count)
        usual = _usual([at for at, _ in points]) or 1.0
        end = points[-1][0] if until is None else until
        step = (usual * count if span is None else span) / count
        return _resampled(points, end, step, count, _HOLDS * max(usual, self._apart))

    def __len__(self) -> int:
        """How many devices something is kept of."""
        return len(self._rings)

    @property
    def octets(self) -> int:
        """Of memory that the rings take."""
        return sum(ring.octets for ring in self._rings.values())


class _Ring:
    """Points of one device. Those of a moment stand side by side: a sample touches one place of the memory, however many figures it has."""

    __slots__ = ("_at", "_columns", "_count", "_next", "_rows")

    def __init__(self, points: int) -> None:
        self._at = array("d", bytes(8 * points))
        self._columns: dict[str, int] = {}
        self._rows = array("f")
        self._next = self._count = 0

    def put(self, at: float, figures: Mapping[str, float], apart: float) -> None:
        if not figures.keys() <= self._columns.keys():
            self._widen([name for name in figures if name not in self._columns and name in FIGURES])
        times, place = self._at, self._next
        if self._count:
            past = at - times[place - 1]
            if past < -_SET_BACK:
                self._count = 0
            elif past < apart:
                self._write(place - 1 if place else len(times) - 1, figures, anew=False)
                return
        times[place] = at
        self._next = place + 1 if place + 1 < len(times) else 0
        if self._count < len(times):
            self._count += 1
        self._write(place, figures, anew=True)

    def _write(self, place: int, figures: Mapping[str, float], *, anew: bool) -> None:
        """The figures of a point. What they leave out is a gap, or what stood there."""
        columns = self._columns
        first, end = place * len(columns), (place + 1) * len(columns)
        self._rows[first:end] = array(
            "f", map(figures.get, columns, _GAPS if anew else self._rows[first:end])
        )

    def _widen(self, names: Sequence[str]) -> None:
        """More figures: all that was kept moves. They come together, with the first sample, but for a few."""
        if not names:
            return
        size, width = len(self._at), len(self._columns)
        wider = width + len(names)
        rows = array("f", [nan]) * (size * wider)
        for place in range(size if width else 0):
            rows[place * wider : place * wider + width] = self._rows[place * width : (place + 1) * width]
        self._columns.update({name: width + number for number, name in enumerate(names)})
        self._rows = rows

    def points(self, figure: str) -> Iterator[tuple[float, float]]:
        column = self._columns.get(figure)
        if column is None:
            return
        size, width = len(self._at), len(self._columns)
        for number in range(self._next - self._count, self._next):
            place = number % size
            value = self._rows[place * width + column]
            if isfinite(value):
                yield self._at[place], value

    @property
    def octets(self) -> int:
        return len(self._at) * self._at.itemsize + len(self._rows) * self._rows.itemsize


def _usual(times: Sequence[float]) -> float:
    """The median space between points."""
    spaces = sorted(after - before for before, after in pairwise(times))
    return spaces[len(spaces) // 2] if spaces else 0.0


def _resampled(
    points: Sequence[tuple[float, float]], end: float, step: float, count: int, holds: float
) -> list[float | None]:
    """Step i has the points of (end - (count - i) step, end - (count - i - 1) step]."""
    told: list[float | None] = []
    place, last = 0, None
    for number in range(count):
        until = end - (count - 1 - number) * step
        first = place
        while place < len(points) and points[place][0] <= until:
            place += 1
        inside = [value for at, value in points[first:place] if at > until - step]
        if place:
            last = points[place - 1]
        if inside:
            told.append(sum(inside) / len(inside))
        else:
            told.append(last[1] if last is not None and until - last[0] <= holds else None)
    return told
