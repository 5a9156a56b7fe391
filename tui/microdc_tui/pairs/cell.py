"""One cell of the matrix. Pure."""

from __future__ import annotations

from microdc.health.model import State
from microdc_tui.glyphs import SIGNS
from microdc_tui.pairs.lattice import Cell
from microdc_tui.pairs.link import Link, Metric, digits
from microdc_tui.spans import DIM, Line, Span, fitted

CUT = "×"
_TROUBLED = frozenset({State.DOWN, State.DEGRADED})


def sign(link: Link, metric: Metric) -> Span:
    """Glyph and colour of what is to be thought of a quantity of a pair; a cut one has a glyph of its own."""
    state = link.verdict(metric)
    glyph, _, style = SIGNS[state]
    return (CUT if link.cut else glyph), style


def whole(link: Link) -> Span:
    """Glyph and colour of a pair as such."""
    glyph, _, style = SIGNS[link.state]
    return (CUT, SIGNS[State.DOWN].style) if link.cut else (glyph, style)


def word(link: Link) -> str:
    """Its state in a word."""
    return "cut" if link.cut else SIGNS[link.state].word


def cell(link: Link | None, metric: Metric, form: Cell, *, forward: bool = True) -> Line:
    """In exactly `form` cells, with a blank at its end. None: of these two sites nothing is said."""
    if link is None:
        return [(" " * form, "")]
    glyph, style = sign(link, metric)
    if form in {Cell.TIGHT, Cell.GLYPH}:
        return [(fitted(glyph, form), style)]
    reading = link.reading(metric, forward=forward)
    shown = "cut" if link.cut else digits(metric, reading.measured)
    loud = style if reading.state in _TROUBLED else DIM if link.stale or shown == "-" else ""
    if form is Cell.CLOSE:
        return [(glyph, style), (f"{shown:>4.4} ", loud)]
    if form is Cell.WIDE:
        return [(f"{glyph} ", style), (f"{shown:>4.4} ", loud)]
    asked = "" if link.cut else f"/{digits(metric, reading.asked)}"
    return [(f"{glyph} ", style), (f"{shown:>4.4}", loud), (f"{asked:<6.6} ", DIM)]
