"""What the WAN's screen says above the matrix, of the pairs that are not well, and of cells without a pair. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from microdc.health.model import State
from microdc_tui.glyphs import GRAVITY, SIGNS
from microdc_tui.pairs.cell import CUT, whole, word
from microdc_tui.pairs.lattice import NUMBERED, Cell
from microdc_tui.pairs.link import TITLES, UNITS, Link, Metric
from microdc_tui.spans import DIM, Line, ends, filled, fitted, width
from microdc_tui.text import plain

_KEYS = 60
"""Cells from which on the line above the matrix tells the unit."""


def head(metric: Metric, form: Cell, found: Iterable[Link], room: int) -> Line:
    """The line above the matrix: which quantity, by which keys another one, how the worst of each is, and how many pairs are how."""
    found = tuple(found)
    left: Line = []
    for number, one in enumerate(Metric, 1):
        style = "bold $accent" if one is metric else DIM
        worst = min((pair.verdict(one) for pair in found), key=GRAVITY.__getitem__, default=State.OK)
        glyph, _, colour = SIGNS[worst]
        left += [(f"{number} ", "$accent"), (TITLES[one], style)]
        left += [(f" {glyph}", colour)] if worst in {State.DOWN, State.DEGRADED} else []
        left.append(("  ", ""))
    if room >= _KEYS and form not in NUMBERED:
        left += [(f" {UNITS[metric]}, measured{'/asked' if form is Cell.BOTH else ''}", DIM)]
    return ends(left, _states(found), room)


def metric_at(line: str, cell: int) -> Metric | None:
    """Of which quantity the line above the matrix tells there."""
    for number, one in enumerate(Metric, 1):
        name = f"{number} {TITLES[one]}"
        start = line.find(name)
        if 0 <= start <= cell < start + len(name) + 2:  # with its sign
            return one
    return None


def _states(found: Iterable[Link]) -> Line:
    """How many pairs are in which state, cut ones by themselves, the gravest first."""
    states: Counter[State] = Counter()
    cut = 0
    for one in found:
        if one.cut:
            cut += 1
        else:
            states[one.state] += 1
    line: Line = [(f"{CUT} ", SIGNS[State.DOWN].style), (f"{cut}  ", "")] if cut else []
    for state in sorted(states, key=GRAVITY.__getitem__):
        line += [(f"{SIGNS[state].glyph} ", SIGNS[state].style), (f"{states[state]}  ", "")]
    return [*line, (f"of {sum(states.values()) + cut} pairs", DIM)]


def nothing(from_: str, to: str) -> list[Line]:
    """Of a cell where there is no pair."""
    if from_ == to:
        return [[(plain(from_), "bold")], [("a site and itself are no pair", DIM)]]
    return [
        [(plain(from_), "bold"), (" → ", DIM), (plain(to), "bold")],
        [("between these two nothing is emulated and nothing watched", DIM)],
    ]


def troubled(found: Iterable[Link], but: Link | None, room: int) -> list[Line]:
    """A line for each other pair that is not well, the gravest first."""
    bad = [one for one in found if one.state in {State.DOWN, State.DEGRADED} and one is not but]
    bad.sort(key=lambda one: (GRAVITY[one.state], not one.cut))
    names = [f"{plain(one.a)} ↔ {plain(one.b)}" for one in bad]
    wide = min(room // 2, max((width([(name, "")]) for name in names), default=0))
    lines: list[Line] = []
    for one, name in zip(bad, names, strict=True):
        glyph, style = whole(one)
        why = plain(one.reasons[0].what) if one.reasons else word(one)
        line: Line = [(f"{glyph} ", style), (fitted(name, wide), ""), ("  ", ""), (why, DIM)]
        lines.append(filled(line, room))
    return lines
