"""What the pane below the tiles says of one site, and the line above them of all. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from microdc.health.model import State
from microdc_tui.devices import wording
from microdc_tui.glyphs import SIGNS
from microdc_tui.readings.nodes import MOVING
from microdc_tui.sites.summary import FAILED, Summary, Totals
from microdc_tui.sites.tile import counts, power, told, widest
from microdc_tui.spans import DIM, Line, ends, filled
from microdc_tui.text import plain
from microdc_tui.widgets.spark import spark

_APART = 3
_WORDS = 110
"""Cells from which on the line above the tiles has room for the states in words."""


def detail(
    summary: Summary, histories: Mapping[str, Sequence[float | None]], room: int, lines: int
) -> list[Line]:
    """At most so many lines of at most `room` cells; the reasons come last, with how many have no place. histories: by name, as `past` has them."""
    _, word, style = SIGNS[summary.state]
    glyph = SIGNS[summary.state].glyph
    title = plain(summary.title)
    age = "" if summary.oldest is None else f"oldest sample {wording.span(summary.oldest)} ago"
    head: list[Line] = [
        ends(
            [(plain(summary.site), "bold"), (f"  {title}" if title != summary.site else "", DIM)],
            [(f"{glyph} {word}", style), (f"  {age}" if age else "", DIM)],
            room,
        ),
        _counted(summary),
        _flows(summary, histories, room),
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


def _flows(summary: Summary, histories: Mapping[str, Sequence[float | None]], room: int) -> Line:
    """Draw and traffic, each with its last minutes."""
    shown = (
        ("draw", power(summary.draw)),
        ("lan", wording.bits(summary.lan)),
        ("wan", wording.bits(summary.wan)),
    )
    wide = max(0, min(24, room // 3 - 16))
    line: Line = []
    for name, value in shown:
        bars = _bars(histories.get(name, ()), wide) if wide >= 6 else ""
        cell = [(f"{name} ", DIM), (f"{value:<8}", ""), (bars, "$accent")]
        line += [*filled(cell, min(room // 3, wide + 14)), (" " * _APART, "")]
    return line


def _bars(history: Sequence[float | None], wide: int) -> str:
    """From nothing up, so that what only trembles looks so."""
    return spark(history, wide, low=0.0).plain


def total(found: Totals, room: int) -> Line:
    """The line above the tiles: how many sites are in which state, and what all of them add up to."""
    count = sum(found.states.values())
    left: Line = [(f"{count} ", "bold"), ("site" if count == 1 else "sites", DIM)]
    if room >= _WORDS:
        left += [("   ", ""), *counts(found.states, words=True)]
    right: Line = [(power(found.draw), "")]
    for name, value in (("lan", found.lan), ("wan", found.wan)):
        right += [(f"  {name} ", DIM), (wording.bits(value), "")]
    if any(found.pairs.values()):
        right += [("  pairs ", DIM), *_share(found.pairs)]
    if found.nodes:
        right += [("  nodes ", DIM), (f"{found.nodes}", "")]
        right += [(f" ▸{found.moving}", "$accent")] if found.moving else []
        right += [(f" ✗{found.failed}", "$error")] if found.failed else []
    return ends(left, right, room)


def _share(pairs: Mapping[State, int]) -> Line:
    """How many are well, of how many; coloured where not all are."""
    count, well = sum(pairs.values()), pairs.get(State.OK, 0)
    return [(f"{well}/{count}", "" if well == count else "$warning")]
