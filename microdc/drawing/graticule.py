"""The net of meridians and parallels, with degrees at its edge, and the scale bar."""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from microdc.drawing.labels import Box
from microdc.drawing.projection import View
from microdc.drawing.svg import add, number

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 45)
"""Degrees that two lines may be apart."""
_LINES = 10
"""More lines than that on the longer side are too many."""


def graticule(parent: Element, view: View, panel: Box) -> None:
    """Lines every few degrees over the whole panel; degrees stand to its left and below it."""
    west, north = view.degrees((panel.left, panel.top))
    east, south = view.degrees((panel.right, panel.bottom))
    west, east, south, north = max(west, 0), min(east, 360), max(south, -90), min(north, 90)
    step = _step(max((east - west) * view.squeeze, north - south))
    net = add(parent, "g", class_="grid")
    edge = add(parent, "g", class_="edge")
    top, bottom = view.point(0, north)[1], view.point(0, south)[1]
    left, right = view.point(west, 0)[0], view.point(east, 0)[0]
    for lon in _multiples(west + view.cut, east + view.cut, step):
        x = number(view.point(lon - view.cut, 0)[0])
        add(net, "path", d=f"M{x} {number(top)}V{number(bottom)}")
        turned = (lon + 180) % 360 - 180
        add(
            edge,
            "text",
            _degrees(turned, "E", "W", step),
            class_="tick",
            x=x,
            y=panel.bottom + 14,
            text_anchor="middle",
        )
    for lat in _multiples(south, north, step):
        y = view.point(0, lat)[1]
        add(net, "path", d=f"M{number(left)} {number(y)}H{number(right)}")
        add(
            edge,
            "text",
            _degrees(lat, "N", "S", step),
            class_="tick",
            x=panel.left - 6,
            y=y + 3.5,
            text_anchor="end",
        )


def _step(span: float) -> float:
    return next((step for step in _STEPS if span / step <= _LINES), _STEPS[-1])


def _multiples(low: float, high: float, step: float) -> Iterator[float]:
    for index in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        yield index * step


def _degrees(value: float, plus: str, minus: str, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step)))
    text = f"{abs(value):.{digits}f}°"
    if float(f"{value:.{digits}f}") == 0 or (plus == "E" and abs(value) == 180):
        return text
    return text + (plus if value > 0 else minus)


def scale_bar(parent: Element, view: View, right: float, y: float) -> None:
    """A round number of km, 80 to 200 px of them, ending at `right`; and where on the map it holds."""
    room = 200 / view.px_per_km
    power = 10.0 ** math.floor(math.log10(room))
    km = next(lead * power for lead in (5, 2, 1) if lead * power <= room)
    long = km * view.px_per_km
    left = right - long
    lat = view.centre[1]
    add(
        parent,
        "path",
        class_="bar",
        d=f"M{number(left)} {number(y - 5)}v5h{number(long / 2)}v-3v3h{number(long / 2)}v-5",
    )
    hemisphere = "N" if lat >= 0 else "S"
    where = f" at {abs(lat):.0f}°{hemisphere}" if abs(lat) >= 0.5 else " at the equator"
    add(parent, "text", f"{km:,.15g} km{where}", class_="tick", x=right, y=y + 14, text_anchor="end")
