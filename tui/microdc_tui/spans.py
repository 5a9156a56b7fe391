"""Lines of styled text, for widgets that paint by the line. Pure: styles are words of the theme, such as "$warning" or "bold"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from rich.cells import cell_len, set_cell_size

Span = tuple[str, str]
"""Text, and its style, "" for that of what it lies on."""
Line = list[Span]

DIM = "$text-muted"


def width(spans: Iterable[Span]) -> int:
    """Cells of a line."""
    return sum(cell_len(text) for text, _ in spans)


def shortened(text: str, room: int) -> str:
    """Text in at most so many cells; an ellipsis stands for what is cut off."""
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, room - 1).rstrip() + "…" if room > 0 else ""


def fitted(text: str, room: int, align: Literal["left", "right", "centre"] = "left") -> str:
    """Text in exactly so many cells."""
    text = shortened(text, room)
    free = room - cell_len(text)
    before = {"left": 0, "right": free, "centre": free // 2}[align]
    return " " * before + text + " " * (free - before)


def filled(spans: Sequence[Span], room: int) -> Line:
    """A line of exactly so many cells: what has no place is cut off, with an ellipsis."""
    line: Line = []
    left = room
    for text, style in spans:
        wide = cell_len(text)
        if wide > left:
            line.append((shortened(text, left), style))
            left -= cell_len(line[-1][0])
            break
        line.append((text, style))
        left -= wide
    if left > 0:
        line.append((" " * left, ""))
    return line


def ends(left: Sequence[Span], right: Sequence[Span], room: int) -> Line:
    """A line with text at both ends; the left one gives way."""
    kept = width(right)
    if kept >= room:
        return filled(right, room)
    return [*filled(left, room - kept - 1), (" ", ""), *right]


def columns(cells: Sequence[Sequence[Span]], room: int, shares: Sequence[int] = ()) -> Line:
    """Cells in columns, each cut off at its own; the last one has what is left. shares: how wide they are to each other, equal by default."""
    shares = shares or (1,) * len(cells)
    line: Line = []
    for cell, share in zip(cells[:-1], shares, strict=False):
        line += [*filled(cell, max(0, room * share // sum(shares) - 1)), (" ", "")]
    return filled([*line, *(cells[-1] if cells else ())], room)
