"""A pair as the WAN's screens show it: what was asked for and what is, of one quantity at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from microdc.health.model import DeviceHealth, Reason, State
from microdc_tui.devices import wording


class Metric(StrEnum):
    """What the matrix shows. RTT is the same both ways, the others are of a direction."""

    RTT = "rtt"
    LOSS = "loss"
    RATE = "rate"


UNITS = {Metric.RTT: "ms", Metric.LOSS: "%", Metric.RATE: "bit/s"}
TITLES = {Metric.RTT: "RTT", Metric.LOSS: "Loss", Metric.RATE: "Rate"}
_WORDS = frozenset(str(metric) for metric in Metric)


@dataclass(frozen=True, slots=True)
class Reading:
    """A quantity of a direction, in base units; None for what nobody told. state: what is to be thought of it."""

    state: State
    asked: float | None = None
    measured: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A pair of sites, a before b as the fleet names them. cut: no way is left, or it was cut."""

    a: str
    b: str
    state: State
    cut: bool = False
    stale: bool = False
    reasons: tuple[Reason, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As the fleet names it."""
        return f"{self.a}:{self.b}"

    def reading(self, metric: Metric, *, forward: bool = True) -> Reading:
        """What was asked for and measured. forward: from a to b, else from b to a."""
        way = "" if metric is Metric.RTT else "_ab" if forward else "_ba"
        measured = f"{metric}_measured" if metric is Metric.RTT else f"{metric}{way}"
        return Reading(
            self.verdict(metric), self.figures.get(f"{metric}_asked{way}"), self.figures.get(measured)
        )

    def verdict(self, metric: Metric) -> State:
        """The health of the pair as far as this quantity goes: troubles that are said to be of another one do not show here."""
        if self.state not in {State.DOWN, State.DEGRADED} or self.cut:
            return self.state
        bad = [reason for reason in self.reasons if reason.severity != "info"]
        mine = [reason for reason in bad if _quantity(reason) in {None, metric}]
        if not bad:
            return self.state
        if not mine:
            return State.OK
        return State.DOWN if any(reason.severity == "down" for reason in mine) else State.DEGRADED


def _quantity(reason: Reason) -> Metric | None:
    """What a reason is of: where it is begins with the word (`loss paris to lisbon`); None where it is of the pair as a whole."""
    word = reason.where.partition(" ")[0]
    return Metric(word) if word in _WORDS else None


def link(health: DeviceHealth) -> Link:
    """A pair, of its health."""
    a, _, b = health.device.name.partition(":")
    cut = health.figures.get("way") == 0 or bool(health.facts.get("cut"))
    return Link(a, b, health.state, cut, health.stale, health.reasons, health.figures, health.facts)


def digits(metric: Metric, value: float | None) -> str:
    """A value in five characters or less, in the unit of UNITS: 182, 12.3, 0.81; "-" for what nobody told."""
    if value is None or not math.isfinite(value):
        return "-"
    if metric is Metric.RATE:
        return wording.bits(value)
    scaled = value * (1_000 if metric is Metric.RTT else 100)
    if scaled == 0:
        return "0"
    if scaled < 0.005:
        return "<.01"
    places = 0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2
    text = f"{scaled:.{places}f}"
    return text.rstrip("0").rstrip(".") if places == 2 else text


def told(metric: Metric, value: float | None) -> str:
    """A value with its unit."""
    shown = digits(metric, value)
    if shown == "-":
        return shown
    if metric is Metric.RATE and shown[-1].isalpha():
        return f"{shown[:-1]} {shown[-1]}bit/s"
    return f"{shown} {UNITS[metric]}"
