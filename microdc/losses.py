"""By chance: shares of packets, one by one or in runs, as netem draws them, and what they come to in the long run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from statistics import NormalDist

from microdc.units import Percent

NEVER, ALWAYS = Percent(0.0), Percent(100.0)
_STEPS = 2000
"""Steps of the grid on which a correlated number's distribution is computed."""
_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Chance:
    """A share of packets, percent 0..100, and how much a packet's lot hangs on that of the one before, percent 0..100."""

    share: Percent = NEVER
    correlation: Percent = NEVER

    def __bool__(self) -> bool:
        return self.share > 0

    @property
    def mean(self) -> Percent:
        """Percent of packets that it hits in the long run: with a correlation, other than `share`."""
        return correlated_share(self.share, self.correlation)


NO_CHANCE = Chance()


@dataclass(frozen=True, slots=True)
class GilbertElliott:
    """Losses in runs: a good and a bad state, left with the chances p (to the bad one) and r (back) at each packet.

    All in percent. bad_loss, good_loss: chance of a loss in each state; tc calls them 1-h and 1-k.
    """

    p: Percent
    r: Percent
    bad_loss: Percent = ALWAYS
    good_loss: Percent = NEVER

    @property
    def mean(self) -> Percent:
        """Percent lost in the long run: each state's loss by the share of packets that find it."""
        if not self.p + self.r:
            return self.good_loss
        return Percent((self.p * self.bad_loss + self.r * self.good_loss) / (self.p + self.r))


@dataclass(frozen=True, slots=True)
class FourState:
    """netem's chain of four states, in percent: 1 sent, 4 lost alone, 3 lost in a burst, 2 sent within a burst.

    pXY: the chance to go from X to Y at a packet; from 4 it goes back to 1 always. Source: Salsano, Ludovici, Ordine,
    "Definition of a general and intuitive loss model for packet networks", and tc-netem(8), whose defaults these are
    but for p31, which is all that p13 leaves.
    """

    p13: Percent
    p31: Percent
    p32: Percent = NEVER
    p23: Percent = ALWAYS
    p14: Percent = NEVER

    @property
    def mean(self) -> Percent:
        """Percent lost in the long run: the stationary share of the states 3 and 4."""
        p13, p31, p32, p23, p14 = (v / 100 for v in (self.p13, self.p31, self.p32, self.p23, self.p14))
        stays = p23 if p32 else 1.0  # without a way to state 2, the way out of it does not matter
        if not p13:
            sent, alone, burst, between = 1.0, p14, 0.0, 0.0
        elif not p31:  # a burst never ends
            sent, alone, burst, between = 0.0, 0.0, stays, p32
        else:
            sent, alone, burst, between = p31 * stays, p14 * p31 * stays, p13 * stays, p13 * p32
        return Percent(100 * (alone + burst) / (sent + alone + burst + between))


LossModel = GilbertElliott | FourState


@cache
def correlated_share(share: Percent, correlation: Percent) -> Percent:
    """Percent of packets hit where netem compares `share` with a number that it correlates with the last one.

    That number is x = (1 - c) u + c x' with u uniform in 0..1, so that it stays nearer to its mean than u: a small share
    becomes a much smaller one (1 % with a correlation of 25 % hits 0.0003 %). Its distribution F is the fixed point of
    F(x) = 1/(1 - c) ∫ F(y / c) dy from x - (1 - c) to x, here on a grid; to about 0.01 points.
    """
    c = correlation / 100
    if not 0 < share < 100 or c == 0:
        return share
    if c >= 1:  # the first number stays for ever: all are hit, or none
        return share
    spread = ((1 - c) / (1 + c) / 12) ** 0.5
    first = NormalDist(0.5, spread)
    below = [0.0, *(first.cdf(i / _STEPS) for i in range(1, _STEPS)), 1.0]
    for _ in range(_ROUNDS):
        below = _next(below, c)
    return Percent(100 * _at(below, share / 100))


def _next(below: list[float], c: float) -> list[float]:
    """One step of the fixed point. below: F at 0, 1/_STEPS, ... 1."""
    inner = [_at(below, i / _STEPS / c) for i in range(_STEPS + 1)]
    area = list(accumulate(((a + b) / 2 / _STEPS for a, b in pairwise(inner)), initial=0.0))
    ends = ((i / _STEPS, i / _STEPS - (1 - c)) for i in range(1, _STEPS))
    return [0.0, *((_at(area, high) - _at(area, low)) / (1 - c) for high, low in ends), 1.0]


def _at(values: list[float], x: float) -> float:
    """A function on the grid between its points; constant beyond both ends."""
    if x <= 0:
        return values[0]
    if x >= 1:
        return values[-1]
    place = x * _STEPS
    low = int(place)
    return values[low] + (place - low) * (values[min(low + 1, _STEPS)] - values[low])
