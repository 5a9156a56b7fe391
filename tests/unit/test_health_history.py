"""Rings of figures: bounded, whatever comes, and told in equal steps."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.health.history import Histories

KEY, WATTS = "server/a", "draw_watts"
TIMES = st.lists(st.floats(0, 1e6), min_size=1, max_size=100)


def kept(*points: tuple[float, float], size: int = 300) -> Histories:
    histories = Histories(size)
    for at, value in points:
        histories.put(KEY, at, {WATTS: value})
    return histories


@given(TIMES, st.integers(1, 20))
def test_no_flood_makes_a_ring_grow(times: list[float], size: int) -> None:
    histories = Histories(size)
    first = None
    for at in times:
        histories.put(KEY, at, {WATTS: at, "inlet_celsius": 1.0, f"made up {at}": 2.0})
        first = first or histories.octets
        points = histories.points(KEY, WATTS)
        assert 1 <= len(points) <= size
        assert all(before < after for (before, _), (after, _) in pairwise(points))
    assert histories.octets == first == size * (8 + 2 * 4)
    assert histories.points(KEY, f"made up {times[0]}") == []


@given(TIMES, st.integers(1, 50), st.none() | st.floats(0.1, 1e5), st.none() | st.floats(0, 2e6))
def test_a_series_has_its_steps_and_no_value_that_was_never_told(
    times: list[float], count: int, span: float | None, until: float | None
) -> None:
    histories = kept(*((at, float(number % 7)) for number, at in enumerate(sorted(times))))
    series = histories.series(KEY, WATTS, count=count, span=span, until=until)
    assert len(series) == count
    assert all(value is None or 0 <= value <= 6 for value in series)
    if until is None:
        assert series[-1] is not None


def test_steps_are_as_long_as_the_space_between_points() -> None:
    histories = kept(*((10.0 * number, float(number)) for number in range(1, 6)))
    assert histories.series(KEY, WATTS, count=7) == [None, None, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert histories.series(KEY, WATTS, count=2) == [4.0, 5.0]


def test_points_of_a_step_make_their_mean_and_a_value_holds_between_two() -> None:
    histories = kept(*((float(number), float(number)) for number in range(1, 9)))
    assert histories.series(KEY, WATTS, count=2, span=8.0) == [2.5, 6.5]
    slow = kept((10.0, 1.0), (20.0, 2.0), (30.0, 3.0))
    assert slow.series(KEY, WATTS, count=6, span=30.0) == [None, 1.0, 1.0, 2.0, 2.0, 3.0]


def test_a_gap_in_what_was_told_is_a_gap() -> None:
    histories = kept((10.0, 1.0), (20.0, 2.0), (30.0, 3.0), (80.0, 8.0), (90.0, 9.0))
    series = histories.series(KEY, WATTS, count=9)
    assert series == [1.0, 2.0, 3.0, 3.0, 3.0, None, None, 8.0, 9.0]
    assert histories.series(KEY, WATTS, count=2, until=1000.0) == [None, None]


def test_a_flood_pushes_nothing_out() -> None:
    histories = kept(*((0.01 * number, float(number)) for number in range(1000)))
    points = histories.points(KEY, WATTS)
    assert 10 <= len(points) <= 21
    assert points[0][0] == 0.0
    assert points[-1][1] == 999.0


def test_a_figure_that_is_missing_or_no_number_leaves_a_gap() -> None:
    histories = Histories()
    for at, figures in ((1.0, {WATTS: 1.0}), (2.0, {}), (3.0, {WATTS: math.inf}), (4.0, {WATTS: 1e300})):
        histories.put(KEY, at, figures)
    assert histories.points(KEY, WATTS) == [(1.0, 1.0)]


def test_a_figure_that_comes_later_leaves_the_others_what_they_are() -> None:
    histories = kept((1.0, 1.0), (2.0, 2.0))
    histories.put(KEY, 3.0, {"inlet_celsius": 20.0, "hottest_celsius": 50.0})
    histories.put(KEY, 4.0, {"hottest_celsius": 51.0, WATTS: 4.0})
    assert histories.points(KEY, WATTS) == [(1.0, 1.0), (2.0, 2.0), (4.0, 4.0)]
    assert histories.points(KEY, "inlet_celsius") == [(3.0, 20.0)]
    assert histories.points(KEY, "hottest_celsius") == [(3.0, 50.0), (4.0, 51.0)]


def test_a_clock_that_was_set_back_begins_anew_and_one_put_right_does_not() -> None:
    assert kept((1000.0, 1.0), (1010.0, 2.0), (1009.0, 3.0)).points(KEY, WATTS) == [
        (1000.0, 1.0),
        (1010.0, 3.0),
    ]
    assert kept((1000.0, 1.0), (1010.0, 2.0), (10.0, 3.0)).points(KEY, WATTS) == [(10.0, 3.0)]


def test_what_is_gone_is_forgotten() -> None:
    histories = kept((1.0, 1.0))
    histories.put("server/b", 1.0, {WATTS: 2.0})
    histories.keep(["server/b"])
    assert len(histories) == 1
    assert histories.series(KEY, WATTS, count=3) == [None, None, None]
    assert histories.series("server/b", WATTS, count=1) == [2.0]
    assert histories.series("server/b", "odd", count=0) == []


def test_rings_of_one_point_and_of_none() -> None:
    assert kept((1.0, 1.0), (9.0, 2.0), (9.1, 3.0), size=1).points(KEY, WATTS) == [(9.0, 3.0)]
    nothing = kept((1.0, 1.0), size=0)
    assert (nothing.octets, nothing.points(KEY, WATTS)) == (0, [])
    with pytest.raises(ValueError, match="-1 points"):
        Histories(-1)
