"""What the packets of a measurement should meet, and how it is told: losses in each direction, round trips, copies. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from microdc.impairment import Impairment
from microdc.measure.chains import Chain
from microdc.measure.losstest import CountTest
from microdc.measure.model import Both, Unmeasured
from microdc.measure.tolerance import Tolerance

_EVERYTHING = 100.0
_WINDOW = 64
"""Packets of which an irtt server tells which ones came: what is lost in a longer run belongs to neither direction."""
_RARE = 1e-4
_FASTEST = 1_000_000
"""ns: no two packets of a loss test leave closer together."""
_SPARE = 2
"""How much larger than what those packets fill a limit must be."""
OVERTAKEN = "packets overtake each other, so that irtt cannot tell which way others were lost"


@dataclass(frozen=True, slots=True)
class Expected:
    """percent: of the packets that are to meet a fate. test: whether they did, or why that is not judged."""

    percent: float
    test: CountTest | Unmeasured


def losses(asked: Both[Impairment], tolerance: Tolerance, tests: int) -> Both[Expected]:
    """What is to be missed in each direction. tests: how many losses the whole run judges.

    A packet that is doubled a→b is answered twice, and is lost b→a only if both answers are.
    """
    there, back = asked.values()
    dead = any(one.mean_loss >= _EVERYTHING for one in asked.values())
    if not there.keeps_order and not dead:
        return Both(*(Expected(one.mean_loss, Unmeasured(OVERTAKEN)) for one in asked.values()))
    if there.duplicate:
        none, one, two = _copies(there)
        lost, _, _ = _copies(back)
        share = 100 * (one * lost + two * lost**2) / (1 - none) if none < 1 else back.mean_loss
        why = reason(there)
        second = Expected(share, Unmeasured(why)) if why else _direction(back, tolerance, tests, share)
        if _in_runs(back):
            second = Expected(share, Unmeasured("losses in runs of answers to copies are not judged"))
    else:
        second = _direction(back, tolerance, tests, _missed(back))
    return Both(_direction(there, tolerance, tests, _missed(there)), second)


def round_trips(asked: Both[Impairment], tolerance: Tolerance, tests: int) -> Expected:
    """What of the packets sent out is not to come back."""
    there, back = asked.values()
    if there.duplicate or back.duplicate:
        percent = 100 * _answers(asked)[0]
    else:
        percent = there.mean_loss + back.mean_loss - there.mean_loss * back.mean_loss / 100
    if why := next(filter(None, map(reason, asked.values())), ""):
        return Expected(percent, Unmeasured(why))
    if any(map(_in_runs, asked.values())):
        return Expected(percent, Unmeasured("losses in runs are judged in each direction only"))
    survive = (1 - there.corrupt.share / 100) * (1 - back.corrupt.share / 100)
    return Expected(percent, tolerance.loss_test(percent, tests, 100 * (1 - survive)))


def copies(asked: Both[Impairment], tolerance: Tolerance, tests: int) -> Expected | None:
    """How many answers too many come, in percent of the packets sent out; None where no copies are asked."""
    there, back = asked.values()
    if not there.duplicate and not back.duplicate:
        return None
    answers = _answers(asked)
    extra = (answers[0] + answers[1], *answers[2:])
    percent = 100 * sum(many * chance for many, chance in enumerate(extra))
    if why := next(filter(None, map(reason, asked.values())), ""):
        return Expected(percent, Unmeasured(why))
    if any(map(_in_runs, asked.values())) or there.corrupt or back.corrupt:
        return Expected(percent, Unmeasured("copies beside losses in runs or corrupt packets are not judged"))
    return Expected(percent, tolerance.runs_test(Chain.independent(extra), tests))


def reason(one: Impairment) -> str:
    """Why losses of a direction cannot be judged; empty where they can.

    ECN is no reason: the packets of a measurement come from senders that cannot do it, and are lost as ever.
    """
    model = one.loss_model if _in_runs(one) else None
    correlated = one.loss_model is None and one.loss_correlation > 0 and 0 < one.loss < _EVERYTHING
    others = one.duplicate or one.corrupt
    reasons = (
        (
            one.limit is not None and one.limit < _SPARE * _reach(one),
            f"a limit of {one.limit} packets may be reached by those that are sent to measure",
        ),
        (correlated, "correlated losses are not judged: nobody knows how much their number varies"),
        (
            one.duplicate.correlation > 0 or one.corrupt.correlation > 0,
            "correlated copies and correlated corrupt packets are not judged",
        ),
        (bool(one.duplicate and one.corrupt), "copies beside corrupt packets are not judged"),
        (bool(model and others), "losses in runs beside copies or corrupt packets are not judged"),
        (
            model is not None and Chain.of(model).endures(_WINDOW) > _RARE,
            f"of losses in runs of more than {_WINDOW} packets irtt cannot tell which way they were lost",
        ),
    )
    return next((why for holds, why in reasons if holds), "")


def burst(one: Impairment) -> float:
    """How many packets in a row it takes to know as much as one packet tells of independent losses; at least 1."""
    if one.loss_model is not None:
        return max(1.0, Chain.of(one.loss_model).burstiness) if _in_runs(one) else 1.0
    if not 0 < one.loss < _EVERYTHING:
        return 1.0
    memory = min(one.loss_correlation / 100, 0.99)
    return (1 + memory) / (1 - memory)


def _direction(one: Impairment, tolerance: Tolerance, tests: int, percent: float) -> Expected:
    if why := reason(one):
        return Expected(percent, Unmeasured(why))
    if one.loss_model is not None and _in_runs(one):
        return Expected(percent, tolerance.runs_test(Chain.of(one.loss_model), tests))
    return Expected(percent, tolerance.loss_test(percent, tests, one.corrupt.share))


def _in_runs(one: Impairment) -> bool:
    return one.loss_model is not None and 0 < one.mean_loss < _EVERYTHING


def _missed(one: Impairment) -> float:
    """Percent of packets of which no copy comes."""
    return 100 * _copies(one)[0] if one.duplicate else one.mean_loss


def _copies(one: Impairment) -> tuple[float, float, float]:
    """The chances that 0, 1 or 2 copies come of a packet.

    netem adds a copy before it loses one of them, so that a packet comes once that is both doubled and lost; the copy goes
    through the same netem again, is not doubled once more, and may be lost there.
    """
    lost, doubled = one.mean_loss / 100, one.duplicate.share / 100
    none, two = (1 - doubled) * lost, doubled * (1 - lost) ** 2
    return none, 1 - none - two, two


def _answers(asked: Both[Impairment]) -> tuple[float, ...]:
    """The chances that 0 to 4 answers come to a packet: the other side answers each copy."""
    there, back = map(_copies, asked.values())
    chances = [there[0], 0.0, 0.0, 0.0, 0.0]
    for many, chance in enumerate(back):
        chances[many] += there[1] * chance
    for (first, one), (second, other) in product(enumerate(back), repeat=2):
        chances[first + second] += there[2] * one * other
    return tuple(chances)


def _reach(one: Impairment) -> float:
    """Packets of a loss test that are on their way at the same time."""
    wait = one.owd + 4 * one.jitter
    if one.slots:
        wait += one.slots.delay + 4 * one.slots.jitter
    return 8 + wait / _FASTEST
