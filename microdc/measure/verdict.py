"""Is what was measured what was asked? Pure: one verdict per quantity and direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from microdc.impairment import Impairment
from microdc.measure.assemble import NOTHING_CAME
from microdc.measure.losstest import LossTest, packets_needed
from microdc.measure.model import (
    Both,
    Direction,
    LossCount,
    Measurement,
    OneWay,
    Outcome,
    Unmeasured,
    Verdict,
)
from microdc.measure.tolerance import Tolerance, rtt_jitter
from microdc.units import Rate, format_percent, format_rate

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

    loss_tests: how many losses the whole run judges, which share its chance of a false alarm. A direction of which
    everything is to be lost leaves nothing of the pair to judge but its losses.
    """
    judging = _Judging(asked, measured, tolerance or Tolerance(), loss_tests)
    verdicts = [judging.rtt()]
    if any(isinstance(way.loss, Unmeasured) for way in measured.directions.values()):
        verdicts.append(judging.round_trip_loss())
    for (direction, wanted), (_, way) in zip(asked.items(), measured.directions.items(), strict=True):
        verdicts += [
            judging.owd(direction, wanted, way),
            judging.jitter(direction, wanted, way),
            judging.loss(direction, wanted, way),
            judging.reordering(direction, way),
            judging.throughput(direction, wanted, way),
        ]
    return verdicts


@dataclass(frozen=True, slots=True)
class _Judging:
    """One pair before the judge."""

    asked: Both[Impairment]
    measured: Measurement
    tolerance: Tolerance
    loss_tests: int

    @property
    def dead(self) -> bool:
        """Whether a direction is to lose everything, so that no reply can come."""
        return any(wanted.loss >= _EVERYTHING for wanted in self.asked.values())

    def rtt(self) -> Verdict:
        a_to_b, b_to_a = self.asked.a_to_b, self.asked.b_to_a
        wanted = a_to_b.owd + b_to_a.owd
        verdict = partial(Verdict, "rtt", Direction.ROUND_TRIP, unit="ns")
        stats = self.measured.rtt
        if isinstance(stats, Unmeasured):
            return self._nothing_came(partial(verdict, wanted, None, tolerance=""))
        allowed = self.tolerance.for_delay(wanted, rtt_jitter(a_to_b, b_to_a), stats.count)
        allowed += self.measured.resolution // 2
        outcome = _within(stats.median, wanted, allowed)
        return verdict(wanted, stats.median, tolerance=f"±{format_ns(allowed)}", outcome=outcome)

    def _nothing_came(self, verdict: Callable[..., Verdict]) -> Verdict:
        """Nothing came back: the path is broken, unless chance or what is asked explains it."""
        if self.dead:
            why = "a direction is asked to lose everything"
            return verdict(outcome=Outcome.UNMEASURED, why=why, required=False)
        count = self.measured.round_trip_loss
        test = self.tolerance.loss_test(self._round_trip_percent(), self.loss_tests)
        if not test.too_many(count.sent, count.lost):
            why = f"{NOTHING_CAME}, which the loss asked explains: send more than {count.sent}"
            return verdict(outcome=Outcome.UNMEASURED, why=why)
        return verdict(outcome=Outcome.FAIL, why="; ".join((NOTHING_CAME, *self.measured.notes)))

    def owd(self, direction: Direction, wanted: Impairment, way: OneWay) -> Verdict:
        verdict = partial(Verdict, "owd", direction, wanted.owd, unit="ns")
        if isinstance(way.delay, Unmeasured):  # the round trip speaks for it
            return verdict(None, tolerance="", outcome=Outcome.UNMEASURED, why=way.delay.why, required=False)
        allowed = self.tolerance.for_delay(wanted.owd, wanted.jitter, way.delay.count)
        outcome = _within(way.delay.median, wanted.owd, allowed)
        return verdict(way.delay.median, tolerance=f"±{format_ns(allowed)}", outcome=outcome)

    def jitter(self, direction: Direction, wanted: Impairment, way: OneWay) -> Verdict:
        verdict = partial(Verdict, "jitter", direction, wanted.jitter, unit="ns")
        if isinstance(way.variation, Unmeasured):
            required = wanted.jitter > 0 and not self.dead
            why = way.variation.why
            return verdict(None, tolerance="", outcome=Outcome.UNMEASURED, why=why, required=required)
        allowed = self.tolerance.for_jitter(wanted.jitter, way.variation.count)
        outcome = _within(way.variation.spread, wanted.jitter, allowed)
        return verdict(way.variation.spread, tolerance=f"±{format_ns(allowed)}", outcome=outcome)

    def loss(self, direction: Direction, wanted: Impairment, way: OneWay) -> Verdict:
        required = not self.dead or wanted.loss >= _EVERYTHING
        if isinstance(way.loss, Unmeasured):
            required = required and wanted.loss > 0  # else the round trip speaks for it
            return _no_loss_verdict(direction, wanted.loss, way.loss.why, required=required)
        verdict = self._loss(direction, wanted.loss, way.loss)
        return replace(verdict, required=required)

    def round_trip_loss(self) -> Verdict:
        """Of two directions that cannot be told apart."""
        return self._loss(Direction.ROUND_TRIP, self._round_trip_percent(), self.measured.round_trip_loss)

    def _round_trip_percent(self) -> float:
        """A packet comes back if it survives both directions."""
        a_to_b, b_to_a = self.asked.a_to_b.loss, self.asked.b_to_a.loss
        return a_to_b + b_to_a - a_to_b * b_to_a / 100

    def _loss(self, direction: Direction, percent: float, count: LossCount) -> Verdict:
        test = self.tolerance.loss_test(percent, self.loss_tests)
        if not count.sent:
            why = "nothing came back, so that nobody knows where packets were lost"
            return _no_loss_verdict(direction, percent, why, required=True)
        sent, lost = count.sent, count.lost
        allowed = "" if test.asked >= 1 else f"±{self.tolerance.loss:g} points, "
        verdict = partial(
            Verdict, "loss", direction, percent, 100 * lost / sent, "percent",
            f"{allowed}{lost} of {sent} lost",
        )  # fmt: skip
        if test.too_few(sent, lost):
            return verdict(Outcome.FAIL, "fewer packets were lost than chance explains")
        if test.too_many(sent, lost):
            if test.too_many(sent, lost - min(lost, count.probe_drops)):
                return verdict(Outcome.FAIL, "more packets were lost than chance explains")
            why = (
                f"{count.probe_drops} packets were dropped by the probes themselves: the machine is too busy"
            )
            return verdict(Outcome.UNMEASURED, why)
        needed = packets_needed(test)
        if needed is not None and sent >= needed:
            return verdict(Outcome.PASS)
        return verdict(Outcome.UNMEASURED, _too_few_packets(test, sent, needed))

    def reordering(self, direction: Direction, way: OneWay) -> Verdict:
        verdict = partial(Verdict, "reordering", direction, 0, unit="packets")
        if isinstance(way.reorder, Unmeasured):
            why = way.reorder.why
            return verdict(None, tolerance="", outcome=Outcome.UNMEASURED, why=why, required=False)
        found, received = way.reorder.reordered, way.reorder.received
        if not received:
            return verdict(None, tolerance="", outcome=Outcome.UNMEASURED, why=NOTHING_CAME, required=False)
        why = f"{found} of {received} packets came after one that was sent later" if found else ""
        outcome = Outcome.FAIL if found else Outcome.PASS
        return verdict(found, tolerance=f"none of {received}", outcome=outcome, why=why)

    def throughput(self, direction: Direction, wanted: Impairment, way: OneWay) -> Verdict:
        verdict = partial(Verdict, "throughput", direction, wanted.rate, unit="bit/s")
        found = way.throughput
        if isinstance(found, Unmeasured) or wanted.rate is None:
            why = found.why if isinstance(found, Unmeasured) else "no rate is asked"
            required = wanted.rate is not None and not self.dead
            return verdict(None, tolerance="", outcome=Outcome.UNMEASURED, why=why, required=required)
        share = self.tolerance.throughput
        verdict = partial(verdict, found.rate, tolerance=f"±{100 * share:g} %")
        if found.rate > wanted.rate * (1 + share):
            return verdict(outcome=Outcome.FAIL, why="more came through than the rate asked")
        if found.sent * (1 - wanted.loss / 100) < wanted.rate * (1 + share):
            why = f"the sender managed {_rate(found.sent)} of {_rate(found.offered)}: too little to tell"
            return verdict(outcome=Outcome.UNMEASURED, why=why)
        if found.rate < wanted.rate * (1 - share):
            return verdict(outcome=Outcome.FAIL, why="less came through than the rate asked")
        return verdict(outcome=Outcome.PASS)


def _within(measured: float, asked: float, allowed: float) -> Outcome:
    return Outcome.PASS if abs(measured - asked) <= allowed else Outcome.FAIL


def _no_loss_verdict(direction: Direction, percent: float, why: str, *, required: bool) -> Verdict:
    return Verdict(
        "loss", direction, percent, None, "percent", "", Outcome.UNMEASURED, why, required=required
    )


def _too_few_packets(test: LossTest, sent: int, needed: int | None) -> str:
    wrong = test.less if test.tells_more(sent) else test.more
    told = format_percent(round(100 * (wrong or 0.0), 6))
    if needed is None:
        return f"no number of packets tells a loss of {told} from the one asked"
    return f"{sent} packets cannot tell a loss of {told} from the one asked: about {needed} are needed"


def _rate(value: int) -> str:
    return format_rate(Rate(round(value, 3 - len(str(value)))))  # three digits


def format_ns(value: int) -> str:
    """A tolerance in ns as text in ms with three digits."""
    return f"{value / 1e6:.3g} ms"
