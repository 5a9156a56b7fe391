"""What delays should look like where jitter is not normal: the median and the spread of netem's tables. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from microdc.impairment import Impairment
from microdc.measure.statistics import SIGMA
from microdc.measure.tolerance import rtt_jitter
from microdc.netlink.distributions import SCALE, entries

_QUANTILES = 64
"""Of each direction, from which the round trip's distribution is added up."""


@dataclass(frozen=True, slots=True)
class Band:
    """What a figure is to be, and how far below and above it it may be; ns."""

    asked: int
    below: int
    above: int

    def wider(self, allowed: int) -> Band:
        """The same with an allowance on both sides."""
        return Band(self.asked, self.below + allowed, self.above + allowed)

    def holds(self, found: int) -> bool:
        """Whether a figure is within."""
        return self.asked - self.below <= found <= self.asked + self.above


@dataclass(frozen=True, slots=True)
class Delays:
    """Delays that are equally probable, in ns and ascending. smooth: none of them are far from their neighbours."""

    values: tuple[int, ...]
    smooth: bool = True

    @classmethod
    def of(cls, one: Impairment) -> Delays:
        """One direction's: each draws an entry of the table, and none is shorter than nothing.

        A jitter_correlation changes nothing: netem correlates numbers of which the remainder chooses the entry.
        """
        named = isinstance(one.distribution, str)
        table = entries(one.distribution) if isinstance(one.distribution, str) else one.distribution
        if not one.jitter:
            return cls((one.owd,))
        return cls(
            tuple(sorted(max(0, one.owd + round(one.jitter * entry / SCALE)) for entry in table)), named
        )

    def __add__(self, other: Delays) -> Delays:
        mine, others = self._sample(), other._sample()
        return Delays(
            tuple(sorted(one + two for one in mine for two in others)), self.smooth and other.smooth
        )

    @property
    def reach(self) -> int:
        """Between the shortest and the longest."""
        return self.values[-1] - self.values[0]

    def median(self, count: int, sigmas: float) -> Band:
        """The median, and that of `count` delays within so many standard errors."""
        return Band(self._at(0.5), *self._errors(0.5, count, sigmas))

    def spread(self, count: int, sigmas: float) -> Band:
        """Half the distance of the ±1 sigma quantiles, and that of `count` delays within so many standard errors.

        The errors of the quantiles add in quadrature where the distribution has no gaps: they hang on each other only so
        that their distance varies less. Over gaps both may jump.
        """
        asked = (self._at(SIGMA) - self._at(1 - SIGMA)) // 2
        low, high = self._errors(1 - SIGMA, count, sigmas), self._errors(SIGMA, count, sigmas)
        both = math.hypot if self.smooth else _sum
        return Band(
            asked, min(asked, math.ceil(both(low[1], high[0]) / 2)), math.ceil(both(low[0], high[1]) / 2)
        )

    def _errors(self, share: float, count: int, sigmas: float) -> tuple[int, int]:
        """How far below and above itself the quantile of `count` delays may be, whatever the distribution.

        So many of them as are below a value are binomial: their share is within sigmas sqrt(p (1 - p) / n) of its own p.
        """
        error = sigmas * math.sqrt(share * (1 - share) / max(1, count)) + 1 / max(1, count)
        asked = self._at(share)
        return asked - self._at(share - error), self._at(share + error) - asked

    def _at(self, share: float) -> int:
        place = min(max(share, 0.0), 1.0) * len(self.values)
        return self.values[min(int(place), len(self.values) - 1)]

    def _sample(self) -> Sequence[int]:
        if len(self.values) <= _QUANTILES:
            return self.values
        return [self._at((number + 0.5) / _QUANTILES) for number in range(_QUANTILES)]


def is_normal(one: Impairment) -> bool:
    """Whether delays are a normal distribution around owd, or owd itself."""
    return not one.jitter or one.distribution == "normal"


def unjudged(one: Impairment, *, copies: bool) -> str:
    """Why delays of a direction are not judged; empty where they are. copies: whether either direction makes any."""
    if one.slots:
        return "delays are not judged where packets leave in slots"
    if one.reorder:
        return "delays are not judged where packets overtake others"
    # each copy draws its own delay, and the first to come is the one that is timed
    return "delays are not judged where copies have jitter of their own" if copies and one.jitter else ""


def apart(there: Impairment, back: Impairment, deviations: int) -> int:
    """How many ns between timing packets so that none, kept in order, pushes another back: so many standard deviations of a normal
    jitter, or all that a table can differ by.
    """
    normal = math.ceil(deviations * rtt_jitter(there, back))
    if is_normal(there) and is_normal(back):
        return normal
    return max(normal, Delays.of(there).reach + Delays.of(back).reach)


def _sum(one: float, two: float) -> float:
    return one + two
