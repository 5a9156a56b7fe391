"""The timeline of a node: what was seen of it, in order, with the silences in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microdc_tui.devices.wording import span
from microdc_tui.moments import clock, local
from microdc_tui.readings.explanation import Explanation, Line
from microdc_tui.text import plain
from microdc_tui.widgets.folding import Paragraph, Piece

SILENCE = 60.0
"""Seconds without anything that are told in a line of their own."""
_MARKS = {"good": "✓", "bad": "✗", "mind": "▲"}
_SOURCE = 10
"""Cells of the longest source, "controller"."""


def timeline(explanation: Explanation, *, consoles: bool = True, sources: bool = True) -> list[Paragraph]:
    """A paragraph for each line. consoles: also what came out of its serial port and means nothing by itself; sources: say whose word each line is."""
    lines = [line for line in explanation.lines if consoles or line.source != "console" or line.tone]
    hidden = len(explanation.lines) - len(lines)
    told: list[Paragraph] = []
    if explanation.left_out:
        told.append(_aside(f"{explanation.left_out} earlier lines are left out"))
    if hidden:
        told.append(
            _aside(
                f"{hidden} plain line{'' if hidden == 1 else 's'} of its console {'is' if hidden == 1 else 'are'} hidden: c shows them"
            )
        )
    told.extend(_told(lines, sources=sources))
    return told or [_aside(f"Nothing was seen of {plain(explanation.node)} yet.")]


def _told(lines: Sequence[Line], *, sources: bool) -> Iterator[Paragraph]:
    before: Line | None = None
    for line in lines:
        yield from (_aside(text) for text in _between(before, line))
        yield _paragraph(line, sources=sources)
        before = line


def _between(before: Line | None, line: Line) -> Iterator[str]:
    """What stands between two lines: a new day, or for how long nothing was seen."""
    if line.at is None:
        if before is None or before.at is not None:
            yield "by a clock of which nothing is known:"
        return
    if before is None or before.at is None:
        return
    if local(before.at).date() != local(line.at).date():
        yield f"{local(line.at):%Y-%m-%d}"
    quiet = line.at - (before.until or before.at)
    if quiet >= SILENCE:
        yield f"│ {span(quiet)} without a sign"


def _paragraph(line: Line, *, sources: bool) -> Paragraph:
    when = clock(line.at) if line.at is not None else "--:--:--"
    lead = [Piece(f"{when} ", "dim"), Piece(f"{_MARKS.get(line.tone, '·')} ", line.tone or "dim")]
    if sources:
        lead.append(Piece(f"{plain(line.source)[:_SOURCE]:<{_SOURCE}} ", "dim"))
    body = [Piece(plain(line.text), line.tone)]
    if line.times > 1:
        until = f", until {clock(line.until)}" if line.until is not None else ""
        body.append(Piece(f"  ({line.times} times{until})", "dim"))
    return Paragraph(tuple(lead), tuple(body))


def _aside(text: str) -> Paragraph:
    return Paragraph((Piece(" " * 9),), (Piece(text, "dim"),))
