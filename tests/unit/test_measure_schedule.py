"""What is sent for what is asked: enough to tell, never more than the path or the run may bear."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdc.impairment import CLEAN, Framing, Impairment, Slots
from microdc.losses import Chance, GilbertElliott
from microdc.measure.attempts import opens_needed, stream_tries
from microdc.measure.model import Both, Unmeasured
from microdc.measure.operate import expected_seconds
from microdc.measure.schedule import (
    ECHO_BYTES,
    HEADERS,
    MeasureOptions,
    Offer,
    StreamPlan,
    batches,
    crowd,
    loss_plan,
    ping_plan,
    stream_plan,
    timing_plan,
)
from microdc.measure.tolerance import rtt_jitter
from microdc.units import Delay, Percent, Rate, Size

MS = 1_000_000
OPTIONS = MeasureOptions()


def both(there: Impairment, back: Impairment = CLEAN) -> Both[Impairment]:
    return Both(there, back)


impairments = st.builds(
    lambda owd, jitter, loss, rate: Impairment(
        Delay(owd), Delay(jitter), Percent(loss), rate, rate and Size(50_000)
    ),
    owd=st.integers(0, 300 * MS),
    jitter=st.integers(0, 30 * MS),
    loss=st.sampled_from([0.0, 0.01, 0.1, 1.0, 10.0, 25.0]),
    rate=st.none() | st.integers(64_000, 10**10).map(Rate),
)


@given(there=impairments, back=impairments, pairs=st.integers(1, 20))
@settings(max_examples=80, deadline=None)
def test_timing_and_loss_packets_keep_their_distance(there: Impairment, back: Impairment, pairs: int) -> None:
    asked = both(there, back)
    timing = timing_plan(asked, OPTIONS)
    assert timing is not None
    assert timing.interval >= 10 * MS
    assert timing.interval >= 6 * rtt_jitter(there, back)
    assert timing.seconds <= 3 * OPTIONS.rtt_seconds + 1 or timing.count == 5
    loss = loss_plan(asked, OPTIONS, pairs=pairs, sent=timing.count)
    for plan in filter(None, (timing, loss)):
        bits_per_second = 8 * (ECHO_BYTES + HEADERS[6]) * 1e9 / plan.interval
        for one in asked.values():
            assert one.rate is None or bits_per_second <= 0.25 * one.rate * 1.001
    if loss:
        assert loss.seconds <= OPTIONS.loss_seconds
        assert pairs * 1e9 / loss.interval <= OPTIONS.max_pps
        assert loss.interval >= 1 * MS


@pytest.mark.parametrize(("percent", "most"), [(0.0, 6), (0.1, 40), (1.0, 16), (10.0, 3), (25.0, 2)])
def test_the_loss_test_gets_what_it_needs_in_time(percent: float, most: float) -> None:
    one = Impairment(loss=Percent(percent))
    plan = loss_plan(both(one, one), OPTIONS, pairs=1, sent=0)
    assert plan is not None
    assert plan.seconds <= most
    for side in both(one, one).values():
        needed = OPTIONS.tolerance.loss_test(side.loss, 2)
        assert needed.tells(int(plan.count * (1 - percent / 100) / 1.1))


def test_no_packet_is_sent_in_vain() -> None:
    hopeless = both(Impairment(loss=Percent(0.06)))  # half of it cannot be told in any time allowed here
    plan = loss_plan(hopeless, OPTIONS, pairs=1, sent=0)
    assert plan is not None
    assert plan.seconds < 10
    assert loss_plan(hopeless, OPTIONS, pairs=1, sent=plan.count) is None
    assert loss_plan(both(CLEAN), OPTIONS, pairs=1, sent=5_000) is None
    assert loss_plan(both(CLEAN), OPTIONS, pairs=1, sent=500, spent=OPTIONS.loss_seconds) is None


def test_sessions_open_through_loss_and_not_through_a_dead_line() -> None:
    assert opens_needed(both(CLEAN)) == 8
    quarter = Impairment(loss=Percent(25.0))
    opens = opens_needed(both(quarter, quarter))
    assert opens is not None
    assert (1 - 0.75 * 0.75) ** opens < 1e-9
    for hard in (100.0, 95.0):
        assert opens_needed(both(Impairment(loss=Percent(hard)))) is None
        assert timing_plan(both(Impairment(loss=Percent(hard))), OPTIONS) is None
        assert loss_plan(both(Impairment(loss=Percent(hard))), OPTIONS, pairs=1, sent=0) is None


@given(rate=st.integers(64_000, 200_000_000), version=st.sampled_from([4, 6]))
def test_streams_overfill_the_rate_asked(rate: int, version: int) -> None:
    plan = stream_plan(Impairment(rate=Rate(rate), buffer=Size(10_000)), OPTIONS, ip_version=version)
    assert isinstance(plan, StreamPlan)
    wire = plan.payload + HEADERS[version]
    assert wire <= 1514
    assert plan.bitrate * wire / plan.payload == pytest.approx(1.15 * rate, rel=0.001)
    packets = rate * OPTIONS.throughput_seconds / 8 / wire
    assert packets >= 90  # one more or less is about a percent


def test_loss_is_made_up_for_in_what_is_offered() -> None:
    plan = stream_plan(Impairment(rate=Rate(10_000_000), loss=Percent(25.0)), OPTIONS, ip_version=4)
    assert isinstance(plan, StreamPlan)
    assert plan.offered == pytest.approx(1.15 * 10_000_000 / 0.75, rel=1e-6)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (CLEAN, "no rate is asked"),
        (Impairment(rate=Rate(10**9)), "this run may send 200mbit"),
        (Impairment(rate=Rate(10**6), loss=Percent(100.0)), "no packet is to come through"),
    ],
)
def test_streams_that_are_not_sent(one: Impairment, why: str) -> None:
    plan = stream_plan(one, OPTIONS, ip_version=4)
    assert isinstance(plan, Unmeasured)
    assert why in plan.why


def test_the_time_expected_grows_with_streams_and_not_with_pairs() -> None:
    clean, slow = both(CLEAN), both(Impairment(rate=Rate(10**7)), Impairment(rate=Rate(10**7)))
    full = both(Impairment(rate=Rate(10**8)), Impairment(rate=Rate(10**8)))
    apart = [("a", "b"), ("c", "d"), ("e", "f")]

    def seconds(asked: list[Both[Impairment]], pairs: list[tuple[str, str]] = apart) -> float:
        return expected_seconds(asked, OPTIONS, pairs[: len(asked)])

    assert seconds([clean]) <= seconds([clean] * 3) < seconds([clean]) + 3
    assert seconds([full] * 2) > seconds([full]) + 5
    assert seconds([slow] * 2) < seconds([slow]) + 5  # they fit beside each other
    assert seconds([slow] * 2, [("a", "b"), ("a", "c")]) > seconds([slow] * 2) + 2  # unless they share a line
    assert seconds([]) < 10
    assert 5 < seconds([both(Impairment(loss=Percent(100.0)))]) < 20


OFFERS = st.builds(Offer, st.integers(1, 300), st.sampled_from("abc"), st.sampled_from("def"))


@given(st.lists(OFFERS, max_size=12), st.integers(50, 200))
def test_streams_that_run_together_offer_no_more_than_is_allowed(offers: list[Offer], most: int) -> None:
    found = batches(offers, most)
    assert sorted(index for batch in found for index in batch) == list(range(len(offers)))
    assert all(len(batch) == 1 or sum(offers[i].rate for i in batch) <= most for batch in found)


@given(st.lists(OFFERS, max_size=12))
def test_no_site_sends_or_receives_two_streams_at_once(offers: list[Offer]) -> None:
    for batch in batches(offers, 10**6):
        for ends in ([offers[i].source for i in batch], [offers[i].target for i in batch]):
            assert len(set(ends)) == len(ends)


def test_streams_that_meet_nowhere_run_together() -> None:
    ring = [Offer(1, a, b) for a, b in ("ab", "bc", "ca")]
    assert batches(ring, 10) == [[0, 1, 2]]


def test_many_pairs_of_a_site_share_its_line_with_their_timing_packets() -> None:
    assert crowd([("a", "b"), ("a", "c"), ("d", "a"), ("d", "e")]) == 3
    assert crowd([]) == 1
    narrow = both(Impairment(rate=Rate(10**6), loss=Percent(0.1)), Impairment(rate=Rate(10**6)))
    for plan_of in (timing_plan, partial(loss_plan, pairs=1, sent=0)):
        alone, crowded = plan_of(narrow, OPTIONS), plan_of(narrow, OPTIONS, crowd=40)
        assert alone is not None
        assert crowded is not None
        bits = 8 * (ECHO_BYTES + HEADERS[6])
        assert 40 * bits * 10**9 / crowded.interval <= 0.25 * 10**6
        assert alone.interval < crowded.interval


RUNS = GilbertElliott(Percent(0.2525), Percent(25.0))  # 1 % is lost


def test_losses_in_runs_take_more_attempts_and_more_packets() -> None:
    runs, plain = both(Impairment(loss_model=RUNS)), both(Impairment(loss=Percent(1.0)))
    opens, attempts = opens_needed(runs), opens_needed(plain)
    assert opens is not None
    assert attempts is not None
    assert 0.01 * 0.75 ** (opens - 1) < 1e-8  # attempts are packets in a row
    assert opens > 5 * attempts
    assert 2 <= stream_tries(plain) <= stream_tries(runs) <= 6
    loss, fewer = (loss_plan(asked, OPTIONS, pairs=1, sent=0) for asked in (runs, plain))
    assert loss is not None
    assert fewer is not None
    assert fewer.count < loss.count
    assert loss.seconds < OPTIONS.loss_seconds


def test_a_model_that_loses_everything_opens_no_session() -> None:
    dead = both(Impairment(loss_model=GilbertElliott(Percent(100.0), Percent(0.0))))
    assert opens_needed(dead) is None
    assert timing_plan(dead, OPTIONS) is None
    assert isinstance(stream_plan(replace(dead.a_to_b, rate=Rate(10**6)), OPTIONS, ip_version=4), Unmeasured)


def test_no_packets_are_sent_for_losses_that_are_not_judged() -> None:
    for one in (
        Impairment(loss=Percent(5.0), loss_correlation=Percent(25.0)),
        Impairment(loss_model=GilbertElliott(Percent(0.5), Percent(5.0))),
    ):
        assert loss_plan(both(one, one), OPTIONS, pairs=1, sent=0) is None
        assert ping_plan(both(one, one), OPTIONS, pairs=1, sent=0) is None
    ordered = both(Impairment(Delay(10 * MS), loss=Percent(5.0)))
    overtaking = both(replace(ordered.a_to_b, reorder=Chance(Percent(10.0))))
    assert loss_plan(overtaking, OPTIONS, pairs=1, sent=0)  # for the round trip
    assert ping_plan(ordered, OPTIONS, pairs=1, sent=0)


def test_copies_take_sessions_and_packets() -> None:
    twice = both(Impairment(duplicate=Chance(Percent(50.0))), Impairment(duplicate=Chance(Percent(20.0))))
    plan, plain = (timing_plan(asked, OPTIONS) for asked in (twice, both(CLEAN)))
    assert plan is not None
    assert plain is not None
    assert 0.6**plan.sessions <= 1e-6 < 0.6 ** (plan.sessions - 1)
    assert plain.sessions == 3
    always = timing_plan(both(Impairment(duplicate=Chance(Percent(100.0)))), OPTIONS)
    assert always is not None
    assert always.sessions < 100
    seldom = both(Impairment(duplicate=Chance(Percent(1.0))))
    loss, fewer = (loss_plan(asked, OPTIONS, pairs=1, sent=0) for asked in (seldom, both(CLEAN)))
    assert loss is not None
    assert fewer is not None
    assert loss.count > fewer.count


def test_packets_do_not_fill_slots() -> None:
    slots = Slots(Delay(20 * MS), packets=2)
    plan = loss_plan(both(Impairment(slots=slots)), OPTIONS, pairs=1, sent=0)
    assert plan is not None
    assert plan.interval >= 4 * 10 * MS
    small = loss_plan(both(Impairment(slots=Slots(Delay(20 * MS), bytes=1420))), OPTIONS, pairs=1, sent=0)
    assert small is not None
    assert small.interval >= 4 * 2 * MS


def test_streams_fill_what_a_line_leaves_of_its_rate() -> None:
    one = Impairment(rate=Rate(10_000_000), framing=Framing(cell=48, cell_overhead=5))
    plan = stream_plan(one, OPTIONS, ip_version=4)
    assert isinstance(plan, StreamPlan)
    assert 1.15 * 8_000_000 < plan.offered < 1.15 * 9_100_000
    others: list[dict[str, Any]] = [{"slots": Slots(Delay(MS))}, {"limit": 100}]
    for other in others:
        assert isinstance(stream_plan(replace(one, **other), OPTIONS, ip_version=4), Unmeasured)
