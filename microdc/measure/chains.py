"""Counts of packets whose fates hang on each other: Markov chains, their mean, their variance, and bounds on their tails.

The number of losses among n packets of such a chain has mean n m and, for large n, variance n v. Of two states, left with
the chances p and r and losing g and b of their packets,

    v = m (1 - m) + 2 (b - g)² π_g π_b λ / (1 - λ),  π_b = p / (p + r), π_g = 1 - π_b, λ = 1 - p - r,

and for any chain v is the second derivative at 0 of log ρ(exp t), where ρ(z) is the largest eigenvalue of the matrix
[G_i(z) P_ij] with G_i the generating function of what a packet in state i adds to the count. Sources: Kemeny and Snell, Finite
Markov Chains, section 4.6; Dembo and Zeitouni, Large Deviations Techniques and Applications, section 3.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from microdc.losses import FourState, GilbertElliott, LossModel

Matrix = tuple[tuple[float, ...], ...]
_SQUARINGS = 24
_STEP = 0.01
"""Of the second derivative."""


@dataclass(frozen=True, slots=True)
class Growth:
    """log E z^count of n packets is at most rate n + start: rigorous for a chain that has settled, not for large n only."""

    rate: float
    start: float


@dataclass(frozen=True)
class Chain:
    """moves: chances from state to state. fates: for each state the chances that a packet adds 0, 1, 2, ... to the count."""

    moves: Matrix
    fates: Matrix

    @classmethod
    def of(cls, model: LossModel) -> Chain:
        """What netem draws from: which packets are lost."""
        match model:
            case GilbertElliott(p, r, bad_loss, good_loss):
                moves = _stochastic({0: {1: p}, 1: {0: r}}, 2)
                return cls(moves, tuple((1 - share / 100, share / 100) for share in (good_loss, bad_loss)))
            case FourState(p13, p31, p32, p23, p14):
                # states 1, 2, 3, 4 of the model are 0, 1, 2, 3 here
                ways: dict[int, dict[int, float]] = {
                    0: {2: p13, 3: p14},
                    1: {2: p23},
                    2: {0: p31, 1: p32},
                    3: {0: 100.0},
                }
                return cls(_stochastic(ways, 4), ((1.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 1.0)))

    @classmethod
    def independent(cls, fates: Sequence[float]) -> Chain:
        """Packets that do not hang on each other."""
        return cls(((1.0,),), (tuple(fates),))

    @cached_property
    def mean(self) -> float:
        """What a packet adds in the long run."""
        return _product(self._stationary, [_mean(fates) for fates in self.fates])

    @cached_property
    def burstiness(self) -> float:
        """The variance v of the count, in that of independent losses of the same mean: how many packets are worth one."""
        curve = self.growth(math.exp(_STEP)).rate + self.growth(math.exp(-_STEP)).rate
        independent = self.mean * (1 - self.mean)
        return curve / _STEP**2 / independent if independent > 0 else 1.0

    def endures(self, packets: int) -> float:
        """About how probable it is that a loss is the first of a run of so many."""
        losing = [
            [fates[1] * chance for chance in row] for row, fates in zip(self.moves, self.fates, strict=True)
        ]
        return math.exp(packets * _largest(losing)[0])

    @lru_cache(maxsize=1024)  # noqa: B019 - few chains, and the cache is bounded
    def growth(self, z: float) -> Growth:
        """Of the generating function E z^count, as the packets become more."""
        weights = [sum(chance * z**many for many, chance in enumerate(fates)) for fates in self.fates]
        matrix = [
            [weight * chance for chance in row] for row, weight in zip(self.moves, weights, strict=True)
        ]
        rate, vector = _largest(matrix)
        least = min(vector)
        whole = _product(self._stationary, vector)
        return Growth(rate, math.log(whole / least) if least > 0 else math.inf)

    @cached_property
    def _stationary(self) -> list[float]:
        """The share of packets that finds each state, from the first one on; half of the moves are none, so that it settles."""
        size = len(self.moves)
        lazy = [[(chance + (i == j)) / 2 for j, chance in enumerate(row)] for i, row in enumerate(self.moves)]
        for _ in range(2 * _SQUARINGS):
            lazy = _times(lazy, lazy)
            lazy = [[value / sum(row) for value in row] for row in lazy]
        return [lazy[0][j] for j in range(size)]


def _stochastic(percent: dict[int, dict[int, float]], size: int) -> Matrix:
    """Rows of chances; what the ways out of a state leave stays in it, and they are never more than everything."""
    rows = []
    for state in range(size):
        row, left = [0.0] * size, 1.0
        for other, share in percent[state].items():
            row[other] = min(left, share / 100)
            left -= row[other]
        row[state] += left
        rows.append(tuple(row))
    return tuple(rows)


def _largest(matrix: list[list[float]]) -> tuple[float, list[float]]:
    """The logarithm of a non-negative matrix's largest eigenvalue, and the vector that it belongs to.

    By squaring; one is added to the diagonal, since a matrix with a period would never settle.
    """
    scale = max(1e-300, *map(sum, matrix))
    power = [[value / scale + (i == j) for j, value in enumerate(row)] for i, row in enumerate(matrix)]
    for _ in range(_SQUARINGS):
        power = _times(power, power)
        top = max(map(max, power))
        power = [[value / top for value in row] for row in power]
    vector = [sum(row) for row in power]
    image = [_product(row, vector) for row in matrix]
    total = sum(image)
    return (math.log(total / sum(vector)) if total > 0 else -math.inf), vector


def _times(left: list[list[float]], right: list[list[float]]) -> list[list[float]]:
    columns = list(zip(*right, strict=True))
    return [[_product(row, column) for column in columns] for row in left]


def _product(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _mean(fates: Sequence[float]) -> float:
    return sum(many * chance for many, chance in enumerate(fates))
