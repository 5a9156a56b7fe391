"""How many tiles a screen has room for, and how tall they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Form(NamedTuple):
    """A way to draw a tile: lines of it, blank lines below it, and the cells in width that it needs."""

    lines: int
    gap: int
    least: int


FORMS = (Form(5, 1, 34), Form(5, 0, 34), Form(3, 1, 28), Form(3, 0, 28), Form(2, 0, 24), Form(1, 0, 38))
"""From the one that tells most; the last but one is what many sites are scrolled in."""
SCROLLED = FORMS[-2]
WIDEST = 52
"""Cells that a tile takes at most: a wider one tears apart what belongs together."""


@dataclass(frozen=True, slots=True)
class Grid:
    """columns, width: of tiles, cells. rows: of tiles, of which maybe not all fit on the screen."""

    form: Form
    columns: int
    width: int
    rows: int

    @property
    def pitch(self) -> int:
        """Lines from one row of tiles to the next."""
        return self.form.lines + self.form.gap

    @property
    def height(self) -> int:
        """Lines of all rows; below the last one no gap is needed."""
        return max(0, self.rows * self.pitch - self.form.gap)

    def moved(self, index: int, count: int, across: int, down: int) -> int:
        """The tile that lies so many steps away; the cursor stops at the edges."""
        if not count:
            return 0
        if across:
            return min(count - 1, max(0, index + across))
        there = index + down * self.columns
        if 0 <= there < count:
            return there
        if down > 0 and index // self.columns < (count - 1) // self.columns:
            return count - 1  # the last row is not full
        return index

    def at(self, column: int, line: int, count: int) -> int | None:
        """The tile at a cell, None where there is none."""
        across, down = column // max(1, self.width), line // self.pitch
        index = down * self.columns + across
        inside = 0 <= across < self.columns and line % self.pitch < self.form.lines
        return index if inside and 0 <= index < count else None


def arrange(count: int, width: int, height: int) -> Grid:
    """The form that tells most among those of which all tiles fit; where none does, one that is scrolled."""
    for form in FORMS:
        grid = _grid(form, count, width)
        if grid.height <= height and width >= form.least:
            return grid
    return _grid(SCROLLED, count, width)


def _grid(form: Form, count: int, width: int) -> Grid:
    columns = max(1, min(width // form.least, count))
    rows = -(-count // columns)
    while columns > 1 and -(-count // (columns - 1)) == rows:
        columns -= 1  # as many rows with wider tiles
    return Grid(form, columns, max(1, min(width // columns, WIDEST)), rows)
