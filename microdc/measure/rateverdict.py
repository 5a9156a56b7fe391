"""Verdicts on throughput. Pure."""

from __future__ import annotations

from functools import partial

from microdc.impairment import Impairment
from microdc.measure.model import Direction, Outcome, Throughput, Unmeasured, Verdict
from microdc.measure.rates import rate_of, surely_arriving, unjudged_rate
from microdc.measure.tolerance import Tolerance
from microdc.units import Rate, format_rate


def judge_rate(
    direction: Direction,
    wanted: Impairment,
    found: Throughput | Unmeasured,
    tolerance: Tolerance,
    *,
    dead: bool,
) -> Verdict:
    """Whether what came through is the rate asked, less what the line adds to packets.

    dead: whether a direction of the pair is to lose everything.
    """
    verdict = partial(Verdict, "throughput", direction, wanted.rate, unit="bit/s")
    unjudged = unjudged_rate(wanted)
    if isinstance(found, Unmeasured) or wanted.rate is None:
        why = found.why if isinstance(found, Unmeasured) else "no rate is asked"
        required = wanted.rate is not None and not dead and not unjudged
        return verdict(None, tolerance="", outcome=Outcome.UNMEASURED, why=why, required=required)
    if unjudged:
        return verdict(found.rate, tolerance="", outcome=Outcome.UNMEASURED, why=unjudged, required=False)
    share, rate = tolerance.throughput, rate_of(wanted.rate, wanted.framing, found.packet)
    told = f"±{100 * share:g} %"
    judged = partial(Verdict, "throughput", direction, rate, found.rate, "bit/s", told)
    if found.rate > rate * (1 + share):
        return judged(Outcome.FAIL, "more came through than the rate asked")
    if found.sent * surely_arriving(wanted, found.packets) < rate * (1 + share):
        why = f"the sender managed {_rate(found.sent)} of {_rate(found.offered)}: too little to tell"
        return judged(Outcome.UNMEASURED, why)
    if found.rate < rate * (1 - share):
        return judged(Outcome.FAIL, "less came through than the rate asked")
    return judged(Outcome.PASS)


def _rate(value: int) -> str:
    return format_rate(Rate(round(value, 3 - len(str(value)))))  # three digits
