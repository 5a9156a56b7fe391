"""Forms and colours of the map. Nothing is said by colour alone: kinds of lines differ in their dashes, kinds of nodes in their form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal
from xml.etree.ElementTree import Element

from microdc.drawing.svg import Point, add, number, path

Form = Literal["circle", "square", "diamond", "triangle"]

FORMS: dict[str, tuple[Form, float]] = {
    "site": ("triangle", 7.0),
    "core": ("circle", 6.0),
    "exchange": ("diamond", 6.5),
    "landing": ("square", 4.5),
    "metro": ("circle", 4.5),
    "aggregation": ("circle", 3.5),
    "dslam": ("circle", 2.5),
}
"""Form and half the size, px, of the kinds of nodes that are known."""
OTHER: tuple[Form, float] = ("circle", 4.5)
"""Form and half the size of all other kinds."""

GROUPS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
"""Colours that the colour-blind tell apart (M. Okabe, K. Ito: Color universal design, 2008), without the black, which lines have."""

WIDTHS = (1.0, 1.4, 1.9, 2.5, 3.2, 4.0)
"""Px of a line by its class."""

LINE_NAMES = {
    "measured": "delay measured",
    "length": "from a published length",
    "derived": "from the distance",
    "profile": "from a profile",
}

STYLE = """
.map{font-family:"Helvetica Neue",Helvetica,Arial,sans-serif}
.map .paper{fill:#ffffff}
.map .panel{fill:#f6f8fa;stroke:#8c959f;stroke-width:1}
.map .grid{fill:none;stroke:#dde2e7;stroke-width:1}
.map text{fill:#1f2328}
.map .head{font-size:20px;font-weight:600}
.map .tick,.map .note{font-size:10.5px;fill:#59636e}
.map .key{font-size:11.5px}
.map .halo text{fill:none;stroke:#f6f8fa;stroke-width:3px;stroke-linejoin:round}
.map .big{font-size:12.5px;font-weight:600}
.map .mid{font-size:11px}
.map .small{font-size:9.5px}
.map .at{font-size:9.5px;font-style:italic}
.map .words .at{fill:#59636e}
.map .line{fill:none;stroke-linejoin:round}
.map .hit{fill:none;stroke:#000000;stroke-opacity:0;stroke-width:9;pointer-events:stroke}
.map .measured{stroke:#1b3a5c}
.map .length{stroke:#35688f;stroke-dasharray:11 3}
.map .derived{stroke:#7d8fa3;stroke-dasharray:4 2.5}
.map .profile{stroke:#8250a0;stroke-dasharray:1.5 3}
.map .cut{stroke:#c1121f;stroke-dasharray:2 5}
.map .cross{fill:none;stroke:#c1121f;stroke-width:2.2}
.map .lit{fill:none;stroke:#ffb000;stroke-opacity:.6;stroke-linecap:round;stroke-linejoin:round}
.map .node{stroke:#ffffff;stroke-width:1.2}
.map .plain{fill:#57606a}
.map .bar{fill:none;stroke:#1f2328;stroke-width:1.5}
"""
_DARK = """
.map .paper{fill:#0d1117}
.map .panel{fill:#151b23;stroke:#656c76}
.map .grid{stroke:#2a313a}
.map text{fill:#e6edf3}
.map .tick,.map .note,.map .words .at{fill:#9aa4af}
.map .halo text{fill:none;stroke:#151b23}
.map .measured{stroke:#a5d2ff}
.map .length{stroke:#6aa6dd}
.map .derived{stroke:#71808f}
.map .profile{stroke:#c79ae0}
.map .cut,.map .cross{stroke:#ff6b6b}
.map .node{stroke:#0d1117}
.map .plain{fill:#aab4be}
.map .bar{stroke:#e6edf3}
"""
STYLE += f"@media (prefers-color-scheme:dark){{{_DARK}}}\n"


def form(kind: str) -> tuple[Form, float]:
    """Form and half the size, px, of a kind of node."""
    return FORMS.get(kind, OTHER)


def colours(groups: Iterable[str]) -> dict[str, str]:
    """The colour of each group, by how many belong to it; "" where there are more groups than colours. The group "" has none."""
    count: dict[str, int] = {}
    for group in groups:
        if group:
            count[group] = count.get(group, 0) + 1
    ordered = sorted(count, key=lambda group: (-count[group], group))
    return {group: GROUPS[index] if index < len(GROUPS) else "" for index, group in enumerate(ordered)}


def marker(parent: Element, kind: str, at: Point, colour: str) -> Element:
    """A node's form. colour: "" for the neutral one."""
    what, size = form(kind)
    x, y = at
    attributes: dict[str, str | float] = {"class_": "node"}
    if colour:
        attributes["fill"] = colour
    else:
        attributes["class_"] = "node plain"
    if what == "circle":
        return add(parent, "circle", cx=number(x), cy=number(y), r=size, **attributes)
    corners = {"square": (4, math.pi / 4), "diamond": (4, 0.0), "triangle": (3, -math.pi / 2)}
    count, turn = corners[what]
    reach = size * (math.sqrt(2) if what == "square" else 1.0)
    points = [
        (x + reach * math.cos(turn + math.tau * k / count), y + reach * math.sin(turn + math.tau * k / count))
        for k in range(count)
    ]
    return add(parent, "path", d=path([points]) + "z", **attributes)


def width(width_class: int) -> float:
    """Px of a line of a class; classes beyond the table are as its ends."""
    return WIDTHS[min(max(width_class, 0), len(WIDTHS) - 1)]


def cross(parent: Element, at: Point) -> None:
    """What marks a line as cut."""
    x, y = at
    add(
        parent,
        "path",
        class_="cross",
        d=path([[(x - 5, y - 5), (x + 5, y + 5)], [(x - 5, y + 5), (x + 5, y - 5)]]),
    )
