"""What lies at a shaper, and what differs from it -> what is wrong with it, figures and facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from microdc.agent.model import LaidLayer, State
from microdc.health.model import Reason
from microdc.health.sources.laid import Told
from microdc.testbed.shapers import Shaper
from microdc.wan.drift import Drifted
from microdc.wan.layers import overlay_of
from microdc.wan.model import BASE

_MOST: Final = 5
"""Differences that are told one by one."""


def reasons(state: State, drifted: Sequence[Drifted]) -> tuple[Reason, ...]:
    """What is not as it should be: what somebody else changed; that nothing is laid, or a change is not confirmed yet, is worth knowing."""
    found = [Reason("degraded", words(one), one.interface) for one in drifted[:_MOST]]
    if len(drifted) > _MOST:
        more = len(drifted) - _MOST
        found.append(Reason("degraded", f"and {more} more that is not as it was laid: microdc wan drift"))
    return (*found, *_known(state))


def _known(state: State) -> Iterator[Reason]:
    if not state.layers:
        yield Reason("info", "nothing is laid on it: microdc apply lays what the inventory asks")
    if state.unconfirmed is not None:
        left = state.unconfirmed.remaining
        yield Reason(
            "info", f"a change by {state.unconfirmed.by} ends in {left:.0f} s unless it is confirmed"
        )


def words(one: Drifted) -> str:
    """Such as: the delay line of paris → boston is 0 ms, and not 40 ms."""
    directions = one.what.directions
    of = str(directions[0]) if len(directions) == 1 else f"{len(directions)} directions" if directions else ""
    what = f"{one.what.what} of {of}" if of else one.what.what
    return f"not as it was laid: {what}: {one.what.found} instead of {one.what.asked}"


def figures(state: State, drifted: Sequence[Drifted]) -> dict[str, float]:
    """By the names of `microdc.health.figures`."""
    overlays = sum(layer.id != BASE for layer in state.layers)
    return {"overlays": float(overlays), "drifted": float(len(drifted)), "agent_up": 1.0}


def facts(shaper: Shaper, told: Told, drifted: Sequence[Drifted]) -> dict[str, Any]:
    """As screens show it; until: Unix time, null where it stays."""
    return {
        "host": shaper.reach.host,
        "ports": [port.interface for port in shaper.ports],
        "overlays": [_layer(layer, told.since) for layer in told.state.layers],
        "drift": [f"{one.interface}: {words(one)}" for one in drifted],
    }


def _layer(layer: LaidLayer, heard: float) -> dict[str, Any]:
    overlay = overlay_of(layer)
    pairs = sorted({":".join(sorted((one.source, one.target))) for one in overlay.values})
    return {
        "id": layer.id,
        "owner": layer.owner,
        "what": layer.reason,
        "until": None if layer.remaining is None else round(heard + layer.remaining, 1),
        "pairs": pairs,
    }
