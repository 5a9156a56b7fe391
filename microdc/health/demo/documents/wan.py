"""The WAN as it is shown, and what a change of it would do."""

from __future__ import annotations

from microdc.health.demo.acts import Laid
from microdc.health.demo.documents.frame import Document, document
from microdc.health.demo.shapers import serves
from microdc.health.demo.state import State
from microdc.health.demo.wan import asked_of


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
