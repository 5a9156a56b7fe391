"""From parts of a path to the impairment of the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence

from microdc.impairment import Impairment
from microdc.units import Delay, Percent


def compose(parts: Sequence[Impairment]) -> Impairment:
    """One direction's parts, in the order in which packets meet them, as one.

    Delays add; jitters, being independent, add in quadrature; losses multiply as survivals; the rate and its
    buffer are those of the slowest part (the first of equals).
    """
    survival = math.prod(1 - part.loss / 100 for part in parts)
    limited = [part for part in parts if part.rate is not None]
    slowest = min(limited, key=lambda part: part.rate or 0, default=None)
    lossy = [part.loss for part in parts if part.loss]
    # one lossy part keeps its number to the last digit
    loss = lossy[0] if len(lossy) == 1 else (1 - survival) * 100
    return Impairment(
        owd=Delay(sum(part.owd for part in parts)),
        jitter=Delay(round(math.hypot(*(part.jitter for part in parts)))),
        loss=Percent(min(100.0, max(0.0, loss))),
        rate=slowest.rate if slowest else None,
        buffer=slowest.buffer if slowest else None,
    )
