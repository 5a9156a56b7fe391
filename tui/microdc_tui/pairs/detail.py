"""What there is to say of the pair under the cursor: in a few lines, or with its last minutes drawn large. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from microdc.health.model import State
from microdc_tui.glyphs import SIGNS
from microdc_tui.pairs.bars import bars
from microdc_tui.pairs.cell import whole, word
from microdc_tui.pairs.link import TITLES, Link, Metric, told
from microdc_tui.spans import DIM, Line, Span, ends, filled, fitted
from microdc_tui.text import plain

Series = Callable[[str, int], Sequence[float | None]]
"""The history of a figure of the pair, in so many steps."""
_LABEL = 7
_VALUES = 26
"""Cells of "310 Mbit/s of 1 Gbit/s"."""
_LEAST, _MOST = 5, 60
"""Steps of a history on the line of its values."""
_TALLEST = 8
"""Lines of a history that is drawn large."""
_HEADROOM = {Metric.RTT: 1.5, Metric.LOSS: 3.0, Metric.RATE: 1.0}
"""What the highest bar stands for, by what was asked for: what only trembles looks so, and a full line looks full."""


def detail(one: Link, series: Series, room: int, *, backward: bool = False) -> list[Line]:
    """A pair: its quantities, each with its last minutes, then why it is as it is. backward: the direction from b to a stands first."""
    halves = (room - _LABEL) // 2
    lines: list[Line] = [_title(one, room, backward=backward)]
    for metric in Metric:
        line: Line = [_label(metric)]
        for arrow, forward in _directions(metric, backward=backward):
            wide = room - _LABEL if metric is Metric.RTT else halves
            line += filled([(arrow, DIM), *_short(one, metric, forward, series, wide - 3)], wide)
        lines.append(line)
    return [filled(line, room) for line in [*lines, *_why(one)]]


def charts(one: Link, series: Series, room: int, lines: int, *, backward: bool = False) -> list[Line]:
    """The same with the histories as large as so many lines allow."""
    why = _why(one)
    tall = max(1, min(_TALLEST, (lines - 1 - len(why)) // 3 - 2))
    told_ = [_title(one, room, backward=backward)]
    for metric in Metric:
        directions = _directions(metric, backward=backward)
        wide = (room - _LABEL) // len(directions)
        values: Line = [_label(metric)]
        drawn: list[Line] = [[(" " * _LABEL, "")] for _ in range(tall)]
        for arrow, forward in directions:
            values += filled([(arrow, DIM), *_values(one, metric, forward)], wide)
            history = series(_figure(metric, forward), wide - 3)
            ceiling = _ceiling(one, metric, forward, history)
            for line, text in zip(drawn, bars(history, wide - 3, tall, ceiling), strict=True):
                line += [(text, _loud(one, metric) or "$accent"), ("   ", "")]
        told_ += [values, *drawn, []]
    return [filled(line, room) for line in [*told_, *why][:lines]]


def _title(one: Link, room: int, *, backward: bool) -> Line:
    a, b = (one.b, one.a) if backward else (one.a, one.b)
    line: Line = [(plain(a), "bold"), (" ↔ ", DIM), (plain(b), "bold")]
    for name, before in (("origin", "  "), ("overlay", "  + ")):
        value = one.facts.get(name)
        if isinstance(value, str) and value:
            line += [(before, DIM), (plain(value), DIM if name == "origin" else "$accent")]
    glyph, style = whole(one)
    return ends(line, [(f"{glyph} {word(one)}{', stale' if one.stale else ''}", style)], room)


def _label(metric: Metric) -> Span:
    title = TITLES[metric]
    return fitted(title if title.isupper() else title.lower(), _LABEL), DIM


def _directions(metric: Metric, *, backward: bool) -> Sequence[tuple[str, bool]]:
    """How each is marked, and whether it is from a to b. A round trip has one only."""
    return (("", True),) if metric is Metric.RTT else (("→ ", not backward), ("← ", backward))


def _figure(metric: Metric, forward: bool) -> str:  # noqa: FBT001  one of two
    return "rtt_measured" if metric is Metric.RTT else f"{metric}_{'ab' if forward else 'ba'}"


def _loud(one: Link, metric: Metric) -> str:
    """The colour of a quantity that is not well."""
    state = one.verdict(metric)
    return SIGNS[state].style if state in {State.DOWN, State.DEGRADED} else ""


def _values(one: Link, metric: Metric, forward: bool) -> Line:  # noqa: FBT001  one of two
    reading = one.reading(metric, forward=forward)
    between = " of " if metric is Metric.RATE else " asked "
    measured: Span = (f"{told(metric, reading.measured):>10}", _loud(one, metric))
    return [measured, (between, DIM), (told(metric, reading.asked), DIM)]


def _short(one: Link, metric: Metric, forward: bool, series: Series, room: int) -> Line:  # noqa: FBT001  one of two
    """The values, and beside them the last minutes where there is room."""
    values = _values(one, metric, forward)
    wide = min(_MOST, room - _VALUES)
    if wide < _LEAST:
        return values
    history = series(_figure(metric, forward), wide)
    (drawn,) = bars(history, wide, 1, _ceiling(one, metric, forward, history))
    return [*filled(values, _VALUES), (drawn, _loud(one, metric) or "$accent")]


def _ceiling(one: Link, metric: Metric, forward: bool, history: Sequence[float | None]) -> float:  # noqa: FBT001
    asked = one.reading(metric, forward=forward).asked or 0.0
    return max([asked * _HEADROOM[metric], *(value for value in history if value is not None)])


def _why(one: Link) -> list[Line]:
    """The way it goes, and the reasons."""
    ways = one.facts.get("ways")
    lines: list[Line] = []
    if isinstance(ways, str) and ways:
        lines.append([(fitted("way", _LABEL), DIM), (plain(ways), "")])
    for reason in one.reasons:
        state = {"down": State.DOWN, "degraded": State.DEGRADED}.get(reason.severity)
        glyph, style = (SIGNS[state].glyph, SIGNS[state].style) if state else ("·", DIM)
        where = [(f"  {plain(reason.where)}", DIM)] if reason.where else []
        lines.append([(f"{glyph} ", style), (plain(reason.what), ""), *where])
    return lines
