"""Is what was measured what was asked? Pure: one verdict per quantity and direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from microdc.impairment import Impairment
from microdc.measure import expected
from microdc.measure.assemble import NOTHING_CAME
from microdc.measure.delays import Band, Delays, is_normal, unjudged
from microdc.measure.lossverdict import judge_copies, judge_losses
from microdc.measure.lossverdict import unjudged as unjudged_count
from microdc.measure.model import (
    Both,
    DelayStats,
    Direction,
    Measurement,
    OneWay,
    Outcome,
    Unmeasured,
    Verdict,
)
from microdc.measure.rateverdict import judge_rate
from microdc.measure.tolerance import Tolerance, rtt_jitter

_EVERYTHING = 100.0
"""Percent."""


def judge(
    asked: Both[Impairment],
    measured: Measurement,
    tolerance: Tolerance | None = None,
    *,
    loss_tests: int = 2,
) -> list[Verdict]:
    """Verdicts on a pair: rtt first, then each direction's owd, jitter, loss, reordering and throughput.

    Between them stand losses of the round trip, where those of the directions cannot be told apart, and duplicates, where
    any are asked. loss_tests: how many losses the whole run judges, which share its chance of a false alarm. A direction
    of which everything is to be lost leaves nothing of the pair to judge but its losses.
    """
    tolerance = tolerance or Tolerance()
    judging = _Judging(
        asked,
        measured,
        tolerance,
        loss_tests,
        expected.losses(asked, tolerance, loss_tests),
        expected.round_trips(asked, tolerance, loss_tests),
    )
    verdicts = [judging.rtt(), *judging.round_trip_losses(), *judging.duplicates()]
    for (direction, wanted), way in zip(asked.items(), measured.directions.values(), strict=True):
        verdicts += [
            judging.owd(direction, wanted, way),
            judging.jitter(direction, wanted, way),
            judging.loss(direction, wanted, way),
            judging.reordering(direction, wanted, way),
            judge_rate(direction, wanted, way.throughput, tolerance, dead=judging.dead),
        ]
    return verdicts


@dataclass(frozen=True, slots=True)
class _Judging:
    """One pair before the judge."""

    asked: Both[Impairment]
    measured: Measurement
    tolerance: Tolerance
    loss_tests: int
    losses: Both[expected.Expected]
    round_trip: expected.Expected

    @property
    def dead(self) -> bool:
        """Whether a direction is to lose everything, so that no reply can come."""
        return any(wanted.mean_loss >= _EVERYTHING for wanted in self.asked.values())

    def rtt(self) -> Verdict:
        a_to_b, b_to_a = self.asked.a_to_b, self.asked.b_to_a
        wanted = a_to_b.owd + b_to_a.owd
        verdict = partial(Verdict, "rtt", Direction.ROUND_TRIP, unit="ns")
        stats = self.measured.rtt
        if isinstance(stats, Unmeasured):
            return self._nothing_came(partial(verdict, wanted, None, tolerance=""))
        if why := self._untimed(a_to_b) or self._untimed(b_to_a):
            return _not_judged(partial(verdict, wanted), stats.median, why)
        if is_normal(a_to_b) and is_normal(b_to_a):
            allowed = self.tolerance.for_delay(wanted, rtt_jitter(a_to_b, b_to_a), stats.count)
            band = Band(wanted, allowed, allowed)
        else:
            band = self._median(Delays.of(a_to_b) + Delays.of(b_to_a), stats)
        return _held(verdict, stats.median, band.wider(self.measured.resolution // 2))

    def _untimed(self, wanted: Impairment) -> str:
        """Why delays are not judged; empty where they are."""
        return unjudged(wanted, copies=any(one.duplicate for one in self.asked.values()))

    def _median(self, delays: Delays, stats: DelayStats) -> Band:
        """What it is to be."""
        band = delays.median(stats.count, self.tolerance.sigmas)
        return band.wider(self.tolerance.for_delay(band.asked, 0, stats.count))

    def _nothing_came(self, verdict: Callable[..., Verdict]) -> Verdict:
        """Nothing came back: the path is broken, unless chance or what is asked explains it."""
        if self.dead:
            why = "a direction is asked to lose everything"
            return verdict(outcome=Outcome.UNMEASURED, why=why, required=False)
        count = self.measured.round_trip_loss
        test = self.tolerance.loss_test(self.round_trip.percent, self.loss_tests)
        # of packets that are lost in runs fewer tell something
        worth = max(expected.burst(wanted) for wanted in self.asked.values())
        if not test.too_many(int(count.sent / worth), int(count.lost / worth)):
            why = f"{NOTHING_CAME}, which the loss asked explains: send more than {count.sent}"
            return verdict(outcome=Outcome.UNMEASURED, why=why)
        return verdict(outcome=Outcome.FAIL, why="; ".join((NOTHING_CAME, *self.measured.notes)))

    def owd(self, direction: Direction, wanted: Impairment, way: OneWay) -> Verdict:
        verdict = partial(Verdict, "owd", direction, unit="ns")
        if isinstance(way.delay, Unmeasured):  # the round trip speaks for it
            return verdict(
                wanted.owd, None, tolerance="", outcome=Outcome.UNMEASURED, why=way.delay.why, required=False
            )
        if why := self._untimed(wanted):
            return _not_judged(partial(verdict, wanted.owd), way.delay.median, why)
        if is_normal(wanted):
            allowed = self.tolerance.for_delay(wanted.owd, wanted.jitter, way.delay.count)
            return _held(verdict, way.delay.median, Band(wanted.owd, allowed, allowed))
        return _held(verdict, way.delay.median, self._median(Delays.of(wanted), way.delay))

    def jitter(self, direction: Direction, wanted: Impairment, way: OneWay) -> Verdict:
        verdict = partial(Verdict, "jitter", direction, unit="ns")
        untimed = self._untimed(wanted)
        if isinstance(way.variation, Unmeasured):
            required = wanted.jitter > 0 and not self.dead and not untimed
            why = way.variation.why
            return verdict(
                wanted.jitter, None, tolerance="", outcome=Outcome.UNMEASURED, why=why, required=required
            )
        found = way.variation
        if untimed:
            return _not_judged(partial(verdict, wanted.jitter), found.spread, untimed)
        if is_normal(wanted):
            allowed = self.tolerance.for_jitter(wanted.jitter, found.count)
            return _held(verdict, found.spread, Band(wanted.jitter, allowed, allowed))
        band = Delays.of(wanted).spread(found.count, self.tolerance.sigmas)
        return _held(verdict, found.spread, band.wider(self.tolerance.for_jitter(0, found.count)))

    def loss(self, direction: Direction, wanted: Impairment, way: OneWay) -> Verdict:
        asked = dict(self.losses.items())[direction]
        required = not self.dead or wanted.mean_loss >= _EVERYTHING
        if isinstance(way.loss, Unmeasured):
            required = required and wanted.mean_loss > 0  # else the round trip speaks for it
            required = required and not isinstance(asked.test, Unmeasured)
            return unjudged_count("loss", direction, asked.percent, way.loss.why, required=required)
        verdict = judge_losses(asked, direction, way.loss, self.tolerance)
        return replace(verdict, required=required and verdict.required)

    def round_trip_losses(self) -> list[Verdict]:
        """Of two directions that cannot be told apart; else none."""
        unknown = any(isinstance(way.loss, Unmeasured) for way in self.measured.directions.values())
        untold = any(isinstance(asked.test, Unmeasured) for asked in self.losses.values())
        if not unknown and (not untold or isinstance(self.round_trip.test, Unmeasured)):
            return []
        count = self.measured.round_trip_loss
        return [judge_losses(self.round_trip, Direction.ROUND_TRIP, count, self.tolerance)]

    def duplicates(self) -> list[Verdict]:
        """Where any are asked; else none."""
        asked = expected.copies(self.asked, self.tolerance, self.loss_tests)
        if asked is None:
            return []
        count, tool = self.measured.round_trip_loss, self.measured.tool
        if tool != "irtt" or isinstance(self.measured.rtt, Unmeasured):
            why = NOTHING_CAME if tool == "irtt" else f"{tool} does not tell them"
            return [unjudged_count("duplicates", Direction.ROUND_TRIP, asked.percent, why, required=False)]
        return [judge_copies(asked, count.sent, self.measured.duplicates, self.tolerance)]

    def reordering(self, direction: Direction, wanted: Impairment, way: OneWay) -> Verdict:
        verdict = partial(Verdict, "reordering", direction, 0, unit="packets")
        if isinstance(way.reorder, Unmeasured):
            why = way.reorder.why
            return verdict(None, tolerance="", outcome=Outcome.UNMEASURED, why=why, required=False)
        found, received = way.reorder.reordered, way.reorder.received
        if not received:
            return verdict(None, tolerance="", outcome=Outcome.UNMEASURED, why=NOTHING_CAME, required=False)
        if not wanted.keeps_order:
            why = "order is asked not to be kept; how many packets overtake others depends on how close they are"
            return _not_judged(partial(Verdict, "reordering", direction, None, unit="packets"), found, why)
        why = f"{found} of {received} packets came after one that was sent later" if found else ""
        outcome = Outcome.FAIL if found else Outcome.PASS
        return verdict(found, tolerance=f"none of {received}", outcome=outcome, why=why)


def _held(verdict: Callable[..., Verdict], found: int, band: Band) -> Verdict:
    """What was found against what it is to be."""
    outcome = Outcome.PASS if band.holds(found) else Outcome.FAIL
    below, above = format_ns(band.below), format_ns(band.above)
    tolerance = f"±{above}" if band.below == band.above else f"-{below}, +{above}"
    return verdict(band.asked, found, tolerance=tolerance, outcome=outcome)


def _not_judged(verdict: Callable[..., Verdict], found: float, why: str) -> Verdict:
    """What was found, which is held against nothing."""
    return verdict(measured=found, tolerance="", outcome=Outcome.UNMEASURED, why=why, required=False)


def format_ns(value: int) -> str:
    """A tolerance in ns as text in ms with three digits."""
    return f"{value / 1e6:.3g} ms"
