"""A map for a terminal: lines in braille dots or ASCII strokes, nodes as markers, labels where they fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from microdc.drawing.canvas import ACROSS, DOWN, Canvas, Cell, Span
from microdc.drawing.model import Line, Node, Sheet, sheet
from microdc.drawing.projection import extent
from microdc.drawing.shapes import along, drawing_order
from microdc.drawing.svg import Point
from microdc.drawing.text import cells, clean, counted, shortened
from microdc.drawing.theme import colours, form

_MARKERS = {
    "site": ("▲", "^"),
    "core": ("●", "@"),
    "exchange": ("◆", "#"),
    "landing": ("■", "="),
    "aggregation": ("∙", "+"),
    "dslam": ("∙", "+"),
}
_MARKER = ("○", "o")
"""Of all other kinds."""
_STYLES = {"measured": "cyan", "length": "blue", "derived": "bright_black", "profile": "magenta"}


def terminal_map(
    nodes: Sequence[Node],
    lines: Sequence[Line],
    columns: int,
    rows: int,
    *,
    colour: bool = True,
    ascii: bool = False,  # noqa: A002 - what it is
) -> list[list[Span]]:
    """At most so many rows of (text, style), each at most so many columns wide; the caller puts styles into effect.

    colour: without it all styles are "". What is cut is dotted with a cross, what is highlighted is thick, with colours or without. ascii: for
    terminals that know no other characters. What has no place, or no room, is told in the last row. Raises InputError as `svg_map` does.
    """
    if columns < 1 or rows < 1:
        return []
    what = sheet(nodes, lines)
    out: list[list[Span]] = []
    for spared in (0, 1):
        canvas = Canvas(columns, rows - spared, ascii=ascii)
        hidden = _drawn(canvas, what)
        note = _note(what, hidden)
        out = canvas.lines()
        if not note or spared:
            out += (
                [[(shortened(_plain(note, ascii=ascii), columns, "~" if ascii else "…"), "dim")]]
                if note
                else []
            )
            break
    return out if colour else [[("".join(text for text, _ in row), "")] if row else [] for row in out]


def _drawn(canvas: Canvas, what: Sheet) -> int:
    """Draws all that there is room for. Returns how many nodes found none."""
    if not what.nodes or not canvas.rows:
        return len(what.nodes)
    aside = min(canvas.columns // 6, 10) * ACROSS
    above = DOWN if canvas.rows > 4 else 0
    pairs = [(what.places[line.a], what.places[line.b]) for line in what.lines]
    view = extent(list(what.places.values()), pairs).fitted(
        aside,
        above,
        max(1, canvas.columns * ACROSS - 2 * aside - 1),
        max(1, canvas.rows * DOWN - 2 * above - 1),
    )
    crosses: list[tuple[Cell, str]] = []
    for index in drawing_order(what.lines):
        line = what.lines[index]
        pieces = view.way(*pairs[index])
        cut = line.state == "cut"
        style = line.tone or ("red" if cut else "bold yellow" if line.highlighted else _STYLES[line.kind])
        for piece in pieces:
            canvas.line(piece, style, bold=line.highlighted, dotted=cut)
        if cut:
            crosses.append((_cell(along(pieces, 0.5)), f"bold {line.tone or 'red'}"))
    hidden = _nodes(canvas, what, {name: _cell(view.at(place)) for name, place in what.places.items()})
    for cell, style in crosses:
        if canvas.empty(cell):
            canvas.write(cell, "x" if canvas.ascii else "×", style)
    return hidden


def _nodes(canvas: Canvas, what: Sheet, at: dict[str, Cell]) -> int:
    """Markers, then labels, the important nodes first."""
    shades = colours(node.group for node in what.nodes)
    degrees = what.degrees
    lit = {end for line in what.lines if line.highlighted or line.state == "cut" for end in line.ends}
    order = sorted(
        what.nodes,
        key=lambda node: (node.name not in lit, -form(node.kind)[1], -degrees[node.name], node.name),
    )
    marked: list[tuple[Node, Cell]] = []
    for node in order:
        cell = next(filter(canvas.empty, _near(at[node.name])), None)
        if cell is None:
            continue
        mark = node.mark or _MARKERS.get(node.kind, _MARKER)[canvas.ascii]
        canvas.write(cell, mark, node.tone or shades.get(node.group, "") or "bold")
        marked.append((node, cell))
    for node, cell in marked:
        text = _plain(node.label or node.name, ascii=canvas.ascii)
        spots = [spot for spot in _beside(cell, text) if canvas.free(spot, text)]
        if text and spots:
            canvas.write(
                min(spots, key=lambda spot: canvas.covered(spot, text)),
                text,
                "bold" if form(node.kind)[1] >= 5 else "",
            )
    return len(order) - len(marked)


def _cell(point: Point) -> Cell:
    return int(point[0] // ACROSS), int(point[1] // DOWN)


def _near(cell: Cell) -> Iterator[Cell]:
    """The cell, and those around it for nodes that share their place."""
    steps = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1), (2, 0), (-2, 0))
    for right, down in steps:
        yield cell[0] + right, cell[1] + down


def _beside(cell: Cell, text: str) -> Iterator[Cell]:
    """Where a label may start: right, left, below, above of its marker."""
    column, row = cell
    wide = cells(text)
    yield column + 2, row
    yield column - 1 - wide, row
    for away in (1, -1):
        yield column - wide // 2, row + away
        yield column + 1, row + away
        yield column - wide, row + away


def _plain(text: str, *, ascii: bool) -> str:  # noqa: A002 - what it is
    """Text for the terminal; in ASCII letters lose their accents, and what has none to lose is a question mark."""
    text = clean(text)
    if not ascii:
        return text
    bare = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(bare).replace("–", "-").encode("ascii", "replace").decode()


def _note(what: Sheet, hidden: int) -> str:
    parts: list[str] = []
    if hidden:
        parts.append(f"no room for {counted(hidden, 'node')}")
    if what.absent:
        parts.append("no coordinates: " + ", ".join(node.label or node.name for node in what.absent))
    if what.loose:
        parts.append(f"{counted(len(what.loose), 'line')} not drawn")
    return "; ".join(parts)
