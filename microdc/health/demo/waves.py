"""What goes up and down by itself: loads, temperatures, delays. Pure: the same moment gives the same."""

from __future__ import annotations

from math import sin, tau

DAY = 900.0
"""Seconds of a day in the demo, so that whoever looks sees one pass."""

Phases = tuple[float, float, float]


def load(t: float, phases: Phases, shift: float = 0.0) -> float:
    """How busy something is, 0.03..1: its day, and what comes and goes within minutes and seconds. shift: of its day, 0..1."""
    value = (
        0.42
        + 0.28 * sin(tau * (t / DAY + shift))
        + 0.16 * sin(tau * (t / 53.0 + phases[0]))
        + 0.09 * sin(tau * (t / 17.0 + phases[1]))
        + 0.05 * sin(tau * (t / 4.3 + phases[2]))
    )
    return 0.03 if value < 0.03 else min(value, 1.0)


def ripple(t: float, phase: float, seconds: float = 9.0) -> float:
    """-1..1, around what something is."""
    return 0.7 * sin(tau * (t / seconds + phase)) + 0.3 * sin(tau * (t / (seconds * 0.37) + 2 * phase))


def ramp(t: float, begin: float, rise: float, end: float, fall: float) -> float:
    """0 before `begin`, 1 after `rise` seconds until `end`, and back to 0 in `fall`."""
    if t <= begin or t >= end + fall:
        return 0.0
    if t < begin + rise:
        return (t - begin) / rise
    return 1.0 if t <= end else 1.0 - (t - end) / fall
