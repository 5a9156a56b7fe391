"""From places on the earth to points on a sheet.

Equirectangular, with the latitude in the middle of the map as the one that is true to scale: north is up and west is left everywhere,
poles and oceans included, and at the sizes of a country or a continent angles are close to right. The sheet is cut open along the meridian where
it loses least, so that a map of the Pacific is not torn in two.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from microdc.drawing.model import Place
from microdc.drawing.svg import Point

KM_PER_DEGREE = 111.195
"""Km of a degree of latitude on a sphere of 6371 km."""
_STEP = 2.0
"""Degrees between two points of a great circle: a line of 20 km at its bend is not told from an arc."""
_LEAST_SQUEEZE = 0.15
"""Of a degree of longitude against one of latitude, at 81 degrees and beyond: at the pole it would be nothing."""


def great_circle(a: Place, b: Place) -> list[Place]:
    """Places along the shortest way, both ends included; only the ends where they are one place or opposite."""
    u, v = _vector(a), _vector(b)
    cross = math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
    angle = math.atan2(cross, sum(x * y for x, y in zip(u, v, strict=True)))
    if cross < 1e-9:
        return [a, b]
    steps = max(1, math.ceil(math.degrees(angle) / _STEP))
    between: list[Place] = []
    for step in range(1, steps):
        first = math.sin((1 - step / steps) * angle) / cross
        second = math.sin(step / steps * angle) / cross
        x, y, z = (first * p + second * q for p, q in zip(u, v, strict=True))
        between.append((math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))))
    return [a, *between, b]


def _vector(place: Place) -> tuple[float, float, float]:
    lat, lon = map(math.radians, place)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def seam(places: Iterable[Place], pairs: Sequence[tuple[Place, Place]]) -> float:
    """The longitude to cut the sheet open at: where that leaves it narrow, and cuts few of the lines between pairs of places."""
    lons = sorted({lon % 360 for _, lon in places}) or [0.0]
    best, chosen = math.inf, 180.0
    for lon, following in zip(lons, [*lons[1:], lons[0] + 360], strict=True):
        middle = (lon + following) / 2
        crossed = sum(_crosses(a[1], b[1], middle) for a, b in pairs)
        score = (360 - (following - lon)) * (1 + crossed / max(1, len(pairs)))
        if score < best:
            best, chosen = score, middle
    return chosen


def _crosses(a: float, b: float, meridian: float) -> bool:
    turn = (b - a + 180) % 360 - 180
    return (meridian - a) % 360 < turn if turn > 0 else (a - meridian) % 360 < -turn


def unrolled(cut: float, places: Sequence[Place]) -> list[list[Point]]:
    """Degrees east of the cut and latitudes of the places of a line; in two pieces or more where it goes over the cut."""
    pieces: list[list[Point]] = [[]]
    for lat, lon in places:
        east = (lon - cut) % 360
        if pieces[-1] and abs(east - pieces[-1][-1][0]) > 180:
            before, at = pieces[-1][-1]
            edge = 0.0 if east > before else 360.0
            there = east - 360 if edge == 0 else east + 360
            share = (edge - before) / (there - before) if there != before else 0.0
            height = at + share * (lat - at)
            pieces[-1].append((edge, height))
            pieces.append([(360 - edge, height)])
        pieces[-1].append((east, lat))
    return pieces


@dataclass(frozen=True, slots=True)
class Extent:
    """What a map must show. cut: longitude of the seam. west, east: degrees east of it. south, north: latitudes."""

    cut: float
    west: float
    east: float
    south: float
    north: float

    @property
    def squeeze(self) -> float:
        """How wide a degree of longitude is against one of latitude."""
        return max(_LEAST_SQUEEZE, math.cos(math.radians((self.south + self.north) / 2)))

    @property
    def ratio(self) -> float:
        """Width by height."""
        return (self.east - self.west) * self.squeeze / max(self.north - self.south, 1e-9)

    def fitted(self, left: float, top: float, width: float, height: float) -> View:
        """The view that shows it in the middle of a box, px."""
        wide = max((self.east - self.west) * self.squeeze, 1e-9)
        tall = max(self.north - self.south, 1e-9)
        return View(
            cut=self.cut,
            centre=((self.west + self.east) / 2, (self.south + self.north) / 2),
            middle=(left + width / 2, top + height / 2),
            squeeze=self.squeeze,
            scale=min(width / wide, height / tall),
        )


def extent(places: Sequence[Place], pairs: Sequence[tuple[Place, Place]]) -> Extent:
    """Of places and the great circles between pairs of them; a degree each way for a single place, the earth for none."""
    cut = seam(places, pairs)
    points = [((lon - cut) % 360, lat) for lat, lon in places]
    points += [point for a, b in pairs for piece in unrolled(cut, great_circle(a, b)) for point in piece]
    if not points:
        return Extent(cut, 0, 360, -60, 75)
    (west, east), (south, north) = ((min(side), max(side)) for side in zip(*points, strict=True))
    if east - west < 1e-3 and north - south < 1e-3:
        return Extent(cut, west - 1, east + 1, south - 1, north + 1)
    return Extent(cut, west, east, south, north)


@dataclass(frozen=True, slots=True)
class View:
    """A projection. centre: degrees east of the cut, and latitude, that lie at `middle`, px. scale: px for a degree of latitude."""

    cut: float
    centre: Point
    middle: Point
    squeeze: float
    scale: float

    @property
    def px_per_km(self) -> float:
        """True northwards everywhere, and to all sides at the latitude in the middle."""
        return self.scale / KM_PER_DEGREE

    def point(self, east: float, lat: float) -> Point:
        return (
            self.middle[0] + (east - self.centre[0]) * self.squeeze * self.scale,
            self.middle[1] - (lat - self.centre[1]) * self.scale,
        )

    def at(self, place: Place) -> Point:
        return self.point((place[1] - self.cut) % 360, place[0])

    def degrees(self, point: Point) -> Point:
        """Degrees east of the cut, and latitude, of a point: the other way round."""
        return (
            self.centre[0] + (point[0] - self.middle[0]) / (self.squeeze * self.scale),
            self.centre[1] - (point[1] - self.middle[1]) / self.scale,
        )

    def way(self, a: Place, b: Place) -> list[list[Point]]:
        """The great circle between two places, in as many pieces as the seam leaves of it."""
        return [
            [self.point(east, lat) for east, lat in piece] for piece in unrolled(self.cut, great_circle(a, b))
        ]
