"""A matrix as SVG: rows are where from, columns where to, colours how much."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from microdc.drawing.cells import Rows, colour_cells, laid_out, tell_cells, write_names
from microdc.drawing.matrixkey import STYLE, bands, group_key, other_key, patterns, ramp_width, value_key
from microdc.drawing.ramp import scale
from microdc.drawing.svg import add, document, render, resize
from microdc.drawing.text import clean, wrapped
from microdc.errors import InputError

_NOTE = 10.5
"""Px of the notes' letters."""


def svg_heatmap(  # noqa: PLR0917 - names, values and what they are called
    names: Sequence[str],
    values: Mapping[tuple[str, str], float | None],
    title: str,
    unit: str,
    notes: Sequence[str] = (),
    groups: Mapping[str, str] | None = None,
) -> str:
    """The matrix as text of an SVG document, in the order of `names`. The same values give the same text.

    values: by (from, to), in `unit`; infinite for no limit, which is dotted; None for a pair without a way, which is hatched; none at all for
    one of which nothing is said, which is blank, as is the diagonal. groups: what a name belongs to; stripes along both sides show it.
    Raises InputError for a name twice and for values that are no numbers.
    """
    known = _checked(names, values)
    count = len(names)
    numbers = [value for row in known for value in row if value is not None and math.isfinite(value)]
    measure = scale(numbers)
    stripes = bool(groups) and any((groups or {}).get(name) for name in names)
    grid = laid_out(names, stripes=stripes)
    width = max(560.0, grid.right + 24, grid.left + (ramp_width(measure, unit) if numbers else 0.0) + 24)

    summary = f"Matrix of {count} by {count}, {unit}: rows are where from, columns where to."
    below = Element("g")
    root, prefix = document("matrix", (width, 0), title, summary, STYLE)
    patterns(root, prefix)
    foot = grid.top + grid.side + 24
    if numbers:
        foot = value_key(below, measure, unit, left=grid.left, top=foot)
    foot = other_key(below, known, prefix, left=grid.left, top=foot)
    if stripes:
        foot = group_key(below, names, groups or {}, left=grid.left, top=foot, right=width - 24)
    for note in notes:
        for text in wrapped(clean(note), _NOTE, width - grid.left - 24):
            add(below, "text", text, class_="note", x=grid.left, y=foot)
            foot += 14
    resize(root, (width, foot + 6))

    add(root, "text", title, class_="head", x=24, y=30)
    add(root, "text", f"row → column, {unit}", class_="note", x=24, y=47)
    if count:
        colour_cells(root, grid, known, measure, prefix)
        if stripes:
            bands(root, names, groups or {}, grid)
        write_names(root, grid, names)
        tell_cells(root, grid, names, known, unit)
    root.append(below)
    return render(root)


def _checked(names: Sequence[str], values: Mapping[tuple[str, str], float | None]) -> Rows:
    """The values in rows and columns, NaN on the diagonal and where there is none."""
    if len(set(names)) < len(names):
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        raise InputError(f"{twice!r} is twice among the names of a matrix", hint="each name has one row")
    for a in names:
        for b in names:
            value = values.get((a, b))
            if a != b and value is not None and (math.isnan(value) or value == -math.inf):
                raise InputError(
                    f"{a} → {b} is {value}, which has no colour",
                    hint="None stands for a pair without a way, infinity for no limit",
                )
    return [[math.nan if a == b else values.get((a, b), math.nan) for b in names] for a in names]
