"""What the demo's emulators tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from microdc.health.demo.acts import Laid
from microdc.health.demo.state import State
from microdc.health.model import Reason

Told = tuple[tuple[Reason, ...], dict[str, float], dict[str, Any]]


def observe(state: State, name: str, at: float) -> Told:
    """An emulator at a moment (Unix seconds)."""
    sites = state.world.shapers[name]
    now = state.moment(at)
    scene = now.scene
    overlays = [
        one for one in now.overlays if any(_touches(state, pair, sites) for pair in (*one.pairs, *one.cuts))
    ]
    drifted = sorted(pair for pair in scene.drifted if _touches(state, pair, sites))
    drift = [f"{pair}: netem's delay is not what was set; somebody changed it by hand" for pair in drifted]
    gone = name in scene.gone
    reasons = [Reason("degraded", text.partition(": ")[2], text.partition(": ")[0]) for text in drift]
    if gone:
        reasons.insert(
            0, Reason("degraded", "its agent does not run: what lies there stays, and nothing ends on time")
        )
    figures = {
        "overlays": float(len(overlays)),
        "drifted": float(len(drift)),
        "agent_up": 0.0 if gone else 1.0,
    }
    facts = {
        "host": f"{name}.lab.example",
        "ports": [state.world.pops[site].code for site in sites],
        "overlays": [overlay(one) for one in overlays],
        "drift": drift,
    }
    return tuple(reasons), figures, facts


def overlay(one: Laid) -> dict[str, Any]:
    """An overlay as the facts have it."""
    return {
        "id": one.ident,
        "owner": one.owner,
        "what": one.profile or f"cut of {', '.join(one.cuts)}",
        "until": one.until,
        "pairs": list(one.pairs),
    }


def serves(shapers: Mapping[str, Sequence[str]], site: str) -> str:
    """The emulator at which a site's line ends; "" for none."""
    return next((name for name, sites in shapers.items() if site in sites), "")


def _touches(state: State, pair: str, sites: tuple[str, ...]) -> bool:
    line = state.world.lines.get(pair)
    return line is not None and (line.a in sites or line.b in sites)
