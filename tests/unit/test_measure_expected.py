"""What is expected of the packets of a measurement: losses, copies, delays that are not normal, and what cannot be judged."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdc.impairment import CLEAN, DISTRIBUTIONS, Framing, Impairment, Slots
from microdc.losses import Chance, GilbertElliott
from microdc.measure import expected
from microdc.measure.delays import Delays, apart
from microdc.measure.model import Both, Direction, Unmeasured
from microdc.measure.rates import rate_of, surely_arriving
from microdc.measure.statistics import delay_stats
from microdc.measure.tolerance import Tolerance
from microdc.netlink.distributions import SCALE, entries
from microdc.units import Delay, Percent, Rate

MS = 1_000_000
TOLERANCE = Tolerance()
RUNS = GilbertElliott(Percent(1.0), Percent(25.0))
SOME = Chance(Percent(5.0))
CORRELATED = Chance(Percent(5.0), Percent(10.0))


def share(percent: float) -> Chance:
    return Chance(Percent(percent))


def copies_of(draw: random.Random, one: Impairment) -> int:
    """What netem does with a packet: a copy more, then one less; the copy goes in again and may be lost there."""
    doubled = draw.random() < one.duplicate.share / 100
    lost = draw.random() < one.loss / 100
    if doubled and not lost:
        return 1 + (draw.random() >= one.loss / 100)
    return 1 + doubled - lost


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (Impairment(loss=Percent(20.0), duplicate=share(30)), Impairment(loss=Percent(10.0))),
        (Impairment(loss=Percent(10.0)), Impairment(loss=Percent(20.0), duplicate=share(50))),
        (
            Impairment(loss=Percent(5.0), duplicate=share(60)),
            Impairment(loss=Percent(30.0), duplicate=share(20)),
        ),
        (Impairment(duplicate=share(100)), Impairment(duplicate=share(100))),
    ],
)
def test_copies_and_losses_beside_them_are_as_in_a_simulation(there: Impairment, back: Impairment) -> None:
    draw, sent = random.Random(5), 60_000
    lost = {Direction.A_TO_B: 0, Direction.B_TO_A: 0}
    more = 0
    for _ in range(sent):
        arrived = copies_of(draw, there)
        answers = sum(copies_of(draw, back) for _ in range(arrived))
        lost[Direction.A_TO_B] += not arrived
        lost[Direction.B_TO_A] += arrived > 0 and not answers
        more += max(0, answers - 1)
    asked = Both(there, back)
    arrived = sent - lost[Direction.A_TO_B]
    for (way, one), tried in zip(expected.losses(asked, TOLERANCE, 2).items(), (sent, arrived), strict=True):
        assert one.percent == pytest.approx(100 * lost[way] / tried, abs=0.6)
        assert not isinstance(one.test, Unmeasured)
        assert not one.test.too_many(tried, lost[way])
        assert not one.test.too_few(tried, lost[way])
    whole = expected.round_trips(asked, TOLERANCE, 2)
    assert whole.percent == pytest.approx(100 * sum(lost.values()) / sent, abs=0.6)
    extra = expected.copies(asked, TOLERANCE, 2)
    assert extra is not None
    assert extra.percent == pytest.approx(100 * more / sent, abs=1.5)
    assert not isinstance(extra.test, Unmeasured)
    assert not extra.test.too_many(sent, more)
    assert not extra.test.too_few(sent, more)
    assert extra.test.too_few(sent, more // 2)
    assert extra.test.too_many(sent, 2 * more)


def test_without_copies_none_are_expected() -> None:
    assert expected.copies(Both(CLEAN, CLEAN), TOLERANCE, 2) is None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"loss": Percent(5.0), "loss_correlation": Percent(20.0)}, "correlated losses"),
        ({"duplicate": CORRELATED}, "correlated copies"),
        ({"corrupt": CORRELATED}, "correlated corrupt"),
        ({"duplicate": SOME, "corrupt": SOME}, "copies beside corrupt"),
        ({"loss_model": RUNS, "duplicate": SOME}, "losses in runs beside"),
        ({"loss_model": RUNS, "corrupt": SOME}, "losses in runs beside"),
        ({"loss_model": GilbertElliott(Percent(0.5), Percent(5.0))}, "runs of more than 64"),
        ({"owd": Delay(100 * MS), "limit": 150}, "limit of 150 packets"),
        ({"reorder": SOME, "owd": Delay(10 * MS)}, "overtake each other"),
        ({"keep_order": False, "jitter": Delay(MS)}, "overtake each other"),
    ],
)
def test_losses_that_are_not_judged_say_why(options: dict[str, Any], why: str) -> None:
    found = expected.losses(Both(Impairment(**options), CLEAN), TOLERANCE, 2)
    assert isinstance(found.a_to_b.test, Unmeasured)
    assert why in found.a_to_b.test.why


@pytest.mark.parametrize(
    "options",
    [
        {"loss": Percent(5.0), "ecn": True},  # the packets of a measurement cannot be marked, and are lost
        {"loss": Percent(100.0), "loss_correlation": Percent(20.0)},
        {"owd": Delay(100 * MS), "limit": 5000},
        {"loss_model": RUNS, "ecn": True},
        {"keep_order": False},
        {"jitter": Delay(MS), "distribution": "pareto", "seed": 4},
        {"loss": Percent(100.0), "reorder": SOME},
    ],
)
def test_losses_that_are_judged_all_the_same(options: dict[str, Any]) -> None:
    one = Impairment(**options)
    for asked in (Both(one, CLEAN), Both(CLEAN, one)):
        for found in expected.losses(asked, TOLERANCE, 2).values():
            assert not isinstance(found.test, Unmeasured)


def test_overtaking_leaves_the_round_trip_to_be_judged() -> None:
    asked = Both(
        Impairment(owd=Delay(10 * MS), loss=Percent(10.0), reorder=SOME), Impairment(loss=Percent(20.0))
    )
    assert all(isinstance(one.test, Unmeasured) for one in expected.losses(asked, TOLERANCE, 2).values())
    whole = expected.round_trips(asked, TOLERANCE, 2)
    assert whole.percent == pytest.approx(28)
    assert not isinstance(whole.test, Unmeasured)
    # an answer that overtakes another does not hide where a packet was lost
    for one in expected.losses(Both(asked.b_to_a, asked.a_to_b), TOLERANCE, 2).values():
        assert not isinstance(one.test, Unmeasured)


def test_corrupt_packets_may_be_lost_or_not() -> None:
    test = expected.losses(
        Both(Impairment(loss=Percent(5.0), corrupt=share(5)), CLEAN), TOLERANCE, 2
    ).a_to_b.test
    assert not isinstance(test, Unmeasured)
    sent = 10_000
    for lost in (500, 750, 975):
        assert not test.too_many(sent, lost)
        assert not test.too_few(sent, lost)
    assert test.too_few(sent, 300)
    assert test.too_many(sent, 1300)


@given(
    name=st.sampled_from(DISTRIBUTIONS),
    owd=st.integers(0, 50),
    jitter=st.integers(1, 20),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=60, deadline=None)
def test_what_netem_draws_is_within_what_is_expected(name: str, owd: int, jitter: int, seed: int) -> None:
    one = Impairment(Delay(owd * MS), Delay(jitter * MS), distribution=name)
    check_drawn(one, seed)


@given(
    table=st.lists(st.integers(-4 * SCALE, 4 * SCALE - 1), min_size=4, max_size=40).map(tuple),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=60, deadline=None)
def test_what_netem_draws_from_an_own_table_is_within_what_is_expected(
    table: tuple[int, ...], seed: int
) -> None:
    check_drawn(Impairment(Delay(30 * MS), Delay(5 * MS), distribution=table), seed)


def check_drawn(one: Impairment, seed: int) -> None:
    draw, count = random.Random(seed), 250
    table = entries(one.distribution) if isinstance(one.distribution, str) else one.distribution
    drawn = [max(0, one.owd + one.jitter * draw.choice(table) // SCALE) for _ in range(count)]
    stats, delays = delay_stats(drawn), Delays.of(one)
    assert delays.median(count, 4.5).wider(2).holds(stats.median)
    assert delays.spread(count, 4.5).wider(2).holds(stats.spread)


def test_more_packets_tell_more_of_a_distribution() -> None:
    delays = Delays.of(Impairment(Delay(30 * MS), Delay(5 * MS), distribution="pareto"))
    band = delays.median(250, 4.5)
    assert band.asked == pytest.approx(30 * MS + 5 * MS * 4 / 3 * (2 ** (1 / 3) - 1.5), abs=0.01 * MS)
    assert delays.median(2500, 4.5).above < band.above / 2.5
    assert band.below < band.above  # the tail is on one side
    normal = Delays.of(Impairment(Delay(30 * MS), Delay(5 * MS)))
    for found, known in (
        (normal.median(250, 4.5).above, TOLERANCE.for_delay(0, 5 * MS, 250) - TOLERANCE.delay),
        (
            normal.spread(250, 4.5).above,
            1.35 * (TOLERANCE.for_jitter(5 * MS, 250) - TOLERANCE.jitter),
        ),  # their covariance is left out
    ):
        assert found == pytest.approx(known, rel=0.3)


@pytest.mark.parametrize("names", [("pareto", "pareto"), ("normal", "uniform"), ("paretonormal", "uniform")])
def test_a_round_trip_is_the_sum_of_both(names: tuple[str, str]) -> None:
    there, back = (Delays.of(Impairment(Delay(40 * MS), Delay(8 * MS), distribution=name)) for name in names)
    draw = random.Random(3)
    sums = [draw.choice(there.values) + draw.choice(back.values) for _ in range(40_000)]
    assert (there + back).median(250, 4.5).asked == pytest.approx(delay_stats(sums).median, abs=0.2 * MS)


def test_timing_packets_are_as_far_apart_as_a_table_reaches() -> None:
    normal = Impairment(Delay(30 * MS), Delay(5 * MS))
    assert apart(normal, CLEAN, 6) == 30 * MS
    wide = replace(normal, distribution=(-4 * SCALE, 0, 0, 4 * SCALE - 1))
    assert apart(wide, CLEAN, 6) >= 39 * MS
    assert apart(wide, replace(wide, owd=Delay(0)), 6) >= 59 * MS


@pytest.mark.parametrize(
    ("framing", "packet", "framed"),
    [
        (Framing(overhead=26), 1514, 1540),
        (Framing(overhead=-14), 1514, 1500),
        (Framing(cell=48, cell_overhead=5), 96, 106),
        (Framing(overhead=1, cell=48, cell_overhead=5), 96, 159),
        (None, 1514, 1514),
    ],
)
def test_framing_takes_its_share_of_a_rate(framing: Framing | None, packet: int, framed: int) -> None:
    assert rate_of(Rate(10_000_000), framing, packet) == int(10_000_000 * packet / framed)


def test_a_stream_may_lose_more_than_the_mean_where_losses_come_in_runs() -> None:
    plain, runs = Impairment(loss=Percent(10.0)), Impairment(loss_model=RUNS)
    assert surely_arriving(plain, 100) == pytest.approx(0.9)
    assert surely_arriving(runs, 100) < surely_arriving(runs, 10_000) < 1 - runs.mean_loss / 100
    assert surely_arriving(Impairment(slots=Slots(Delay(MS))), 100) == 1
