"""A raster of a terminal's cells: dots of braille (2 by 4 to a cell) or strokes of ASCII, with text over them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from microdc.drawing.svg import Point
from microdc.drawing.text import cells

Span = tuple[str, str]
"""Text, and how it looks: a style in rich's words, "" for none."""
Cell = tuple[int, int]
"""Column and row, from the top left."""

ACROSS, DOWN = 2, 4
"""Dots in a cell."""
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of the dots after U+2800, by column and row (The Unicode Standard, block Braille Patterns)."""


@dataclass(slots=True)
class Canvas:
    """columns, rows: its size. ascii: no character beyond ASCII for lines."""

    columns: int
    rows: int
    ascii: bool = False
    _dots: dict[Cell, int] = field(default_factory=dict)
    _strokes: dict[Cell, str] = field(default_factory=dict)
    _styles: dict[Cell, str] = field(default_factory=dict)
    _texts: dict[Cell, Span] = field(default_factory=dict)

    def line(self, piece: Sequence[Point], style: str, *, bold: bool = False, dotted: bool = False) -> None:
        """A polyline in dots; later ones lend their style to cells that they share. bold: twice as wide. dotted: with gaps."""
        done = 0
        for (x0, y0), (x1, y1) in pairwise(piece):
            across, down = (ACROSS, DOWN) if self.ascii else (1, 1)
            steps = max(1, math.ceil(max(abs(x1 - x0) / across, abs(y1 - y0) / down)))
            steep = abs(y1 - y0) > abs(x1 - x0)
            stroke = "*" if bold else _stroke(x1 - x0, y1 - y0)
            for step in range(steps + 1):
                done += 1
                if dotted and done % 5 > 1:
                    continue
                x, y = math.floor(x0 + (x1 - x0) * step / steps), math.floor(y0 + (y1 - y0) * step / steps)
                self._dot(x, y, stroke, style)
                if bold:
                    self._dot(x + steep, y + (not steep), stroke, style)

    def _dot(self, x: int, y: int, stroke: str, style: str) -> None:
        cell = (x // ACROSS, y // DOWN)
        if not (0 <= cell[0] < self.columns and 0 <= cell[1] < self.rows):
            return
        self._dots[cell] = self._dots.get(cell, 0) | _DOTS[x % ACROSS][y % DOWN]
        self._strokes[cell] = stroke
        self._styles[cell] = style

    def free(self, cell: Cell, text: str) -> bool:
        """Whether text fits there with nothing written in its way or touching its ends."""
        column, row = cell
        end = column + cells(text)
        inside = 0 <= row < self.rows and column >= 0 and end <= self.columns
        return inside and not any((at, row) in self._texts for at in range(column - 1, end + 1))

    def empty(self, cell: Cell) -> bool:
        """Whether a cell is on the canvas and nothing is written in it."""
        return 0 <= cell[0] < self.columns and 0 <= cell[1] < self.rows and cell not in self._texts

    def covered(self, cell: Cell, text: str) -> int:
        """How many cells with dots text would hide."""
        return sum((at, cell[1]) in self._dots for at in range(cell[0], cell[0] + cells(text)))

    def write(self, cell: Cell, text: str, style: str) -> None:
        column, row = cell
        for char in text:
            wide = cells(char)
            if wide == 0:  # it belongs to the letter before
                before, look = self._texts.get((column - 1, row), ("", style))
                if column > cell[0]:
                    self._texts[column - 1, row] = (before + char, look)
                continue
            self._texts[column, row] = (char, style)
            if wide == 2:
                self._texts[column + 1, row] = ("", style)
            column += wide

    def lines(self) -> list[list[Span]]:
        """Rows of spans from the top, without blanks at their ends."""
        return [self._row(row) for row in range(self.rows)]

    def _row(self, row: int) -> list[Span]:
        spans = list(joined(self._at((column, row)) for column in range(self.columns)))
        if spans and not spans[-1][1]:
            text = spans.pop()[0].rstrip(" ")
            spans += [(text, "")] if text else []
        return spans

    def _at(self, cell: Cell) -> Span:
        if cell in self._texts:
            return self._texts[cell]
        if cell in self._dots:
            return self._strokes[cell] if self.ascii else chr(0x2800 + self._dots[cell]), self._styles[cell]
        return " ", ""


def joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Neighbours of one style as one span."""
    for style, run in groupby(spans, key=lambda span: span[1]):
        yield "".join(text for text, _ in run), style


def _stroke(x: float, y: float) -> str:
    """The ASCII character most like a direction; y is down."""
    if abs(y) < 0.4 * abs(x):
        return "-"
    if abs(x) < 0.4 * abs(y):
        return "|"
    return "\\" if (x > 0) == (y > 0) else "/"
