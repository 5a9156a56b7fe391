"""Is a count of packets that hang on each other what was asked? Losses in runs, and copies of packets.

No exact tail is known for them in closed form, so each is bounded: the chance that the count C of n packets is k or more is at
most E z^C / z^k for every z > 1 (Chernoff). A false alarm is therefore no more probable than alpha, and in truth some ten times less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from microdc.measure.chains import Chain
from microdc.measure.losstest import POWER

_TILTS = tuple(0.002 * 1.15**step for step in range(56))
"""Values of |log z| among which the best bound is looked for, up to 4.4: any gives a bound that holds."""
_Z = NormalDist().inv_cdf(POWER)
_SOME = 4
"""A count that is this many times too low must be told: half as many, as for independent losses, would take minutes of packets."""


@dataclass(frozen=True, slots=True)
class RunsTest:
    """The test of a count. tolerance: what the underlay adds per packet, or takes away; alpha is the chance of a false alarm.

    Two wrong means must be told: `more`, twice the asked plus half a percentage point, and `less`, a quarter of the asked minus
    the tolerance (None where the asked is zero within the tolerance). How surely they are told comes from the normal
    distribution with the variance that the asked chain has.
    """

    chain: Chain
    tolerance: float
    alpha: float

    @property
    def asked(self) -> float:
        return self.chain.mean

    @property
    def more(self) -> float | None:
        """A mean too high that must be told."""
        return min(1.0, 2 * self.asked + 0.005)

    @property
    def less(self) -> float | None:
        """A mean too low that must be told; None where there is none."""
        return max(0.0, self.asked / _SOME - self.tolerance) if self.asked > self.tolerance else None

    def too_many(self, sent: int, lost: int) -> bool:
        """Whether so large a count rejects what was asked."""
        return lost > self._highest(sent)

    def too_few(self, sent: int, lost: int) -> bool:
        """Whether so small a count rejects what was asked."""
        return lost < self._lowest(sent)

    def tells_more(self, sent: int) -> bool:
        """Whether so many packets would show a count that is too high."""
        if self.more is None:
            return True
        return self.more * sent - self._error(self.more, sent) > self._highest(sent) + 1

    def tells_less(self, sent: int) -> bool:
        """Whether so many packets would show a count that is too low."""
        if self.less is None:
            return True
        return self.less * sent + self._error(self.less, sent) < self._lowest(sent) - 1

    def tells(self, sent: int) -> bool:
        """Whether so many packets would show both."""
        return self.tells_more(sent) and self.tells_less(sent)

    def _error(self, mean: float, sent: int) -> float:
        return _Z * math.sqrt(max(0.0, self.chain.burstiness * mean * (1 - mean) * sent))

    def _highest(self, sent: int) -> float:
        """The largest count that chance explains: of the chain, and of the underlay's own losses beside it."""
        bounds = []
        for tilt in _TILTS:
            z = math.exp(tilt)
            growth = self.chain.growth(z)
            own = math.log1p(self.tolerance * (z - 1))
            bounds.append((sent * (growth.rate + own) + growth.start + self._surprise) / tilt)
        return min(bounds)

    def _lowest(self, sent: int) -> float:
        """The smallest count that chance explains: of the chain, some of whose losses do not happen."""
        if self.less is None:
            return 0.0
        share = (self.asked - self.tolerance) / self.asked
        bounds = []
        for tilt in _TILTS:
            growth = self.chain.growth(1 - share * (1 - math.exp(-tilt)))
            bounds.append(-(sent * growth.rate + growth.start + self._surprise) / tilt)
        return max(bounds)

    @property
    def _surprise(self) -> float:
        return math.log(2 / self.alpha)
