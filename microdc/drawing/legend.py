"""The legend under the map: only what the map shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

from microdc.drawing import theme
from microdc.drawing.model import Sheet
from microdc.drawing.svg import add
from microdc.drawing.text import clean, pixels

_SIZE = 11.5
"""Px of its letters."""
_ROW = 20.0
"""Px from one row to the next."""
_GAP = 22.0
"""Px between two entries."""

Swatch = Callable[[Element, float, float], None]
"""Draws a sample with its left end in the middle there."""


def legend(
    parent: Element, sheet: Sheet, widths: Mapping[int, str], *, left: float, top: float, right: float
) -> float:
    """Draws it into the room between two edges, row by row. Returns where it ends, px."""
    y = top
    for row in (
        _line_entries(sheet),
        _width_entries(sheet, widths),
        _kind_entries(sheet),
        _group_entries(sheet),
    ):
        x = left
        for wide, swatch, text in row:
            need = wide + 8 + pixels(clean(text), _SIZE)
            if x > left and x + need > right:
                x, y = left, y + _ROW
            swatch(parent, x, y)
            add(parent, "text", text, class_="key", x=x + wide + 8, y=y + 4)
            x += need + _GAP
        if row:
            y += _ROW
    return y


Entry = tuple[float, Swatch, str]
"""Width of the sample in px, the sample, the text."""


def _line_entries(sheet: Sheet) -> list[Entry]:
    kinds = {line.kind for line in sheet.lines if line.state == "up"}
    entries: list[Entry] = [
        (36, _stroke(f"line {kind}", 2.5), text) for kind, text in theme.LINE_NAMES.items() if kind in kinds
    ]
    if any(line.state == "cut" for line in sheet.lines):
        entries.append((36, _cut, "cut"))
    if any(line.highlighted for line in sheet.lines):
        entries.append((36, _stroke("lit", 9), "highlighted"))
    return entries


def _width_entries(sheet: Sheet, widths: Mapping[int, str]) -> list[Entry]:
    classes = sorted({line.width_class for line in sheet.lines})
    named = [(number, widths[number]) for number in classes if number in widths]
    if not named and len(classes) > 1:
        named = [(classes[0], "least capacity"), (classes[-1], "most")]
    return [(28, _stroke("line measured", theme.width(number)), text) for number, text in named]


def _kind_entries(sheet: Sheet) -> list[Entry]:
    kinds = {node.kind for node in sheet.nodes if node.kind}
    known = [kind for kind in theme.FORMS if kind in kinds]
    entries: list[Entry] = [(14, _marker(kind, ""), kind) for kind in known]
    if others := sorted(kinds - set(known)):
        entries.append(
            (14, _marker("", ""), ", ".join(others[:4]) + (" and others" if len(others) > 4 else ""))
        )
    return entries


def _group_entries(sheet: Sheet) -> list[Entry]:
    colours = theme.colours(node.group for node in sheet.nodes)
    entries: list[Entry] = [(14, _marker("", colour), group) for group, colour in colours.items() if colour]
    if rest := [group for group, colour in colours.items() if not colour]:
        entries.append((14, _marker("", ""), rest[0] if len(rest) == 1 else f"{len(rest)} others"))
    return entries


def _stroke(kind: str, width: float) -> Swatch:
    def draw(parent: Element, x: float, y: float) -> None:
        end = 28 if width != 2.5 else 36
        add(parent, "path", class_=kind, stroke_width=width, d=f"M{x:g} {y:g}h{end}")

    return draw


def _cut(parent: Element, x: float, y: float) -> None:
    add(parent, "path", class_="line cut", stroke_width=2.5, d=f"M{x:g} {y:g}h36")
    theme.cross(parent, (x + 18, y))


def _marker(kind: str, colour: str) -> Swatch:
    def draw(parent: Element, x: float, y: float) -> None:
        theme.marker(parent, kind, (x + 7, y), colour)

    return draw
