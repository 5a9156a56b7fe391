"""Timing packets that do not meet each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.measure.offbeat import off_beat

MS = 1_000_000


def distance(interval: int, *delays: int) -> int:
    """The least time between a packet that is sent, passes the middle or comes back and another that does."""
    moments = [0, *(sum(delays[: n + 1]) for n in range(len(delays)))]
    apart = [
        abs(one - other - turn * interval)
        for i, one in enumerate(moments)
        for j, other in enumerate(moments)
        for turn in range(-1 - max(moments) // interval, 2 + max(moments) // interval)
        if i != j
    ]
    return min(apart)


@pytest.mark.parametrize("owd", [10, 15, 20, 25, 50, 100, 150])
def test_delays_that_are_multiples_of_the_interval_get_another(owd: int) -> None:
    chosen = off_beat(10 * MS, [owd * MS, owd * MS])
    assert 10 * MS <= chosen <= 15 * MS
    assert distance(chosen, owd * MS, owd * MS) >= 2 * MS


@given(st.integers(1, 400), st.integers(1, 400))
def test_it_is_never_worse_than_the_interval_itself(there: int, back: int) -> None:
    chosen = off_beat(10 * MS, [there * MS, back * MS])
    plain = distance(10 * MS, there * MS, back * MS)
    assert min(distance(chosen, there * MS, back * MS), 2.5 * MS) >= min(plain, 2.5 * MS)
    if plain >= 2.5 * MS:
        assert chosen == 10 * MS


def test_without_delays_nothing_can_meet() -> None:
    assert off_beat(10 * MS, [0, 0]) == 10 * MS
    assert off_beat(7_300_000, []) == 7_300_000
