"""The WAN as it is shown, and what a change of it would do."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.health.demo.acts import Laid
from microdc.health.demo.building import Line
from microdc.health.demo.documents.frame import Document, document
from microdc.health.demo.shapers import serves
from microdc.health.demo.state import State
from microdc.health.demo.story import Event
from microdc.health.demo.wan import asked_of, astray


def show(state: State, name: str, at: float) -> Document:
    """As `microdc wan show` prints it. name: of nothing; all is shown."""
    del name
    directions = [one for line in state.world.lines for one in _directions(state, line, at)]
    overlays = [_overlay(one, at) for one in state.acts.holding(at)]
    return document("Wan", {"directions": directions, "overlays": overlays, "notes": []})


def _directions(state: State, name: str, at: float) -> list[Document]:
    line = state.world.lines[name]
    mood = state.line(line, at)
    asked = asked_of(line, mood)
    drifted = mood.drifted
    found = []
    ways = ((line.a, line.b, asked.forth, asked.lost_forth), (line.b, line.a, asked.back, asked.lost_back))
    for source, target, rate, lost in ways:
        packets = int(max(0.0, at - state.begun) * 800)
        found.append(
            {
                "from": source,
                "to": target,
                "emulator": serves(state.world.shapers, source),
                "interface": state.world.pops[source].code,
                "asked": {
                    "owd": None if mood.ways is None else round(asked.rtt / 2 * 1e9),
                    "rate": rate,
                    "loss": 100.0 if mood.ways is None else 100 * lost,
                },
                "origin": f"profile {mood.profile}" if mood.profile else "the way of least delay",
                "overlay": mood.overlay or None,
                "as_asked": not drifted,
                "sent": {"packets": packets, "bytes": packets * 900},
                "lost": int(packets * lost),
            }
        )
    return found


def drift(state: State, name: str, at: float) -> Document:
    """As `microdc wan drift` prints it. name: of nothing; all is told."""
    del name
    lines = sorted(state.moment(at).scene.drifted & state.world.lines.keys())
    found = [one for line in lines for one in _drifted(state, state.world.lines[line], at)]
    rest: Document = {group: [] for group in ("parts", "gone", "waiting", "unverifiable", "touched")}
    return document("Drift", {"drifted": bool(found), "differences": found, **rest})


def _drifted(state: State, line: Line, at: float) -> Iterator[Document]:
    """One for each emulator on which a direction of it lies."""
    asked = asked_of(line, state.line(line, at))
    late = asked.rtt + astray(asked)
    begins = [one.start for one in state.story.so_far(at - state.begun) if _strays(one, line)]
    since = state.begun + max(begins, default=0.0)
    ways: dict[str, list[tuple[str, str]]] = {}
    for source, target in ((line.a, line.b), (line.b, line.a)):
        ways.setdefault(serves(state.world.shapers, source), []).append((source, target))
    for emulator, directions in ways.items():
        yield {
            "emulator": emulator,
            "interface": state.world.pops[directions[0][0]].code,
            "what": "delay line",
            "directions": [{"from": source, "to": target} for source, target in directions],
            "asked": f"{500 * asked.rtt:.4g} ms",
            "found": f"{500 * late:.4g} ms",
            "since": {"first": since, "last": since, "times": 1, "watched": state.begun},
        }


def _strays(event: Event, line: Line) -> bool:
    return event.kind == "drifted" and event.target == line.device.name


def _overlay(one: Laid, at: float) -> Document:
    return {
        "id": one.ident,
        "owner": one.owner,
        "reason": one.reason,
        "made": one.made,
        "ends_in_seconds": None if one.until is None else round(one.until - at, 1),
        "directions": 2 * len(one.pairs or one.cuts),
        "missing_on": [],
        "cuts": list(one.cuts),
    }
