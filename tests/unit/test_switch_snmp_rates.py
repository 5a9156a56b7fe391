"""Rates from two samples: wraps told apart from resets, by the device's own clock."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.switch.model import Counters, Interval, Rates, Sample
from microdc.switch.snmp.rates import rates

GIGABIT = {1: 10**9}
CLOCK = 2**32


def sample(ticks: int, *, wide: bool = True, **counted: int) -> Sample:
    values: dict[str, Any] = counted
    return Sample(ticks, {1: Counters(1, wide, **values)})


def test_a_rate_is_by_the_second_of_the_devices_clock() -> None:
    found = rates(
        sample(1000, in_octets=50, out_packets=7, in_errors=3),
        sample(2000, in_octets=1050, out_packets=7, in_errors=5),
    )
    assert found == Interval(10.0, {1: Rates(1, in_octets=100.0, out_packets=0.0, in_errors=0.2)})


def test_the_clock_wraps_after_497_days() -> None:
    found = rates(sample(CLOCK - 500, in_octets=0), sample(500, in_octets=1000))
    assert found.seconds == 10.0
    assert found.rates[1].in_octets == 100.0


def test_an_agent_that_began_anew_has_no_rates() -> None:
    found = rates(sample(500_000, in_octets=10**12), sample(700, in_octets=900))
    assert found == Interval(None, {}, restarted=True)


def test_no_time_no_rate() -> None:
    assert rates(sample(5, in_octets=1), sample(5, in_octets=9)) == Interval(0.0, {})


def test_a_counter_of_32_bits_wraps() -> None:
    before = sample(0, wide=False, in_octets=CLOCK - 1000)
    after = sample(1000, wide=False, in_octets=9000)
    assert rates(before, after, GIGABIT).rates[1].in_octets == 1000.0


def test_a_fall_that_the_port_cannot_have_carried_is_a_reset_and_no_spike() -> None:
    before = sample(0, wide=False, in_octets=1_000_000, out_octets=10)
    after = sample(100, wide=False, in_octets=500, out_octets=20)
    found = rates(before, after, GIGABIT)
    assert found.rates == {1: Rates(1)}
    assert found.reset == {1}


@pytest.mark.parametrize("speeds", [None, {}, {1: 0}])
def test_a_fall_is_no_wrap_where_the_speed_is_not_known(speeds: dict[int, int] | None) -> None:
    before = sample(0, wide=False, in_octets=CLOCK - 1000)
    after = sample(1000, wide=False, in_octets=9000)
    assert rates(before, after, speeds).reset == {1}


def test_a_counter_of_64_bits_that_falls_was_reset() -> None:
    before = sample(0, in_octets=10**15, out_octets=10**15)
    after = sample(1000, in_octets=100, out_octets=10**15 + 5)
    assert rates(before, after, GIGABIT).rates[1] == Rates(1)


def test_a_counter_that_may_have_wrapped_twice_tells_nothing() -> None:
    before = sample(0, wide=False, in_octets=0, in_errors=1)
    after = sample(6000, wide=False, in_octets=5, in_errors=7)
    found = rates(before, after, {1: 10**9}).rates[1]
    assert found.in_octets is None
    assert found.in_errors == 0.1


def test_errors_that_fall_are_a_reset_however_fast_the_port_is() -> None:
    before, after = sample(0, in_octets=1, in_errors=4000), sample(6000, in_octets=2, in_errors=0)
    assert rates(before, after, {1: 400 * 10**9}).reset == {1}


def test_the_agents_own_word_of_a_discontinuity_counts() -> None:
    before, after = sample(0, in_octets=1, discontinuity=0), sample(100, in_octets=9, discontinuity=50)
    assert rates(before, after).reset == {1}


def test_counters_that_became_wide_are_not_compared() -> None:
    assert rates(sample(0, wide=False, in_octets=1), sample(100, in_octets=9)).reset == {1}


def test_ports_of_one_sample_only_have_no_rates() -> None:
    assert rates(Sample(0, {}), sample(100, in_octets=9)).rates == {}


@given(
    before=st.integers(0, CLOCK - 1),
    after=st.integers(0, CLOCK - 1),
    start=st.integers(0, CLOCK - 1),
    ticks=st.integers(1, 30_000),
    speed=st.sampled_from([10**7, 10**8, 10**9, 10**10]),
)
def test_no_rate_is_ever_above_the_ports_speed(
    before: int, after: int, start: int, ticks: int, speed: int
) -> None:
    found = rates(
        sample(start, wide=False, in_octets=before),
        sample((start + ticks) % CLOCK, wide=False, in_octets=after),
        {1: speed},
    )
    rate = found.rates[1].in_octets
    assert rate is None or after >= before or rate * 8 <= speed * 1.06
    assert rate is None or rate >= 0


@given(
    counted=st.integers(0, 2**40),
    octets=st.integers(0, 10**9),
    start=st.integers(0, CLOCK - 1),
    ticks=st.integers(100, 30_000),
)
def test_what_was_counted_is_what_the_rate_tells(counted: int, octets: int, start: int, ticks: int) -> None:
    found = rates(
        sample(start, in_octets=counted), sample((start + ticks) % CLOCK, in_octets=counted + octets)
    )
    rate = found.rates[1].in_octets
    assert rate is not None
    assert rate * ticks / 100 == pytest.approx(octets)
