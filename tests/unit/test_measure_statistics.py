"""Distributions and binomial tails, against brute force and known values; the loss test over many simulated runs."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdc.measure.losstest import LossTest, packets_needed
from microdc.measure.statistics import (
    at_least,
    at_most,
    delay_stats,
    highest_expected,
    lowest_expected,
    reordered,
)


def exact_at_least(k: int, n: int, p: Fraction) -> Fraction:
    return sum((math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(max(k, 0), n + 1)), Fraction(0))


@given(n=st.integers(1, 120), data=st.data(), p=st.fractions(0, 1, max_denominator=10_000))
@settings(max_examples=300, deadline=None)
def test_tails_agree_with_exact_sums(n: int, data: st.DataObject, p: Fraction) -> None:
    k = data.draw(st.integers(-1, n + 2))
    upper = exact_at_least(k, n, p)
    assert at_least(k, n, float(p)) == pytest.approx(float(upper), rel=1e-9, abs=1e-300)
    assert at_most(k - 1, n, float(p)) == pytest.approx(float(1 - upper), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(
    ("k", "n", "p", "tail"),
    [
        (1, 1, 0.25, 0.25),
        (10, 10, 0.5, 2.0**-10),
        (60, 100, 0.5, 0.028443966820490395),  # sum of C(100, i) / 2^100, i = 60..100
        (5, 10, 0.0, 0.0),
        (5, 10, 1.0, 1.0),
        (0, 10, 0.0, 1.0),
        (11, 10, 1.0, 0.0),
    ],
)
def test_known_tails(k: int, n: int, p: float, tail: float) -> None:
    assert at_least(k, n, p) == pytest.approx(tail, rel=1e-12)


def test_tail_far_out_keeps_its_digits() -> None:
    exact = exact_at_least(400, 2000, Fraction(1, 10))
    assert at_least(400, 2000, 0.1) == pytest.approx(float(exact), rel=1e-9)
    assert 0 < float(exact) < 1e-30


@pytest.mark.parametrize("p", [1e-6, 0.01, 0.5, 0.99])
def test_a_million_packets(p: float) -> None:
    n = 1_000_000
    mean, deviation = n * p, math.sqrt(n * p * (1 - p))
    limit = round(mean + 3 * deviation)
    assert at_least(limit, n, p) + at_most(limit - 1, n, p) == pytest.approx(1.0, abs=1e-9)
    if n * p > 100:  # the normal approximation, roughly
        assert at_least(limit, n, p) == pytest.approx(0.00135, rel=0.15)


@given(n=st.integers(1, 5000), p=st.floats(0, 1), alpha=st.sampled_from([1e-9, 1e-6, 1e-3, 0.05]))
@settings(max_examples=200, deadline=None)
def test_limits_are_the_tightest(n: int, p: float, alpha: float) -> None:
    high, low = highest_expected(n, p, alpha), lowest_expected(n, p, alpha)
    assert 0 <= low <= high <= n
    assert at_least(high, n, p) > alpha >= at_least(high + 1, n, p)
    assert at_most(low, n, p) > alpha or math.isclose(at_most(low, n, p), alpha, rel_tol=1e-6)
    assert low == 0 or at_most(low - 1, n, p) <= alpha * (1 + 1e-6)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=300))
def test_distribution_is_in_order(delays: list[int]) -> None:
    stats = delay_stats(delays)
    assert stats.count == len(delays)
    assert (
        stats.minimum == min(delays) <= stats.median <= stats.p95 <= stats.p99 <= stats.maximum == max(delays)
    )
    assert stats.minimum <= stats.mean <= stats.maximum
    assert 0 <= stats.stdev <= stats.maximum - stats.minimum


def test_distribution_of_known_values() -> None:
    stats = delay_stats([5, 1, 3, 2, 4])
    assert (stats.minimum, stats.median, stats.maximum, stats.mean, stats.stdev) == (1, 3, 5, 3, 1)
    with pytest.raises(ValueError, match="no delays"):
        delay_stats([])


def test_spread_is_the_deviation_and_ignores_a_busy_machine() -> None:
    draw = random.Random(7)
    delays = [round(draw.gauss(20e6, 5e6)) for _ in range(5000)]
    assert delay_stats(delays).spread == pytest.approx(5e6, rel=0.05)
    held_up = [delay + (80_000_000 if number % 100 == 0 else 0) for number, delay in enumerate(delays)]
    assert delay_stats(held_up).spread == pytest.approx(5e6, rel=0.06)
    assert delay_stats(held_up).stdev > 9e6


def test_spread_holds_where_the_distribution_is_cut_off_at_no_delay() -> None:
    draw = random.Random(7)
    delays = [max(0, round(draw.gauss(5e6, 5e6))) for _ in range(5000)]
    assert delay_stats(delays).spread == pytest.approx(5e6, rel=0.05)
    assert delay_stats(delays).stdev < 4.6e6


@pytest.mark.parametrize(
    ("order", "late"),
    [([], 0), ([0, 1, 2], 0), ([0, 2, 1, 3], 1), ([3, 0, 1, 2], 3), ([0, 1, 5, 3, 4, 6], 2)],
)
def test_reordering_as_rfc_4737_counts_it(order: list[int], late: int) -> None:
    assert reordered(order) == late


ASKED = [0.0, 0.0005, 0.001, 0.01, 0.1, 0.25, 0.9]


@pytest.mark.parametrize("asked", ASKED)
def test_needed_packets_are_enough_and_many_fewer_are_not(asked: float) -> None:
    test = LossTest(asked, 0.0005, 1e-6)
    needed = packets_needed(test)
    assert needed is not None
    assert test.tells(needed)
    assert not test.tells(needed // 2)
    more_only = packets_needed(test, more_only=True)
    assert more_only is not None
    assert more_only <= needed


def test_some_losses_can_never_be_told() -> None:
    # Half of this is within the tolerance of nothing by a hair: no sane number of packets tells them apart.
    assert packets_needed(LossTest(0.000500001, 0.0005, 1e-6)) is None


def test_a_dead_direction_lets_nothing_through() -> None:
    test = LossTest(1.0, 0.0005, 1e-6)
    assert test.too_few(25, 24)
    assert not test.too_few(25, 25)
    assert not test.too_many(25, 25)
    assert test.tells(25)
    assert not test.tells(10)


def lost_packets(draw: random.Random, packets: int, loss: float) -> int:
    """Binomial draws by the lengths of the gaps between losses: fast where loss is small."""
    if loss <= 0:
        return 0
    count, position = 0, 0
    while True:
        position += 1 + int(math.log(1.0 - draw.random()) / math.log1p(-loss))
        if position > packets:
            return count
        count += 1


@pytest.mark.parametrize("asked", ASKED[:6])
def test_no_false_alarms_and_no_missed_errors_in_many_runs(asked: float) -> None:
    draw = random.Random(20)
    test = LossTest(asked, 0.0005, 1e-6 / 12)
    packets = packets_needed(test)
    assert packets is not None
    runs = 60 if packets > 10_000 else 400
    for _ in range(runs):
        for true in (test.lower, asked, test.upper):
            lost = lost_packets(draw, packets, true)
            assert not test.too_many(packets, lost)
            assert not test.too_few(packets, lost)
    wrong = [test.more] if test.less is None else [test.more, test.less]
    for true_loss in wrong:
        assert true_loss is not None
        counts = [lost_packets(draw, packets, true_loss) for _ in range(runs)]
        caught = sum(test.too_many(packets, lost) or test.too_few(packets, lost) for lost in counts)
        assert caught >= 0.8 * runs  # 0.9 expected


def test_the_size_of_the_test_is_right_by_calculation() -> None:
    """The probability of a false alarm, summed over all counts, is below alpha at both edges of the tolerance."""
    test = LossTest(0.01, 0.0005, 1e-6)
    for true in (test.lower, 0.01, test.upper):
        n = 5000
        high, low = (
            highest_expected(n, test.upper, test.alpha / 2),
            lowest_expected(n, test.lower, test.alpha / 2),
        )
        assert test.too_many(n, high + 1)
        assert not test.too_many(n, high)
        assert at_least(high + 1, n, true) + at_most(low - 1, n, true) <= test.alpha
