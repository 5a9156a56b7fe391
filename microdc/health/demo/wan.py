"""What holds between the demo's sites. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from microdc.health.demo.building import Line, World
from microdc.health.demo.waves import load, ripple
from microdc.health.model import Reason

Told = tuple[tuple[Reason, ...], dict[str, float], dict[str, Any]]
LOST = 0.0001
"""What the lines of the backbone lose."""


class Shape(NamedTuple):
    """A profile as far as the demo knows it. rtt: seconds; forth, back: bit/s, None for what the line has; lost: share, each way."""

    rtt: float
    forth: float | None
    back: float | None
    lost_forth: float = 0.0
    lost_back: float = 0.0


PROFILES: Mapping[str, Shape] = {
    "lte": Shape(0.084, 12e6, 12e6, 0.0058, 0.0058),
    "leo-satellite": Shape(0.03858, 10e6, 100e6, 0.0004, 0.0033),
    "geo-satellite": Shape(0.6, 3e6, 25e6),
    "gpon": Shape(0.0015, 500e6, 1e9),
    "adsl2plus": Shape(0.0213, 1.4e6, 5e6),
    "metro-congested": Shape(0.004, None, None, 0.01, 0.01),
    "openstack-loss-1": Shape(0.0, None, None, 0.01, 0.01),
    "openstack-rtt-100": Shape(0.1, None, None),
}
"""Profiles of the library, by name."""


class Mood(NamedTuple):
    """What is done to a pair now. ways: the sites that it goes over, both ends with them; None where there is none, () for the line itself.

    rtt: seconds of that way.
    """

    ways: tuple[str, ...] | None = ()
    rtt: float = 0.0
    profile: str = ""
    overlay: str = ""
    congested: bool = False
    drifted: bool = False


USUAL = Mood()


def way(
    world: World, a: str, b: str, cuts: Iterable[str], dark: Iterable[str] = ()
) -> tuple[tuple[str, ...], float] | None:
    """The way of least delay between two sites over the lines that are up, and its seconds there and back; None where there is none."""
    down, out = set(cuts), set(dark)
    if a in out or b in out:
        return None
    near: dict[str, list[tuple[float, str]]] = {}
    for name, line in world.lines.items():
        if name not in down and line.a not in out and line.b not in out:
            near.setdefault(line.a, []).append((line.rtt, line.b))
            near.setdefault(line.b, []).append((line.rtt, line.a))
    heap: list[tuple[float, tuple[str, ...]]] = [(0.0, (a,))]
    seen: set[str] = set()
    while heap:
        rtt, path = heapq.heappop(heap)
        if path[-1] == b:
            return path, round(rtt, 5)
        if path[-1] in seen:
            continue
        seen.add(path[-1])
        for more, site in near.get(path[-1], ()):
            if site not in seen:
                heapq.heappush(heap, (rtt + more, (*path, site)))
    return None


def observe(line: Line, t: float, mood: Mood = USUAL) -> Told:
    """A pair `t` seconds after the beginning."""
    asked = asked_of(line, mood)
    cut = mood.ways is None
    figures: dict[str, float] = {"way": 0.0 if cut else 1.0}
    reasons: list[Reason] = []
    if cut:
        figures |= {"loss_asked_ab": 1.0, "loss_asked_ba": 1.0, "loss_ab": 1.0, "loss_ba": 1.0}
        reasons.append(Reason("down", "there is no way: all lines between the two are cut"))
    else:
        figures |= _figures(line, t, mood, asked)
        reasons += _reasons(line, mood, figures)
    facts = {
        "a": line.a,
        "b": line.b,
        "origin": f"profile {mood.profile}" if mood.profile else "the way of least delay",
        "overlay": mood.overlay or None,
        "cut": cut,
        "ways": "none" if mood.ways is None else " - ".join(mood.ways or (line.a, line.b)),
    }
    return tuple(reasons), figures, facts


def asked_of(line: Line, mood: Mood) -> Shape:
    """What a pair is asked to be like."""
    base = Shape(mood.rtt if mood.ways else line.rtt, line.forth, line.back, LOST, LOST)
    if not mood.profile:
        return base
    shape = PROFILES[mood.profile]
    return shape._replace(forth=shape.forth or base.forth, back=shape.back or base.back)


def astray(asked: Shape) -> float:
    """Seconds, there and back, by which a delay that somebody changed by hand is too long."""
    return 0.4 * asked.rtt + 0.012


def _figures(line: Line, t: float, mood: Mood, asked: Shape) -> dict[str, float]:
    forth, back = asked.forth or line.forth, asked.back or line.back
    queue = 0.035 * (1 + 0.3 * ripple(t, line.phases[1], 5.0)) if mood.congested else 0.0
    away = astray(asked) if mood.drifted else 0.0
    measured = asked.rtt + 0.0003 + 0.0002 * (1 + ripple(t, line.phases[0])) + queue + away
    lost = 0.021 + 0.008 * ripple(t, line.phases[2], 6.0) if mood.congested else 0.0
    share = 0.985 if mood.congested else 0.75 * load(t, line.phases)
    other = 0.5 * load(t, line.phases[::-1], 0.3)
    return {
        "rtt_asked": asked.rtt,
        "rtt_measured": round(measured, 6),
        "rate_asked_ab": forth,
        "rate_asked_ba": back,
        "rate_ab": float(round(forth * share)),
        "rate_ba": float(round(back * other)),
        "loss_asked_ab": asked.lost_forth,
        "loss_asked_ba": asked.lost_back,
        "loss_ab": round(max(0.0, asked.lost_forth * (1 + 0.3 * ripple(t, line.phases[1], 19.0)) + lost), 6),
        "loss_ba": round(max(0.0, asked.lost_back * (1 + 0.3 * ripple(t, line.phases[2], 23.0))), 6),
    }


def _reasons(line: Line, mood: Mood, figures: Mapping[str, float]) -> list[Reason]:
    reasons = []
    if mood.ways and mood.ways != (line.a, line.b):
        reasons.append(Reason("info", f"its line is cut: it goes over {', '.join(mood.ways[1:-1])}"))
    if mood.congested:
        where = f"loss {line.a} to {line.b}"
        reasons.append(
            Reason(
                "degraded",
                f"{figures['loss_ab']:.1%} is lost where {figures['loss_asked_ab']:.2%} is asked: the line is full",
                where,
            )
        )
    if mood.drifted:
        reasons.append(
            Reason(
                "degraded",
                f"RTT of {figures['rtt_measured'] * 1e3:.1f} ms where {figures['rtt_asked'] * 1e3:.1f} ms is asked",
                "rtt",
            )
        )
    if mood.overlay:
        reasons.append(Reason("info", f"{mood.overlay} lies over it: {mood.profile or 'a cut'}"))
    return reasons
