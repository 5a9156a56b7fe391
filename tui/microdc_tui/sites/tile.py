"""A tile: what is to be seen of a site at a glance. The same things stand at the same place in all tiles of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from microdc.health.model import Kind, SiteReason, State
from microdc_tui.devices import wording
from microdc_tui.glyphs import GRAVITY, SIGNS
from microdc_tui.sites.summary import Summary
from microdc_tui.spans import DIM, Line, columns, ends, filled, width
from microdc_tui.text import plain

_SHARES = (9, 11, 13)
"""Of the columns of figures: "12 nodes", "▸2 37% ✗1", "● 18/19 pairs"."""
_SEVERITY = {"down": State.DOWN, "degraded": State.DEGRADED}


def tile(summary: Summary, lines: int, room: int) -> list[Line]:
    """So many lines (5, 3, 2 or 1) of `room` cells each."""
    drawn = {5: _five, 3: _three, 2: _two, 1: _one}[lines](summary, room)
    return [filled(line, room) for line in drawn]


def _five(summary: Summary, room: int) -> list[Line]:
    _, word, style = SIGNS[summary.state]
    title = plain(summary.title)
    beside: Line = [(f"  {title}", DIM)] if title and title != summary.site else []
    return [
        ends([*_name(summary), *beside], [(word, style)], room),
        _marks(summary, room),
        columns([_draw(summary), _flow("lan", summary.lan), _flow("wan", summary.wan)], room, _SHARES),
        columns([_nodes(summary), _deploy(summary), pairs(summary)], room, _SHARES),
        worst(summary, room),
    ]


def _three(summary: Summary, room: int) -> list[Line]:
    flows = [_flow("lan", summary.lan), _flow("wan", summary.wan), _deploy(summary)]
    return [
        ends(_name(summary), _draw(summary), room),
        _marks(summary, room),
        worst(summary, room) or columns(flows, room),
    ]


def _two(summary: Summary, room: int) -> list[Line]:
    deploy = _deploy(summary, words=False)
    left = room - 2 - (width(deploy) + 1 if deploy else 0)
    said = worst(summary, left) or columns([_flow("lan", summary.lan), _flow("wan", summary.wan)], left)
    second = ends(said, deploy, room - 2) if deploy else said
    return [ends(_name(summary), _draw(summary), room), [("  ", ""), *second]]


def _one(summary: Summary, room: int) -> list[Line]:
    first = ends(_name(summary), _draw(summary), min(20, room // 2) + 8)
    quiet = [*_flow("lan", summary.lan), ("  ", ""), *_flow("wan", summary.wan)]
    return [[*first, ("  ", ""), *(worst(summary, room - width(first) - 2) or quiet)]]


def _name(summary: Summary) -> Line:
    glyph, _, style = SIGNS[summary.state]
    return [(f"{glyph} ", style), (plain(summary.site), "bold")]


def _draw(summary: Summary) -> Line:
    return [(power(summary.draw), "" if summary.draw is not None else DIM)]


def _flow(label: str, bits: float | None) -> Line:
    return [(f"{label} ", DIM), (wording.bits(bits), "" if bits is not None else DIM)]


def _nodes(summary: Summary) -> Line:
    count = sum(summary.nodes.values())
    return [(f"{count}", ""), (" node" if count == 1 else " nodes", DIM)] if count else []


def _deploy(summary: Summary, *, words: bool = True) -> Line:
    """What goes on with its nodes; nothing where nothing does."""
    line: Line = []
    if summary.moving:
        share = "" if summary.progress is None or not words else f" {summary.progress:.0%}"
        line.append((f"▸{summary.moving}{share}", "$accent"))
    if summary.failed:
        word = " failed" if words and not line else ""
        line += [(" " if line else "", ""), (f"✗{summary.failed}{word}", "$error")]
    return line


def pairs(summary: Summary) -> Line:
    """How many of the pairs that end at a site are well."""
    way = summary.way
    if way is None:
        return []
    count = sum(summary.pairs.values())
    glyph, _, style = SIGNS[way]
    return [(f"{glyph} ", style), (f"{summary.pairs.get(State.OK, 0)}/{count}", ""), (" pairs", DIM)]


def _marks(summary: Summary, room: int) -> Line:
    """A glyph for each server and, apart from them, each switch; or, where they are too many, how many are in which state."""
    gap = 1 if summary.servers and summary.switches else 0
    if len(summary.servers) + gap + len(summary.switches) > room:
        return counts(summary.devices)
    return [*_glyphs(summary.servers), (" " * gap, ""), *_glyphs(summary.switches)]


def _glyphs(states: Sequence[State]) -> Line:
    return [(SIGNS[state].glyph * len(list(run)), SIGNS[state].style) for state, run in groupby(states)]


def counts(states: Mapping[State, int], *, words: bool = False) -> Line:
    """How many are in which state, the gravest first."""
    line: Line = []
    for state in sorted(states, key=GRAVITY.__getitem__):
        if states[state]:
            glyph, word, style = SIGNS[state]
            line += [
                ("  " if line else "", ""),
                (f"{glyph} ", style),
                (f"{states[state]}", ""),
                (f" {word}" if words else "", DIM),
            ]
    return line


def power(watts: float | None) -> str:
    """Three digits of what a site draws: 940 W, 4.21 kW, 12.3 kW."""
    if watts is None:
        return "-"
    return f"{watts / 1000:.2f} kW" if 999.5 <= watts < 9995 else wording.watts(watts)


def worst(summary: Summary, room: int) -> Line:
    """The gravest of its reasons, and at the end how many more there are; empty where all is well."""
    told = [reason for reason in summary.reasons if reason.reason.severity in _SEVERITY]
    if not told:
        return []
    because = _because(told[0], summary.site)
    return ends(because, [(f"+{len(told) - 1}", DIM)], room) if len(told) > 1 else because


def _because(reason: SiteReason, site: str) -> Line:
    _, _, style = SIGNS[_SEVERITY[reason.reason.severity]]
    name = _device(reason, site)
    return [(f"{name} " if name else "", ""), (plain(reason.reason.what), style)]


def _device(reason: SiteReason, site: str) -> str:
    """Its name; of a pair the far end."""
    kind, _, name = reason.device.partition("/")
    if kind == Kind.PAIR:
        a, _, b = name.partition(":")
        name = f"↔ {b if a == site else a}"
    return plain(name)


def told(reason: SiteReason, site: str, names: int, room: int) -> Line:
    """A reason on a line of its own: glyph, device, what, and where it is. names: cells for the device's name."""
    state = _SEVERITY.get(reason.reason.severity, State.OK)
    glyph, _, style = SIGNS[state]
    where = plain(reason.reason.where)
    return filled(
        [
            (f"{glyph} ", style),
            *filled([(_device(reason, site), "bold")], names),
            ("  ", ""),
            (plain(reason.reason.what), ""),
            (f"  {where}" if where else "", DIM),
        ],
        room,
    )


def widest(reasons: Sequence[SiteReason], site: str, most: int) -> int:
    """Cells for the names of the devices of several reasons, so that what follows stands in one column."""
    return min(most, max((width([(_device(one, site), "")]) for one in reasons), default=0))


def haystack(summary: Summary) -> tuple[str, Mapping[str, str]]:
    """What a filter of sites looks through: the words of a tile in lower case, and labels (`state=down`, `wan=ok`)."""
    words = [
        summary.site,
        summary.title,
        SIGNS[summary.state].word,
        *summary.nodes,
        *(f"{one.device} {one.reason.what} {one.reason.where}" for one in summary.reasons),
    ]
    labels = {"site": summary.site, "state": SIGNS[summary.state].word}
    if summary.way is not None:
        labels["wan"] = SIGNS[summary.way].word
    return "\n".join(words).lower(), {name: value.lower() for name, value in labels.items()}
