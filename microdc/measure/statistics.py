"""Delay distributions and exact binomial tails, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, pstdev

from microdc.measure.model import DelayStats

SIGMA = 0.841344746068543
"""The normal distribution's share below mean + one standard deviation."""


def delay_stats(delays: Sequence[int]) -> DelayStats:
    """The distribution of delays in ns. Raises ValueError for none."""
    if not delays:
        raise ValueError("no delays to make statistics of")
    ordered = sorted(delays)
    # The mean of wall clock sized numbers would lose digits as floats; the shortest delay is exact.
    base = ordered[0]
    shifted = [delay - base for delay in ordered]
    return DelayStats(
        count=len(ordered),
        minimum=base,
        median=quantile(ordered, 0.5),
        p95=quantile(ordered, 0.95),
        p99=quantile(ordered, 0.99),
        maximum=ordered[-1],
        mean=base + round(fmean(shifted)),
        stdev=round(pstdev(shifted)),
        spread=(quantile(ordered, SIGMA) - quantile(ordered, 1 - SIGMA)) // 2,
    )


def quantile(ordered: Sequence[int], share: float) -> int:
    """The value below which `share` (0..1) of an ascending, non-empty sequence lies; linear between neighbours."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + round((position - below) * (ordered[above] - ordered[below]))


def reordered(sequence: Sequence[int]) -> int:
    """How many numbers of a sequence, in order of arrival, are smaller than one before them (RFC 4737, section 3.3)."""
    highest, count = -1, 0
    for number in sequence:
        if number < highest:
            count += 1
        else:
            highest = number
    return count


def at_least(k: int, n: int, p: float) -> float:
    """The probability that k or more of n independent packets meet a fate of probability p (0..1)."""
    if k <= 0:
        return 1.0
    if k > n:
        return 0.0
    if p in {0.0, 1.0}:
        return p
    # Sum from the end of the tail's thick side outwards, where every term is smaller than the one before.
    return _outwards(k, n, p) if k > n * p else 1.0 - at_most(k - 1, n, p)


def at_most(k: int, n: int, p: float) -> float:
    """The probability that k or fewer of n independent packets meet a fate of probability p (0..1)."""
    return at_least(n - k, n, 1.0 - p) if k < n else 1.0


def _outwards(k: int, n: int, p: float) -> float:
    """P(k) + P(k+1) + … for k above the mean: P(k) by logarithms, the others by their ratio to the one before."""
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    first = math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))
    odds = p / (1.0 - p)
    total = term = 1.0
    for count in range(k, n):
        term *= odds * (n - count) / (count + 1)
        total += term
        if term < total * 1e-17:
            break
    return min(1.0, first * total)


def highest_expected(n: int, p: float, alpha: float) -> int:
    """The largest count that chance explains: P(more) <= alpha, and P(this or more) > alpha."""
    low, high = 0, n + 1  # P(>= low) > alpha, P(>= high) <= alpha
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at_least(middle, n, p) > alpha else (low, middle)
    return low


def lowest_expected(n: int, p: float, alpha: float) -> int:
    """The smallest count that chance explains: P(fewer) <= alpha, and P(this or fewer) > alpha."""
    return n - highest_expected(n, 1.0 - p, alpha)
