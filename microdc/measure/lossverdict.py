"""Verdicts on counts of packets: how many were lost, how many came twice. Pure."""

from __future__ import annotations

from functools import partial

from microdc.measure.expected import Expected
from microdc.measure.losstest import CountTest, packets_needed
from microdc.measure.model import Direction, LossCount, Outcome, Unmeasured, Verdict
from microdc.measure.tolerance import Tolerance
from microdc.units import format_percent

_NOBODY_KNOWS = "nothing came back, so that nobody knows where packets were lost"


def unjudged(
    quantity: str,
    direction: Direction,
    percent: float,
    why: str,
    *,
    required: bool,
    count: LossCount | None = None,
) -> Verdict:
    """What is not judged, with what was counted where that is known."""
    found = 100 * count.lost / count.sent if count and count.sent else None
    told = f"{count.lost} of {count.sent}" if count and count.sent else ""
    return Verdict(
        quantity, direction, percent, found, "percent", told, Outcome.UNMEASURED, why, required=required
    )


def judge_losses(expected: Expected, direction: Direction, count: LossCount, tolerance: Tolerance) -> Verdict:
    """Whether as many packets were lost as should be."""
    test = expected.test
    if isinstance(test, Unmeasured):
        return unjudged("loss", direction, expected.percent, test.why, required=False, count=count)
    if not count.sent:
        return unjudged("loss", direction, expected.percent, _NOBODY_KNOWS, required=True)
    sent, lost = count.sent, count.lost
    allowed = "" if test.asked >= 1 else f"±{tolerance.loss:g} points, "
    verdict = partial(
        Verdict, "loss", direction, expected.percent, 100 * lost / sent, "percent",
        f"{allowed}{lost} of {sent} lost",
    )  # fmt: skip
    if test.too_few(sent, lost):
        return verdict(Outcome.FAIL, "fewer packets were lost than chance explains")
    if test.too_many(sent, lost):
        if test.too_many(sent, lost - min(lost, count.probe_drops)):
            return verdict(Outcome.FAIL, "more packets were lost than chance explains")
        why = f"{count.probe_drops} packets were dropped by the probes themselves: the machine is too busy"
        return verdict(Outcome.UNMEASURED, why)
    return verdict(*_told(test, sent, "loss"))


def judge_copies(expected: Expected, sent: int, found: int, tolerance: Tolerance) -> Verdict:
    """Whether as many answers came twice as should. sent: packets sent out."""
    direction, count = Direction.ROUND_TRIP, LossCount(sent, found)
    if isinstance(expected.test, Unmeasured):
        why = expected.test.why
        return unjudged("duplicates", direction, expected.percent, why, required=False, count=count)
    test = expected.test
    verdict = partial(
        Verdict, "duplicates", direction, expected.percent, 100 * found / sent, "percent",
        f"±{tolerance.loss:g} points, {found} of {sent} once more",
    )  # fmt: skip
    if test.too_few(sent, found):
        return verdict(Outcome.FAIL, "fewer packets came twice than chance explains")
    if test.too_many(sent, found):
        return verdict(Outcome.FAIL, "more packets came twice than chance explains")
    return verdict(*_told(test, sent, "share"))


def _told(test: CountTest, sent: int, what: str) -> tuple[Outcome, str]:
    """Of a count that rejects nothing: whether it would have rejected what is wrong."""
    needed = packets_needed(test)
    if needed is not None and sent >= needed:
        return Outcome.PASS, ""
    wrong = test.less if test.tells_more(sent) else test.more
    told = format_percent(round(100 * (wrong or 0.0), 6))
    if needed is None:
        return Outcome.UNMEASURED, f"no number of packets tells a {what} of {told} from the one asked"
    return (
        Outcome.UNMEASURED,
        f"{sent} packets cannot tell a {what} of {told} from the one asked: about {needed} are needed",
    )
