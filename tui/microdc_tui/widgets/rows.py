"""Rows and columns of a table as values, and how they become one line of a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.text import Text
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

Cell = str | Text | Content
Align = Literal["left", "right"]
GAP = 2
"""Blank cells between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """width: cells, 0 for a column that takes what is left, at least `least`."""

    id: str
    title: str
    width: int = 0
    align: Align = "left"
    least: int = 8


@dataclass(frozen=True, slots=True)
class Row:
    """key: unique in its table. cells: in the order of the columns; text from outside has gone through `plain`.

    labels: for filters (`role=compute`). style: of the whole row. sorts: column -> what to sort by, where that is not the text shown.
    """

    key: str
    cells: tuple[Cell, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    style: str = ""
    sorts: Mapping[str, float | str] = field(default_factory=dict)


def same(before: Row | None, after: Row) -> bool:
    """Whether a row looks as before. Content that differs in its colours alone is equal to Textual, and not to who looks at it."""
    return before == after and all(
        not isinstance(new, Content) or (isinstance(old, Content) and new.is_same(old))
        for old, new in zip(before.cells if before else (), after.cells, strict=True)
    )


def words(cell: Cell) -> str:
    """The text of a cell."""
    return cell if isinstance(cell, str) else cell.plain


def haystack(row: Row) -> str:
    """What a filter looks through: the text of all cells and labels, in lower case."""
    return "\n".join((*(words(cell) for cell in row.cells), *row.labels.values())).lower()


def spread(columns: Sequence[Column], width: int) -> tuple[int, ...]:
    """Widths in cells of columns in a table so wide: those without a width share what is left, none gets less than its least."""
    free = width - sum(column.width for column in columns) - GAP * (len(columns) - 1)
    flexible = [column for column in columns if not column.width]
    shares: dict[str, int] = {}
    for index, column in enumerate(flexible):
        share = max(column.least, free // (len(flexible) - index))
        shares[column.id] = share
        free -= share
    return tuple(column.width or shares[column.id] for column in columns)


def sort_key(row: Row, index: int, column: str) -> tuple[int, float, str]:
    """Numbers before words, each in their own order."""
    value = row.sorts.get(column)
    if value is None:
        text = words(row.cells[index]) if index < len(row.cells) else ""
        try:
            value = float(text.split()[0].replace(",", ""))
        except (ValueError, IndexError):
            value = text.casefold()
    return (1, 0.0, value) if isinstance(value, str) else (0, value, "")


def line(
    cells: Sequence[Cell],
    columns: Sequence[Column],
    widths: Sequence[int],
    base: Style,
    parse: Callable[[str | Style], Style],
    *,
    flat: bool = False,
) -> Strip:
    """One row as a strip. flat: in the base style alone, for the row under the cursor, whose colours would not be readable on it."""
    segments = [Segment(" ", base.rich_style)]
    for cell, column, width in zip(cells, columns, widths, strict=False):
        if isinstance(cell, str) or flat:
            text = cell if isinstance(cell, str) else cell.plain
            segments.append(Segment(fit(text, width, column.align), base.rich_style))
        else:
            segments.extend(_styled(cell, width, column.align, base, parse))
        segments.append(Segment(" " * GAP, base.rich_style))
    return Strip(segments)


def fit(text: str, width: int, align: Align = "left") -> str:
    """Text in exactly so many cells; what is cut off shows as an ellipsis."""
    length = cell_len(text)
    if length == width:
        return text
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 1 else set_cell_size(text, width)
    blank = " " * (width - length)
    return blank + text if align == "right" else text + blank


def _styled(
    cell: Text | Content, width: int, align: Align, base: Style, parse: Callable[[str | Style], Style]
) -> list[Segment]:
    content = cell if isinstance(cell, Content) else Content.from_rich_text(cell)
    content = content.truncate(width, ellipsis=True)
    blank = Segment(" " * (width - content.cell_length), base.rich_style)
    told = [Segment(text, style.rich_style) for text, style in content.render(base, "", parse) if text]
    return [blank, *told] if align == "right" else [*told, blank]
