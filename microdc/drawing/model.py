"""What a map shows: nodes at places, and lines between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from microdc.errors import InputError

Place = tuple[float, float]
"""Latitude and longitude, degrees."""
LineKind = Literal["measured", "length", "derived", "profile"]
LineState = Literal["up", "cut"]


@dataclass(frozen=True, slots=True)
class Node:
    """A thing at a place.

    name: what lines call it. label: what is written beside it. lat, lon: degrees, None for a place that is not known. kind: what it
    is ("core", "site", ...), which says how large it is and which form it has. group: what it belongs to, which says its colour.
    mark, tone: in a terminal, a character and a style of the caller's instead of those of its kind and group.
    """

    name: str
    label: str
    lat: float | None
    lon: float | None
    kind: str = ""
    group: str = ""
    mark: str = ""
    tone: str = ""

    @property
    def at(self) -> Place | None:
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two nodes, given by their names.

    kind: where its delay comes from. label: all that its tooltip says. width_class: 0 is the thinnest, 5 the thickest. mark: a word or two
    that are written at it, "" for none. tone: in a terminal, a style of the caller's instead of that of its kind or state.
    """

    a: str
    b: str
    kind: LineKind = "derived"
    label: str = ""
    width_class: int = 0
    state: LineState = "up"
    highlighted: bool = False
    mark: str = ""
    tone: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """Both names, in the same order whichever way it is given."""
        return (self.a, self.b) if self.a <= self.b else (self.b, self.a)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What can be drawn and what cannot. places: of all that can. absent: nodes without a place. loose: lines without two ends on the map."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    places: dict[str, Place]
    absent: tuple[Node, ...]
    loose: tuple[Line, ...]

    @property
    def degrees(self) -> dict[str, int]:
        """How many lines each node has on the map."""
        count = dict.fromkeys(self.places, 0)
        for line in self.lines:
            count[line.a] += 1
            count[line.b] += 1
        return count


def sheet(nodes: Sequence[Node], lines: Sequence[Line]) -> Sheet:
    """Sorts out what can be drawn. Raises InputError for a name that is there twice, a line to nowhere, a place not on earth."""
    places: dict[str, Place] = {}
    known: set[str] = set()
    for node in nodes:
        if node.name in known:
            raise InputError(
                f"two nodes are called {node.name!r}", hint="lines name their ends, so names differ"
            )
        known.add(node.name)
        if node.at is not None:
            places[node.name] = _on_earth(node.name, node.at)
    for line in lines:
        for end in line.ends:
            if end not in known:
                raise InputError(
                    f"a line ends at {end!r}, which is no node",
                    hint="give the node, without a place if it has none",
                )
    drawn = tuple(line for line in lines if line.a != line.b and line.a in places and line.b in places)
    return Sheet(
        nodes=tuple(node for node in nodes if node.name in places),
        lines=drawn,
        places=places,
        absent=tuple(node for node in nodes if node.name not in places),
        loose=tuple(
            line for line in lines if line.a == line.b or line.a not in places or line.b not in places
        ),
    )


def _on_earth(name: str, place: Place) -> Place:
    lat, lon = place
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 360):
        raise InputError(
            f"{name!r} is at {lat:g}, {lon:g}, which is not on earth",
            hint="latitude -90 to 90, longitude -180 to 180",
        )
    return place
