"""Paragraphs folded to a width: a lead that stands before the first row, and a body that is indented by it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells

_WORDS = re.compile(r"\S+|\s+")
_LEAST = 8
"""Cells below which a body is not indented any more, but stands under its lead."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one tone: "good", "bad", "mind", "dim", "strong", "command", or "" for plain."""

    text: str
    tone: str = ""


Row = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What is folded as one. lead: its first row begins with this; in a body, spaces may become ends of rows."""

    lead: Row = ()
    body: Row = ()


def fold(paragraphs: Iterable[Paragraph], width: int) -> list[Row]:
    """Rows of at most so many cells; one at least for each paragraph."""
    rows: list[Row] = []
    for paragraph in paragraphs:
        rows.extend(_rows(paragraph, max(1, width)))
    return rows


def _rows(paragraph: Paragraph, width: int) -> Iterator[Row]:
    indent = sum(cell_len(piece.text) for piece in paragraph.lead)
    if indent and width - indent < _LEAST:
        yield from _rows(Paragraph((), paragraph.lead), width)
        yield from _rows(Paragraph((), paragraph.body), width)
        return
    lead = paragraph.lead
    for row in _folded(paragraph.body, width - indent):
        yield (*lead, *row)
        lead = (Piece(" " * indent),) if indent else ()


def _folded(body: Row, width: int) -> list[Row]:
    rows: list[list[Piece]] = [[]]
    used = 0
    for piece in body:
        for word in _WORDS.findall(piece.text):
            for part in chop_cells(word, width) if cell_len(word) > width else [word]:
                size = cell_len(part)
                if used + size > width:
                    rows.append([])
                    used = 0
                    if part.isspace():
                        continue
                rows[-1].append(Piece(part, piece.tone))
                used += size
    return [_joined(row) for row in rows]


def _joined(row: list[Piece]) -> Row:
    """Neighbours of one tone as one piece."""
    joined: list[Piece] = []
    for piece in row:
        if joined and joined[-1].tone == piece.tone:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.tone)
        else:
            joined.append(piece)
    return tuple(joined)


def plain_row(row: Row) -> str:
    """The row without its tones."""
    return "".join(piece.text for piece in row)
