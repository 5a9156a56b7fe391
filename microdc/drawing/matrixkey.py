"""What stands around a matrix: the ramp with its ticks, patterns for what is no number, stripes for groups."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from xml.etree.ElementTree import Element

from microdc.drawing.cells import NO_LIMIT, NO_VALUE, NO_WAY, Grid, Rows
from microdc.drawing.ramp import LEVELS, Scale, colour, digits
from microdc.drawing.svg import add, number
from microdc.drawing.text import clean, pixels
from microdc.drawing.theme import colours

STYLE = """
.matrix{font-family:"Helvetica Neue",Helvetica,Arial,sans-serif}
.matrix .paper,.matrix .hollow{fill:#ffffff}
.matrix text{fill:#1f2328}
.matrix .head{font-size:20px;font-weight:600}
.matrix .note,.matrix .tick{font-size:10.5px;fill:#59636e}
.matrix .key{font-size:11.5px}
.matrix .cells,.matrix .ramp{shape-rendering:crispEdges}
.matrix .rule{fill:none;stroke:#ffffff}
.matrix .part{fill:none;stroke:#ffffff;stroke-width:2}
.matrix .number text{text-anchor:middle}
.matrix .number .on-dark{fill:#ffffff}
.matrix .number .on-light{fill:#000000}
.matrix .stripe{fill:none;stroke:#aab2bb;stroke-width:2}
.matrix .dot{fill:#8c959f}
.matrix .mark{fill:none;stroke:#59636e}
.matrix .frame{stroke:#59636e}
.matrix .plain{fill:#8c959f}
.matrix .tell path{fill:none;pointer-events:all}
"""
_DARK = """
.matrix .paper,.matrix .hollow{fill:#0d1117}
.matrix text{fill:#e6edf3}
.matrix .note,.matrix .tick{fill:#9aa4af}
.matrix .rule,.matrix .part{stroke:#0d1117}
.matrix .stripe{stroke:#4a525c}
.matrix .dot{fill:#656c76}
.matrix .mark,.matrix .frame{stroke:#9aa4af}
"""
STYLE += f"@media (prefers-color-scheme:dark){{{_DARK}}}\n"

_RAMP = (320.0, 14.0)
"""Width and height of the ramp, px."""
_BOX = 28.0
"""Width of a key's box, px."""


def patterns(root: Element, prefix: str) -> None:
    """`PREFIX-hatch`, stripes, for cells without a way, and `PREFIX-dots` for those without a limit."""
    layer = add(root, "defs")
    stripes = _pattern(layer, f"{prefix}-hatch", patternTransform="rotate(45)")
    add(stripes, "path", class_="stripe", d="M0 0V5")
    dots = _pattern(layer, f"{prefix}-dots")
    add(dots, "circle", class_="dot", cx=2.5, cy=2.5, r=1)


def _pattern(layer: Element, name: str, **turned: str) -> Element:
    found = add(layer, "pattern", id=name, width=5, height=5, patternUnits="userSpaceOnUse", **turned)
    add(found, "rect", class_="hollow", width=5, height=5)
    return found


def ramp_width(measure: Scale, unit: str) -> float:
    """Px of the ramp with its unit."""
    return _ramp(measure) + 14 + pixels(clean(_unit(measure, unit)), 11.5)


def _ramp(measure: Scale) -> float:
    """Px of the colours alone: where all numbers are one, so is the colour."""
    return _RAMP[0] if measure.high > measure.low else _BOX


def _unit(measure: Scale, unit: str) -> str:
    return f"{unit}, logarithmic" if measure.logarithmic else unit


def value_key(parent: Element, measure: Scale, unit: str, *, left: float, top: float) -> float:
    """The ramp with ticks and its unit. Returns where it ends, px."""
    wide, high = _ramp(measure), _RAMP[1]
    if measure.high > measure.low:
        ramp = add(parent, "g", class_="ramp")
        for level in range(LEVELS):
            add(
                ramp,
                "rect",
                fill=colour((level + 0.5) / LEVELS),
                x=left + wide * level / LEVELS,
                y=top,
                width=wide / LEVELS,
                height=high,
            )
    else:
        add(parent, "rect", fill=colour(0.5), x=left, y=top, width=wide, height=high)
    free = left - 100
    for tick in measure.ticks():
        x = left + wide * measure.share(tick)
        text = digits(tick, 6)
        half = pixels(text, 10.5) / 2
        if x - half < free:
            continue
        free = x + half + 6
        add(parent, "path", class_="mark", d=f"M{number(x)} {number(top + high)}v4")
        add(parent, "text", text, class_="tick", x=x, y=top + high + 15, text_anchor="middle")
    add(parent, "text", _unit(measure, unit), class_="key", x=left + wide + 14, y=top + 11)
    return top + high + 38


def other_key(parent: Element, rows: Rows, prefix: str, *, left: float, top: float) -> float:
    """What cells without a number mean, as far as there are any. Returns where it ends, px."""
    cells = [value for a, row in enumerate(rows) for b, value in enumerate(row) if a != b]
    entries = (
        (NO_WAY, f"url(#{prefix}-hatch)", any(value is None for value in cells)),
        (NO_LIMIT, f"url(#{prefix}-dots)", any(value == math.inf for value in cells)),
        (NO_VALUE, "none", any(value is not None and math.isnan(value) for value in cells)),
    )
    x = left
    for text, fill, there in entries:
        if there:
            add(parent, "rect", fill=fill, class_="frame", x=x, y=top, width=_BOX, height=_RAMP[1])
            add(parent, "text", text, class_="key", x=x + _BOX + 8, y=top + 11)
            x += _BOX + 8 + pixels(text, 11.5) + 22
    return top + (_RAMP[1] + 22 if x > left else 0)


def _runs(names: Sequence[str], groups: Mapping[str, str]) -> Iterator[tuple[str, int, int]]:
    """Neighbours of one group: the group, the first, how many."""
    for group, run in groupby(range(len(names)), key=lambda index: groups.get(names[index], "")):
        indices = list(run)
        yield group, indices[0], len(indices)


def bands(root: Element, names: Sequence[str], groups: Mapping[str, str], grid: Grid) -> None:
    """Stripes of the groups' colours along both sides, and lines through the matrix where one group ends."""
    shades = colours(groups.get(name, "") for name in names)
    layer = add(root, "g", class_="bands")
    for group, first, count in _runs(names, groups):
        at, long = first * grid.size, count * grid.size
        if first:
            x, y = number(grid.left + at), number(grid.top + at)
            bottom, right = number(grid.top + grid.side), number(grid.left + grid.side)
            line = f"M{x} {number(grid.top)}V{bottom}M{number(grid.left)} {y}H{right}"
            add(layer, "path", class_="part", d=line)
        if not group:
            continue
        fill: dict[str, str | float] = {"fill": shades[group]} if shades[group] else {"class_": "plain"}
        for box in (
            {"x": grid.left - 10, "y": grid.top + at + 0.5, "width": 7.0, "height": long - 1},
            {"x": grid.left + at + 0.5, "y": grid.top - 10, "width": long - 1, "height": 7.0},
        ):
            add(add(layer, "rect", **fill, **box), "title", group)


def group_key(
    parent: Element, names: Sequence[str], groups: Mapping[str, str], *, left: float, top: float, right: float
) -> float:
    """What the stripes' colours mean. Returns where it ends, px."""
    x = left
    shades = colours(groups.get(name, "") for name in names)
    entries = [(group, shade) for group, shade in shades.items() if shade]
    if rest := [group for group, shade in shades.items() if not shade]:
        entries.append((rest[0] if len(rest) == 1 else f"{len(rest)} others", ""))
    for text, shade in entries:
        need = 22 + pixels(clean(text), 11.5)
        if x > left and x + need > right:
            x, top = left, top + 20
        fill: dict[str, str | float] = {"fill": shade} if shade else {"class_": "plain"}
        add(parent, "rect", **fill, x=x, y=top - 10, width=12, height=12)
        add(parent, "text", text, class_="key", x=x + 18, y=top)
        x += need + 22
    return top + 24
