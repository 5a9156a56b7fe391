"""What the pane below the tiles says of one site, and the line above them of all. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from microdc.health.model import State
from microdc_tui.devices import wording
from microdc_tui.glyphs import SIGNS
from microdc_tui.pairs.bars import bars
from microdc_tui.readings.nodes import MOVING
from microdc_tui.sites.summary import FAILED, Summary, Totals
from microdc_tui.sites.tile import counts, power, told, widest
from microdc_tui.spans import DIM, Line, ends, filled, width
from microdc_tui.text import plain

_APART = 3
_STEPS, _LEAST = 24, 6
"""Cells of a history beside its value, at most and at least."""
_ROOMY, _TALLEST = 8, 6
"""Lines of the pane that come before histories are drawn higher than one line, and how high they are drawn at most."""


def detail(
    summary: Summary, histories: Mapping[str, Sequence[float | None]], room: int, lines: int
) -> list[Line]:
    """At most so many lines of at most `room` cells; the reasons come last, with how many have no place. histories: by name, as `past` has them."""
    _, word, style = SIGNS[summary.state]
    glyph = SIGNS[summary.state].glyph
    title = plain(summary.title)
    age = "" if summary.oldest is None else f"oldest sample {wording.span(summary.oldest)} ago"
    tall = max(1, min(_TALLEST, lines - _ROOMY))
    head: list[Line] = [
        ends(
            [(plain(summary.site), "bold"), (f"  {title}" if title != summary.site else "", DIM)],
            [(f"{glyph} {word}", style), (f"  {age}" if age else "", DIM)],
            room,
        ),
        _counted(summary),
        *_flows(summary, histories, room, tall),
    ]
    left = lines - len(head)
    names = widest(summary.reasons, summary.site, max(8, room // 4))
    reasons = [told(one, summary.site, names, room) for one in summary.reasons]
    if not reasons:
        reasons = [[("nothing to report", DIM)]]
    elif len(reasons) > left > 0:
        more = len(reasons) - left + 1
        reasons = [*reasons[: left - 1], [(f"and {more} more", DIM)]]
    return [filled(line, room) for line in [*head, *reasons][:lines]]


def _counted(summary: Summary) -> Line:
    line: Line = []
    groups: tuple[tuple[str, Line], ...] = (
        ("servers", counts(_tally(summary.servers))),
        ("switches", counts(_tally(summary.switches))),
        ("pairs", counts(summary.pairs)),
        ("nodes", _nodes(summary)),
    )
    for name, told_ in groups:
        if told_:
            line += [(" " * _APART if line else "", ""), (f"{name} ", DIM), *told_]
    return line


def _tally(states: Sequence[State]) -> Mapping[State, int]:
    return {state: states.count(state) for state in set(states)}


def _nodes(summary: Summary) -> Line:
    """Their states in words, those that need somebody first."""
    line: Line = []
    rank = {**dict.fromkeys(FAILED, 0), **dict.fromkeys(MOVING, 1)}
    for state in sorted(summary.nodes, key=lambda one: (rank.get(one, 2), one)):
        style = "$error" if state in FAILED else "$accent" if state in MOVING else ""
        share = f" {summary.progress:.0%}" if state in MOVING and summary.progress is not None else ""
        line += [(", " if line else "", DIM), (f"{summary.nodes[state]} {plain(state)}{share}", style)]
    return line


def _flows(
    summary: Summary, histories: Mapping[str, Sequence[float | None]], room: int, tall: int
) -> list[Line]:
    """Draw and traffic with their last minutes: beside the values, or on lines of their own where there is room."""
    shown = (
        ("draw", power(summary.draw)),
        ("lan", wording.bits(summary.lan)),
        ("wan", wording.bits(summary.wan)),
    )
    third = (room - 2 * _APART) // 3
    cells: list[list[Line]] = []
    for name, value in shown:
        label: Line = [(f"{name} ", DIM), (f"{value:<8} ", "")]
        if tall > 1:
            drawn = _bars(histories.get(name, ()), third, tall)
            cells.append([label, *([(text, "$accent")] for text in drawn), []])
        else:
            wide = min(_STEPS, third - 14)
            (beside,) = _bars(histories.get(name, ()), wide, 1) if wide >= _LEAST else ("",)
            cells.append([[*label, (beside, "$accent")]])
    blank = (" " * _APART, "")
    return [
        [*filled(a, third), blank, *filled(b, third), blank, *filled(c, third)]
        for a, b, c in zip(*cells, strict=True)
    ]


def _bars(history: Sequence[float | None], wide: int, tall: int) -> list[str]:
    """From nothing up, so that what only trembles looks so; all of the width is used."""
    count = len(history)
    steps = [history[cell * count // wide] for cell in range(wide)] if 0 < count < wide else history
    return bars(steps, wide, tall, max((value for value in history if value is not None), default=0.0))


def total(found: Totals, room: int) -> Line:
    """The line above the tiles: how many sites are in which state, and what all of them add up to."""
    count = sum(found.states.values())
    right: Line = [(power(found.draw), "")]
    for name, value in (("lan", found.lan), ("wan", found.wan)):
        right += [(f"  {name} ", DIM), (wording.bits(value), "")]
    if any(found.pairs.values()):
        right += [("  pairs ", DIM), *_share(found.pairs)]
    if found.nodes:
        right += [("  nodes ", DIM), (f"{found.nodes}", "")]
        right += [(f" ▸{found.moving}", "$accent")] if found.moving else []
        right += [(f" ✗{found.failed}", "$error")] if found.failed else []
    left: Line = [(f"{count} ", "bold"), ("site" if count == 1 else "sites", DIM)]
    states: Line = [("   ", ""), *counts(found.states, words=True)]
    return ends([*left, *states] if width([*left, *states, *right]) < room else left, right, room)


def _share(pairs: Mapping[State, int]) -> Line:
    """How many are well, of how many; coloured where not all are."""
    count, well = sum(pairs.values()), pairs.get(State.OK, 0)
    return [(f"{well}/{count}", "" if well == count else "$warning")]
