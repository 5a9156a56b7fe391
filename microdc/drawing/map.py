"""A map as SVG: nodes at their places, lines as great circles, a graticule for the eye; no coastlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from microdc.drawing import theme
from microdc.drawing.graticule import graticule, scale_bar
from microdc.drawing.labels import Box, Room, around, beside
from microdc.drawing.legend import legend
from microdc.drawing.model import Line, Node, Sheet, sheet
from microdc.drawing.projection import View, extent
from microdc.drawing.shapes import Pieces, along, drawing_order, length, positions, ways
from microdc.drawing.svg import Point, add, document, path, render
from microdc.drawing.text import clean, counted, pixels, wrapped

__all__ = ["Line", "Node", "svg_map"]

_LEFT, _TOP, _RIGHT = 52.0, 48.0, 16.0
"""Px around the panel: degrees to the left, the title above."""
_ASIDE, _ABOVE = 64.0, 32.0
"""Px between the panel's edge and the outermost nodes, for their labels."""
_FLAT, _TALL = 0.36, 0.78
"""Height of the panel against its width, at least and at most."""
_NOTE = 10.5
"""Px of the notes' letters."""


def svg_map(
    nodes: Sequence[Node],
    lines: Sequence[Line],
    title: str,
    notes: Sequence[str] = (),
    width: float = 1200,
    *,
    widths: Mapping[int, str] | None = None,
) -> str:
    """The map as text of an SVG document, `width` px wide. The same values give the same text.

    widths: what the lines' width classes mean ("100gbit"), for the legend. Nodes without a place, and lines without two ends on the map,
    are named in a note. Raises InputError for a name that is there twice, a line to nowhere, a place not on earth.
    """
    what = sheet(nodes, lines)
    pairs = [(what.places[line.a], what.places[line.b]) for line in what.lines]
    shown = extent(list(what.places.values()), pairs)
    wide = width - _LEFT - _RIGHT
    tall = min(max((wide - 2 * _ASIDE) / max(shown.ratio, 1e-3) + 2 * _ABOVE, _FLAT * wide), _TALL * wide)
    panel = Box(_LEFT, _TOP, _LEFT + wide, _TOP + tall)
    view = shown.fitted(panel.left + _ASIDE, panel.top + _ABOVE, wide - 2 * _ASIDE, tall - 2 * _ABOVE)

    below = Element("g")
    foot = legend(below, what, widths or {}, left=panel.left, top=panel.bottom + 36, right=panel.right - 230)
    foot = max(foot, panel.bottom + 52)
    if what.places:
        scale_bar(below, view, panel.right - 8, panel.bottom + 32)
    foot += 6
    for note in [*notes, *_left_out(what)]:
        for text in wrapped(clean(note), _NOTE, wide):
            add(below, "text", text, class_="note", x=panel.left, y=foot)
            foot += 14

    summary = (
        f"Map of {counted(len(what.nodes), 'node')} and {counted(len(what.lines), 'line')} between them."
    )
    root, _ = document("map", (width, foot + 6), title, summary, theme.STYLE)
    add(root, "text", title, class_="head", x=panel.left, y=30)
    add(root, "rect", class_="panel", x=panel.left, y=panel.top, width=wide, height=tall)
    graticule(root, view, panel)
    _content(root, what, view, panel)
    root.append(below)
    return render(root)


def _content(root: Element, what: Sheet, view: View, panel: Box) -> None:
    points = positions(what, view)
    pieces = ways(what, view, points)
    names = {node.name: _name(node) for node in what.nodes}
    layer = add(root, "g")
    for index in drawing_order(what.lines):
        _draw_line(layer, what.lines[index], pieces[index], names)
    colours = theme.colours(node.group for node in what.nodes)
    layer = add(root, "g")
    for node in sorted(what.nodes, key=lambda node: -theme.form(node.kind)[1]):
        form = theme.marker(layer, node.kind, points[node.name], colours.get(node.group, ""))
        says = ", ".join(word for word in (node.kind, node.group) if word)
        known = node.label if node.label in ("", node.name) else f"{node.label} ({node.name})"
        add(form, "title", (known or node.name) + (f": {says}" if says else ""))
    # Words stand over a wide copy of themselves: not every renderer can paint an outline under its letters.
    halo, words = add(root, "g", class_="halo", aria_hidden="true"), add(root, "g", class_="words")
    _write(words, what, points, pieces, panel)
    for word in words:
        halo.append(word)


def _draw_line(layer: Element, line: Line, pieces: Pieces, names: Mapping[str, str]) -> None:
    group = add(layer, "g")
    how = "cut" if line.state == "cut" else theme.LINE_NAMES[line.kind]
    label = f": {line.label}" if line.label else ""
    add(group, "title", f"{names[line.a]} – {names[line.b]}{label} ({how})")
    data, thick = path(pieces), theme.width(line.width_class)
    if line.highlighted:
        add(group, "path", class_="lit", stroke_width=thick + 7, d=data)
    add(
        group,
        "path",
        class_=f"line {'cut' if line.state == 'cut' else line.kind}",
        stroke_width=thick,
        d=data,
    )
    add(group, "path", class_="hit", d=data)
    if line.state == "cut":
        theme.cross(group, along(pieces, 0.5))


def _write(
    layer: Element, what: Sheet, points: Mapping[str, Point], pieces: Sequence[Pieces], panel: Box
) -> None:
    """Labels: nodes by importance, then lines. What finds no room is left to the tooltips."""
    room = Room(Box(panel.left + 4, panel.top + 4, panel.right - 4, panel.bottom - 4))
    for polylines in pieces:
        for piece in polylines:
            room.cross(piece)
    for node in what.nodes:
        size = 2 * theme.form(node.kind)[1]
        room.take(around(points[node.name], size, size))
    lit = {end for line in what.lines if line.highlighted or line.state == "cut" for end in line.ends}
    for line, polylines in zip(what.lines, pieces, strict=True):
        if line.state == "cut":
            room.take(around(along(polylines, 0.5), 11, 11))
    degrees = what.degrees
    for node in sorted(
        what.nodes,
        key=lambda node: (node.name not in lit, -theme.form(node.kind)[1], -degrees[node.name], node.name),
    ):
        radius = theme.form(node.kind)[1]
        style, size = ("big", 12.5) if radius >= 5 else ("mid", 11.0) if radius > 3 else ("small", 9.5)
        text = clean(_name(node))
        spot = room.place(beside(points[node.name], radius, pixels(text, size) * 1.06, size))
        if spot is not None:
            _text(layer, text, style, spot, size)
    _write_lines(layer, what.lines, pieces, room)


def _write_lines(layer: Element, lines: Sequence[Line], pieces: Sequence[Pieces], room: Room) -> None:
    for index in reversed(drawing_order(lines)):
        text = clean(lines[index].mark)
        wide = pixels(text, 9.5)
        if not text or length(pieces[index]) < wide + 24:
            continue
        boxes = [
            around(along(pieces[index], share), wide, 10)
            for share in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
        ]
        # In a bundle of lines nobody could tell whose label it is.
        spot = room.place(box for box in boxes if room.covered(box) < 2 * wide / 4)
        if spot is not None:
            _text(layer, text, "at", spot, 9.5)


def _text(layer: Element, text: str, style: str, box: Box, size: float) -> None:
    """Text in the middle of its box, so that a font narrower or wider than reckoned errs to both sides."""
    middle = (box.left + box.right) / 2
    base = (box.top + box.bottom) / 2 + size * 0.36
    add(layer, "text", text, class_=style, x=middle, y=base, text_anchor="middle")


def _left_out(what: Sheet) -> list[str]:
    notes: list[str] = []
    if what.absent:
        notes.append(
            f"Not on the map, for want of coordinates: {_listed([_name(node) for node in what.absent])}."
        )
    if what.loose:
        known = {node.name: _name(node) for node in (*what.nodes, *what.absent)}
        ends = _listed([f"{known[line.a]} – {known[line.b]}" for line in what.loose])
        notes.append(f"Lines not on the map: {ends}.")
    return notes


def _name(node: Node) -> str:
    return node.label or node.name


def _listed(words: Sequence[str], most: int = 30) -> str:
    """Words with commas; of a long list the first, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
