"""Where the cells of a matrix of sites lie, how wide they are, and what is written at its sides. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from rich.cells import cell_len

from microdc_tui.spans import shortened


class Cell(IntEnum):
    """How many cells of the terminal one of the matrix takes, and so what it has room for."""

    BOTH = 13  # glyph, what was measured, what was asked for
    WIDE = 7  # glyph, number
    CLOSE = 6
    GLYPH = 3
    TIGHT = 2


NUMBERED = frozenset({Cell.GLYPH, Cell.TIGHT})
"""Too narrow for names: columns bear the numbers of the rows."""
_LONGEST = 16
"""Cells of a row's name at most."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """head: cells of the rows' names, with a blank before and after them. rows, columns: what is written at the sides, not yet padded."""

    cell: Cell
    head: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def width(self) -> int:
        """Cells of a row."""
        return self.head + self.cell * len(self.columns)

    def at(self, column: int, line: int) -> tuple[int, int] | None:
        """Row and column of the matrix at a cell of the terminal, the line of the columns' names being 0; None beside it."""
        row, across = line - 1, (column - self.head) // self.cell
        inside = column >= self.head and 0 <= row < len(self.rows) and across < len(self.columns)
        return (row, across) if inside else None


def lattice(names: Sequence[str], room: int) -> Lattice:
    """The widest cells with which all columns fit; where none do, narrow ones that are scrolled."""
    for cell in Cell:
        found = _lattice(names, cell)
        if found.width <= room:
            return found
    return _lattice(names, Cell.GLYPH)


def _lattice(names: Sequence[str], cell: Cell) -> Lattice:
    if cell in NUMBERED:
        wide = len(str(len(names)))
        rows = tuple(f"{number:>{wide}} {name}" for number, name in enumerate(names, 1))
        columns = tuple(str(number)[-cell:] for number in range(1, len(names) + 1))
    else:
        rows = tuple(names)
        columns = abbreviated(names, cell - 1)
    longest = max((cell_len(row) for row in rows), default=0)
    return Lattice(cell, min(_LONGEST, longest) + 2, rows, columns)


def abbreviated(names: Sequence[str], room: int) -> tuple[str, ...]:
    """Names in at most so many cells, all different: their beginnings, else their ends, else their numbers."""
    for short in (
        tuple(shortened(name, room) for name in names),
        tuple(name[:room] for name in names),
        tuple(name[-room:] for name in names),
    ):
        if len(set(short)) == len(set(names)) and all(cell_len(name) <= room for name in short):
            return short
    return tuple(str(number)[-room:] for number in range(1, len(names) + 1))
