"""How far the demo's nodes are on their way to a system. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from microdc.health.model import Reason

PHASES = (
    ("prepare", 6.0),
    ("power", 5.0),
    ("firmware", 11.0),
    ("dhcp", 4.0),
    ("loader", 3.0),
    ("kernel", 7.0),
    ("ramdisk", 9.0),
    ("work", 62.0),
    ("configure", 8.0),
    ("first-boot", 26.0),
    ("verify", 6.0),
)
"""In the words of `microdc deploy`, each with the seconds that it takes here; a real server's firmware alone takes minutes."""

ATTEMPTS = 2
IMAGE = "debian-12-openstack"
SIZE = 2_469_606_195
"""Bytes of the image."""
_GIVEN_UP = 18.0
"""Seconds for which a node is waited for in a phase in which nothing comes."""
WHOLE = sum(seconds for _, seconds in PHASES)

FAILURES = {
    "dhcp": (
        "mistyped-mac",
        "a MAC address that nobody declared asks for an address, one digit beside this node's",
        "see which MAC addresses it has: microdc inventory diff",
    ),
    "work": (
        "image-cut",
        "the connection that brings the image was cut again and again",
        "look for errors at its port: microdc switch show --over 10s",
    ),
}
"""By the phase in which a node stops: cause, text, advice."""

Told = tuple[tuple[Reason, ...], dict[str, float], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Move:
    """A deployment that began at `began` (Unix seconds). stops: the phase in which it comes no further, "" where all goes well. aborted: when somebody ended it."""

    began: float
    number: int
    attempt: int = 1
    stops: str = ""
    aborted: float | None = None


def phase_at(move: Move, at: float) -> tuple[str, float, float, float]:
    """The phase that a move is in, since when, when it would be given up, and how much of all is done; `failed` and `active` at its end."""
    if move.aborted is not None and at >= move.aborted:
        _, _, _, done = phase_at(replace(move, aborted=None), move.aborted)
        return "failed", move.aborted, 0.0, done
    passed, since = max(0.0, at - move.began), 0.0
    for name, seconds in PHASES:
        if name == move.stops:
            end = since + (seconds * 0.6 if name == "work" else 0.0) + _GIVEN_UP
            if passed >= end:
                return "failed", move.began + end, 0.0, since / WHOLE
            return name, move.began + since, move.began + end, min(passed, since + seconds * 0.6) / WHOLE
        if passed < since + seconds:
            return name, move.began + since, move.began + since + 300.0, passed / WHOLE
        since += seconds
    return "active", move.began + since, 0.0, 1.0


def observe(move: Move, at: float) -> Told:
    """A node whose move has begun; only what moves has figures."""
    phase, since, deadline, done = phase_at(move, at)
    facts: dict[str, Any] = {
        "state": "deploying",
        "phase": phase,
        "action": "deploy",
        "image": IMAGE,
        "move": move.number,
        "attempt": move.attempt,
        "since": since,
        "deadline": deadline or None,
        "failure": None,
        "done": None,
        "total": None,
        "rate": None,
        "eta": None,
    }
    if phase == "active":
        return (), {}, {**facts, "state": "active", "phase": None}
    if phase == "failed":
        stopped, cause, text, advice = failure(move)
        facts |= {
            "state": "failed",
            "phase": stopped,
            "failure": {"cause": cause, "text": text, "advice": advice},
        }
        return (Reason("down", f"{text} ({advice})", stopped),), {}, facts
    facts["eta"] = round(move.began + WHOLE - at, 1)
    if phase == "work":
        share = min(1.0, (at - since) / dict(PHASES)["work"])
        facts |= {"done": int(SIZE * share), "total": SIZE, "rate": round(SIZE / dict(PHASES)["work"])}
    figures = {
        "progress": round(done, 4),
        "phase_seconds": round(at - since, 1),
        "attempt": float(move.attempt),
    }
    again = (Reason("info", f"attempt {move.attempt} of {ATTEMPTS}"),) if move.attempt > 1 else ()
    return again, figures, facts


def failure(move: Move) -> tuple[str, str, str, str]:
    """Of a move that failed: phase, cause, text, advice."""
    if move.aborted is not None:
        phase, _, _, _ = phase_at(replace(move, aborted=None), move.aborted)
        return (
            phase,
            "aborted",
            "ended by you; its disk may be half written",
            "microdc deploy retry begins anew",
        )
    return move.stops, *FAILURES[move.stops]
