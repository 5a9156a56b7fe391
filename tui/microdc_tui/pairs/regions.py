"""Parts of the earth in which sites stand together, so that a map can show one of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from microdc.drawing.projection import KM_PER_DEGREE
from microdc.health.model import Place

APART = 2_000.0
"""Km to the next site from which on another region begins: less than an ocean, more than what lies between two towns of a country."""


def region(places: Sequence[Place], name: str) -> frozenset[str]:
    """The sites that can be reached from one in steps of less than APART, itself included; empty where nobody knows where it is."""
    at = {place.name: place.at for place in places if place.at is not None}
    if name not in at:
        return frozenset()
    found, fresh = {name}, [name]
    while fresh:
        here = at[fresh.pop()]
        near = {one for one, there in at.items() if one not in found and _km(here, there) < APART}
        found |= near
        fresh += near
    return frozenset(found)


def _km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """As on a plane, which is near enough within a region."""
    east = (a[1] - b[1] + 180) % 360 - 180
    return KM_PER_DEGREE * math.hypot(a[0] - b[0], east * math.cos(math.radians((a[0] + b[0]) / 2)))
