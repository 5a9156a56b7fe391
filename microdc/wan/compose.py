"""From parts of a path to the impairment of the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from microdc.errors import InputError
from microdc.impairment import CLEAN, Distribution, Impairment
from microdc.losses import NEVER, Chance
from microdc.units import Delay, Percent

_ONE_ONLY = {
    "distribution": "distribution of jitter",
    "jitter_correlation": "correlation of jitter",
    "reorder": "reordering",
    "slots": "slots",
    "limit": "limit",
    "seed": "seed",
}
"""What only one part of a path may ask: nobody can say what two of them make together."""


def compose(parts: Sequence[Impairment] | Mapping[str, Impairment]) -> Impairment:
    """One direction's parts, in the order in which packets meet them, as one. As a mapping they have names for errors.

    Delays add; jitters, being independent, add in quadrature; losses multiply as survivals, and so do duplicates and corrupt
    packets; the rate, its buffer and its framing are those of the slowest part (the first of equals). Order is kept where
    all parts keep it. ECN marks where all parts that lose packets do. Another distribution than the normal one is that of the
    whole jitter. A loss model or a correlation of losses holds for the whole if no other part loses anything. Raises
    InputError where two parts ask what cannot be one.
    """
    named = parts if isinstance(parts, Mapping) else {f"part {n}": part for n, part in enumerate(parts, 1)}
    found = list(named.values())
    limited = [part for part in found if part.rate is not None]
    slowest = min(limited, key=lambda part: part.rate or 0, default=CLEAN)
    asked = {key: _only(named, key, what) for key, what in _ONE_ONLY.items()}
    asked["gap"] = next((part.gap for part in found if part.reorder), CLEAN.gap)
    return Impairment(
        **asked,
        owd=Delay(sum(part.owd for part in found)),
        jitter=_jitter(found, asked["distribution"]),
        rate=slowest.rate,
        buffer=slowest.buffer,
        framing=slowest.framing,
        duplicate=_either(named, "duplicate"),
        corrupt=_either(named, "corrupt"),
        keep_order=slowest.framing is not None or all(part.keep_order for part in found),
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


def _jitter(parts: Sequence[Impairment], distribution: Distribution) -> Delay:
    """In quadrature, by standard deviations: that of a uniform distribution is its half width by the root of three."""
    lonely = [part.jitter for part in parts if part.jitter]
    if len(lonely) < 2:
        return Delay(sum(lonely))
    width = math.sqrt(3)
    deviation = math.hypot(*(p.jitter / width if p.distribution == "uniform" else p.jitter for p in parts))
    return Delay(round(deviation * width if distribution == "uniform" else deviation))


def _either(parts: Mapping[str, Impairment], key: str) -> Chance:
    """A chance that hits a packet in any of the parts. Correlations are kept where only one part asks the chance."""
    asking = [(name, chance) for name, part in parts.items() if (chance := getattr(part, key))]
    if len(asking) < 2:
        return asking[0][1] if asking else Chance()
    for n, (name, chance) in enumerate(asking):
        if chance.correlation:
            raise _conflict(f"correlated {key}", name, asking[0 if n else 1][0])
    return Chance(_together([chance.share for _, chance in asking]))


def _losses(parts: Mapping[str, Impairment]) -> dict[str, Any]:
    lossy = [(name, part) for name, part in parts.items() if part.loss or part.loss_model]
    ecn = bool(lossy) and all(part.ecn for _, part in lossy)
    if len(lossy) == 1:
        keys = ("loss", "loss_correlation", "loss_model")
        return {**{key: getattr(lossy[0][1], key) for key in keys}, "ecn": ecn}
    for n, (name, part) in enumerate(lossy):
        if part.loss_model or part.loss_correlation:
            raise _conflict("loss", name, lossy[0 if n else 1][0])
    if lossy and not ecn and any(part.ecn for _, part in lossy):
        marking = next(name for name, part in lossy if part.ecn)
        raise _conflict("loss", marking, next(name for name, part in lossy if not part.ecn))
    return {"loss": _together([part.loss for _, part in lossy]), "loss_correlation": NEVER, "ecn": ecn}


def _together(shares: Sequence[Percent]) -> Percent:
    """The share of packets that is hit at least once."""
    survival = math.prod(1 - share / 100 for share in shares)
    return Percent(min(100.0, max(0.0, (1 - survival) * 100)))
