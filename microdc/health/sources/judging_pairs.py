"""What is asked of a pair of sites, what went through, and how long a round trip took -> what is wrong with it, figures and facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from microdc.health.model import Reason
from microdc.impairment import Impairment
from microdc.testbed.model import PairWan
from microdc.wan.matrix import Entry, Side
from microdc.wan.model import BASE, Asked, Overlay
from microdc.wan.watch import Sample

_ALL: Final = 100.0
"""Percent: a direction that loses so much has no way."""
_SHARE, _LEAST, _JITTERS = 0.25, 0.005, 3.0
"""A round trip may differ from what is asked by a share of it, at least by seconds, and by so many deviations of the jitter."""


@dataclass(frozen=True, slots=True)
class Trip:
    """Round trips of a pair, measured. rtt, least: seconds, the middle one and the shortest, None where no packet came back. lost: share. asked: seconds

    that what was laid asked for when it was measured, None where nothing was. problem: why it could not be measured, "" where it was.
    """

    at: float
    rtt: float | None = None
    lost: float = 0.0
    asked: float | None = None
    problem: str = ""
    least: float | None = None


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair as it is now. forth, back: what holds a to b and b to a, None where nothing is laid; through: what went through since the look before.

    entry: what the inventory asks, None where that cannot be worked out.
    """

    pair: PairWan
    forth: tuple[Overlay, Asked] | None
    back: tuple[Overlay, Asked] | None
    through: tuple[Sequence[Sample], Sequence[Sample]] = ((), ())
    entry: Entry | None = None
    trip: Trip | None = None

    @property
    def sides(self) -> tuple[Side | None, Side | None]:
        """What is asked both ways: what is laid, else what the inventory says."""
        forth = self.entry.forth if self.entry else None
        back = self.entry.back if self.entry else None
        return _side(self.forth, forth), _side(self.back, back)

    @property
    def way(self) -> bool:
        """Whether packets get through both ways, by what is asked."""
        return all(side is None or side.loss < _ALL for side in self.sides)

    @property
    def rtt(self) -> float | None:
        """Seconds that are asked for there and back; None where that is not known, or where there is no way."""
        forth, back = self.sides
        return None if forth is None or back is None or not self.way else (forth.owd + back.owd) / 1e9

    @property
    def held(self) -> float | None:
        """Seconds there and back that what is laid asks for, and a measured round trip is held against; None where a direction has nothing laid."""
        return None if self.forth is None or self.back is None else self.rtt


def _side(laid: tuple[Overlay, Asked] | None, inventory: Side | None) -> Side | None:
    if laid is None:
        return inventory
    value: Impairment = laid[1].impairment
    return Side(value.owd, value.rate, value.mean_loss)


def reasons(view: PairView) -> tuple[Reason, ...]:
    """What is not as it should be. That less goes through than could is nobody's fault, and no reason."""
    return tuple(_reasons(view))


def _reasons(view: PairView) -> Iterator[Reason]:
    if view.forth is None and view.back is None:
        yield Reason("info", "nothing is laid on it: microdc apply lays what the inventory asks")
        return
    if not view.way:
        cut = next((one for one, _ in _laid(view) if one.cuts), None)
        why = f"{', '.join(cut.cuts)} cut by {cut.owner}" if cut else "all of its packets are to be lost"
        yield Reason("down", f"there is no way: {why}")
        return
    trip, asked = view.trip, view.held
    if trip is None or asked is None or trip.asked != asked:
        return  # what was measured was measured of something else
    if trip.problem:
        yield Reason("info", f"its round trip cannot be measured: {trip.problem}")
    elif trip.rtt is None:
        yield Reason("degraded", "no packet came back", "loss")
    elif strays(trip, asked, _JITTERS * _jitter(view)):
        # longer may be the queue of a full line, which was asked for; shorter cannot be
        told = f"a round trip takes {trip.rtt * 1e3:.3g} ms, {asked * 1e3:.3g} ms are asked for"
        yield Reason("info" if trip.rtt > asked and _busy(view) else "degraded", told, "rtt")


def strays(trip: Trip, asked: float, allowed: float = 0.0) -> bool:
    """Whether round trips are not what is asked for. Seconds; allowed: beside the usual share. False where no packet came back.

    A busy machine makes most packets late, but not all: too long is what even the shortest one was, too short the middle one.
    """
    if trip.rtt is None:
        return False
    bound = max(_LEAST, _SHARE * asked) + allowed
    least = trip.rtt if trip.least is None else trip.least
    return least > asked + bound or trip.rtt < asked - bound


def _laid(view: PairView) -> list[tuple[Overlay, Asked]]:
    return [one for one in (view.forth, view.back) if one is not None]


def _jitter(view: PairView) -> float:
    return sum(asked.impairment.jitter for _, asked in _laid(view)) / 1e9


def _busy(view: PairView) -> bool:
    """Whether packets are queueing for their rate."""
    return any(
        one.rates is not None and (one.rates.queued_packets > 0 or (one.share or 0.0) > 0.8)
        for samples in view.through
        for one in samples
    )


def figures(view: PairView) -> dict[str, float]:
    """By the names of `microdc.health.figures`; what is not known, and a rate without a limit, is left out."""
    found: dict[str, float] = {"way": float(view.way)}
    if (rtt := view.rtt) is not None:
        found["rtt_asked"] = rtt
    if view.trip is not None and view.trip.rtt is not None:
        found["rtt_measured"] = view.trip.rtt
    for name, side, samples in zip(("ab", "ba"), view.sides, view.through, strict=True):
        if side is not None:
            found[f"loss_asked_{name}"] = min(1.0, side.loss / 100)
            if side.rate is not None:
                found[f"rate_asked_{name}"] = float(side.rate)
        rates = [one.rates for one in samples if one.rates is not None]
        if rates:
            found[f"rate_{name}"] = sum(one.out_bits for one in rates)
        came = sum(one.in_packets for one in rates)
        if came > 0:
            found[f"loss_{name}"] = min(1.0, sum(one.lost + one.overflowed for one in rates) / came)
    return found


def facts(view: PairView) -> dict[str, Any]:
    """As screens show it. origin: what is asked comes from; overlay: the id of what lies over the inventory's; ways: how the way is made up."""
    laid = _laid(view)
    over = next((overlay for overlay, _ in laid if overlay.id != BASE), None)
    told: dict[str, Any] = {
        "a": view.pair.a,
        "b": view.pair.b,
        "origin": over.reason if over else view.pair.origin,
        "overlay": over.id if over else None,
        "cut": not view.way,
        "ways": laid[0][1].origin if laid else "",
    }
    if view.trip is not None:
        told["trip"] = {"at": view.trip.at, "lost": view.trip.lost, "problem": view.trip.problem or None}
    return told
