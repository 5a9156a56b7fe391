"""From parts of a path to the impairment of the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple

from microdc.errors import InputError
from microdc.impairment import CLEAN, Framing, Impairment
from microdc.losses import NEVER, Chance
from microdc.units import Delay, Percent, Rate, Size

_ONE_ONLY = {
    "distribution": "distribution of jitter",
    "jitter_correlation": "correlation of jitter",
    "reorder": "reordering",
    "slots": "slots",
    "limit": "limit",
    "seed": "seed",
}
"""What only one part of a path may ask: nobody can say what two of them make together."""
_ROOT_3 = math.sqrt(3)


class Sums(NamedTuple):
    """What adds up along a path, however long: a way over a backbone is one addition a hop.

    owd: ns. jitter: standard deviation, ns. loss: percent. rate: bit/s, infinite for none; buffer and framing are those of the
    slowest part.
    """

    owd: int = 0
    jitter: float = 0.0
    loss: float = 0.0
    rate: float = math.inf
    buffer: Size | None = None
    framing: Framing | None = None
    keep_order: bool = True


NOTHING = Sums()


def sums(part: Impairment) -> Sums:
    """What of a part adds up."""
    deviation = part.jitter / _ROOT_3 if part.distribution == "uniform" else float(part.jitter)
    rate = math.inf if part.rate is None else part.rate
    return Sums(part.owd, deviation, part.loss, rate, part.buffer, part.framing, part.keep_order)


def joined(one: Sums, other: Sums) -> Sums:
    """Two parts in a row: delays add, jitters in quadrature, losses as survivals; the rate is the least (the first of equals)."""
    owd, jitter, loss, rate, buffer, framing, keep_order = one
    more_owd, more_jitter, more_loss, other_rate, other_buffer, other_framing, other_keeps = other
    if other_rate < rate:
        rate, buffer, framing = other_rate, other_buffer, other_framing
    if more_jitter:
        jitter = math.hypot(jitter, more_jitter)
    if more_loss:
        loss += more_loss - loss * more_loss / 100
    keep_order = keep_order and other_keeps
    return Sums(owd + more_owd, jitter, loss, rate, buffer, framing, keep_order)


def whole(total: Sums) -> Impairment:
    """A path as one impairment, where no part asks more than adds up (`is_plain`)."""
    return Impairment(
        owd=Delay(total.owd),
        jitter=Delay(round(total.jitter)),
        loss=Percent(min(100.0, total.loss)),
        rate=None if math.isinf(total.rate) else Rate(round(total.rate)),
        buffer=total.buffer,
        framing=total.framing,
        keep_order=total.framing is not None or total.keep_order,
    )


def is_plain(part: Impairment) -> bool:
    """Whether a part asks nothing but what adds up."""
    return all(getattr(part, key) == getattr(CLEAN, key) for key in _MORE)


_MORE = tuple(name for name in CLEAN.__dataclass_fields__ if name not in Sums._fields)


def compose(parts: Sequence[Impairment] | Mapping[str, Impairment]) -> Impairment:
    """One direction's parts, in the order in which packets meet them, as one. As a mapping they have names for errors.

    Delays add; jitters, being independent, add in quadrature; losses multiply as survivals, and so do duplicates and corrupt
    packets; the rate, its buffer and its framing are those of the slowest part (the first of equals). Order is kept where
    all parts keep it. ECN marks where all parts that lose packets do. Another distribution than the normal one is that of the
    whole jitter. A loss model or a correlation of losses holds for the whole if no other part loses anything. Raises
    InputError where two parts ask what cannot be one.
    """
    named = parts if isinstance(parts, Mapping) else {f"part {n}": part for n, part in enumerate(parts, 1)}
    total = reduce(joined, map(sums, named.values()), NOTHING)
    if all(map(is_plain, named.values())):
        return whole(total)
    asked = {key: _only(named, key, what) for key, what in _ONE_ONLY.items()}
    if asked["distribution"] == "uniform":
        total = total._replace(jitter=total.jitter * _ROOT_3)
    return replace(
        whole(total),
        **asked,
        gap=next((part.gap for part in named.values() if part.reorder), CLEAN.gap),
        duplicate=_either(named, "duplicate"),
        corrupt=_either(named, "corrupt"),
        **_losses(named),
    )


def _only(parts: Mapping[str, Impairment], key: str, what: str) -> Any:
    """What the one part asks that asks it at all."""
    default = getattr(CLEAN, key)
    asking = [(name, value) for name, part in parts.items() if (value := getattr(part, key)) != default]
    if len(asking) > 1:
        raise _conflict(what, asking[0][0], asking[1][0])
    return asking[0][1] if asking else default


def _conflict(what: str, one: str, other: str) -> InputError:
    return InputError(
        f"{one.strip()} and {other.strip()} each ask a {what} of their own, and lie on one path",
        hint="leave one out, or describe the whole path in one profile of the pair",
    )


def _either(parts: Mapping[str, Impairment], key: str) -> Chance:
    """A chance that hits a packet in any of the parts. Correlations are kept where only one part asks the chance."""
    asking = [(name, chance) for name, part in parts.items() if (chance := getattr(part, key))]
    if len(asking) < 2:
        return asking[0][1] if asking else Chance()
    for n, (name, chance) in enumerate(asking):
        if chance.correlation:
            raise _conflict(f"correlated {key}", name, asking[0 if n else 1][0])
    survival = math.prod(1 - chance.share / 100 for _, chance in asking)
    return Chance(Percent(min(100.0, max(0.0, (1 - survival) * 100))))


def _losses(parts: Mapping[str, Impairment]) -> dict[str, Any]:
    """What of losses does not add up."""
    lossy = [(name, part) for name, part in parts.items() if part.loss or part.loss_model]
    ecn = bool(lossy) and all(part.ecn for _, part in lossy)
    if len(lossy) == 1:
        return {
            "loss_correlation": lossy[0][1].loss_correlation,
            "loss_model": lossy[0][1].loss_model,
            "ecn": ecn,
        }
    for n, (name, part) in enumerate(lossy):
        if part.loss_model or part.loss_correlation:
            raise _conflict("loss", name, lossy[0 if n else 1][0])
    if lossy and not ecn and any(part.ecn for _, part in lossy):
        marking = next(name for name, part in lossy if part.ecn)
        raise _conflict("loss", marking, next(name for name, part in lossy if not part.ecn))
    return {"loss_correlation": NEVER, "ecn": ecn}
