"""The board: what records make of the fleet, what changed, and that nothing in it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from health_world import (
    DEAD,
    FLEET,
    HOT,
    INTERVAL,
    NODE,
    OTHER,
    PAIR,
    SERVER,
    SHAPER,
    SWITCH,
    bad,
    course,
    good,
    silent,
)
from hypothesis import given
from hypothesis import strategies as st

from microdc.health.board import Alert, Board
from microdc.health.model import Fleet, Sample, State
from microdc.health.reducing import reduce
from microdc.health.tracking import Track, follow, settle

ALL = {one.key for one in FLEET.devices}
COURSES = st.lists(
    st.tuples(st.sampled_from(FLEET.devices), st.text("..dDxorm", min_size=1, max_size=12)), max_size=8
)


def board(*records: Sample, alerts: int = 1000) -> Board:
    made = Board(alerts=alerts)
    made.apply([FLEET], 0.0)
    for record in records:
        made.apply([record], record.at)
    return made


def interleaved(courses: Sequence[tuple[object, str]]) -> list[Sample]:
    samples = [one for device, letters in courses for one in course(letters, device)]  # type: ignore[arg-type]
    return sorted(samples, key=lambda one: one.at)


@given(COURSES, st.integers(1, 7))
def test_a_board_is_its_samples_followed_however_they_are_handed_over(
    courses: Sequence[tuple[object, str]], size: int
) -> None:
    samples = interleaved(courses)
    made = Board()
    made.apply([FLEET], 0.0)
    now = samples[-1].at if samples else 0.0
    for start in range(0, len(samples), size):
        part = samples[start : start + size]
        assert made.apply(part, part[-1].at) == {one.device for one in part}
    made.tick(now)
    for device in FLEET.devices:
        track = Track()
        for sample in samples:
            if sample.device == device.key:
                track = follow(track, sample, made.rules)
        assert made.device(device.key) == settle(device, track, now)
    assert made.sites(now) == reduce(FLEET, made.devices(), now)


@given(COURSES)
def test_alerts_tell_one_state_after_the_other_of_each_device(courses: Sequence[tuple[object, str]]) -> None:
    made = board(*interleaved(courses))
    last: dict[str, State] = {}
    for alert in reversed(made.alerts):
        assert alert.before is not alert.after
        if alert.device in last:
            assert alert.before is last[alert.device]
        last[alert.device] = alert.after
        assert bool(alert.why) == (alert.after is not State.OK)


@given(
    courses=COURSES,
    size=st.integers(1, 9),
    gaps=st.lists(st.sampled_from([0.0, 3.0, 40.0, 500.0]), min_size=1),
    ticking=st.booleans(),
)
def test_alerts_do_not_depend_on_how_many_samples_come_at_once(
    courses: Sequence[tuple[object, str]], size: int, gaps: Sequence[float], *, ticking: bool
) -> None:
    samples = []
    late = 0.0
    for number, sample in enumerate(interleaved(courses)):
        late += gaps[number % len(gaps)]
        samples.append(replace(sample, at=sample.at + late))
    one_by_one, together = Board(), Board()
    for made in (one_by_one, together):
        made.apply([FLEET], 0.0)
    for sample in samples:
        if ticking:
            one_by_one.tick(sample.at)
        one_by_one.apply([sample], sample.at)
    for start in range(0, len(samples), size):
        part = samples[start : start + size]
        together.apply(part, part[-1].at)
    assert list(together.alerts) == list(one_by_one.alerts)
    end = samples[-1].at if samples else 0.0
    for made in (one_by_one, together):
        made.tick(end)
    assert together.devices() == one_by_one.devices()


def test_what_happened_while_nobody_took_samples_is_told_though_it_is_long_ago() -> None:
    made = board(good(0))
    made.apply([silent(10), silent(20), good(30), good(40)], 5000.0)
    assert [(one.at, one.after) for one in made.alerts] == [(40, State.OK), (20, State.DOWN)]
    assert made.device(SERVER.key).state is State.UNKNOWN


@pytest.mark.parametrize("back", [6.0, 3500.0, 1e9])
def test_a_clock_that_is_set_back_keeps_nothing_fresh(back: float) -> None:
    begin = 2e9
    made = board(good(begin), bad(begin, device=OTHER), bad(begin + 20, device=OTHER))
    assert made.tick(begin + 25) == frozenset()
    now = begin + 25 - back
    assert made.tick(now) == ALL
    assert not made.device(SERVER.key).stale
    assert made.device(SERVER.key).at == begin - back
    assert made.tick(now + 4) == frozenset()
    assert made.tick(now + 6) == {SERVER.key}
    assert made.device(SERVER.key).state is State.UNKNOWN
    assert made.device(OTHER.key).state is State.DEGRADED
    made.apply([bad(now + 8, device=OTHER)], now + 8)
    assert made.tick(now + 39) == {OTHER.key}
    assert made.device(OTHER.key).state is State.UNKNOWN
    assert len(made.alerts) == 1


def test_samples_that_come_with_the_clock_that_was_set_back_count_as_ever() -> None:
    made = board(good(5000), bad(5010))
    assert made.apply([bad(1510)], 1510.0) >= {SERVER.key}
    assert made.device(SERVER.key).state is State.DEGRADED
    made.apply([bad(1520)], 1520.0)
    assert made.tick(1550.0) == frozenset()
    assert made.tick(1551.0) == {SERVER.key}


@given(st.floats(61, 1e12), st.integers(1, 4))
def test_a_sample_of_a_clock_that_is_ahead_holds_no_longer_than_others(ahead: float, samples: int) -> None:
    made = board()
    for number in range(samples):
        made.apply([good(1000.0 + 10 * number + ahead)], 1000.0 + 10 * number)
    last = 1000.0 + 10 * (samples - 1)
    assert made.device(SERVER.key).state is State.OK
    assert made.device(SERVER.key).at == last
    assert made.tick(last + 30) == frozenset()
    assert made.tick(last + 31) == {SERVER.key}
    assert made.device(SERVER.key).state is State.UNKNOWN


def test_a_sample_of_the_far_future_holds_up_none_after_it() -> None:
    made = board(good(1000))
    made.apply([good(9e9)], 1001.0)
    made.apply([bad(1010, DEAD)], 1010.0)
    made.apply([bad(1020, DEAD)], 1020.0)
    assert made.device(SERVER.key).state is State.DOWN


def test_after_a_fleet_all_its_devices_are_new_and_unknown() -> None:
    made = Board()
    assert made.apply([FLEET], 5.0) == ALL
    assert made.generation == 1
    assert made.device(SERVER.key).state is State.UNKNOWN
    assert made.device(SERVER.key).since == 5.0
    assert {site.state for site in made.sites(5.0)} == {State.UNKNOWN}
    assert not made.alerts


def test_only_what_was_told_of_has_changed() -> None:
    made = board()
    assert made.apply([good(1), good(2), good(2, OTHER)], 2.0) == {SERVER.key, OTHER.key}
    assert made.apply([], 3.0) == frozenset()
    assert made.tick(3.0) == frozenset()


def test_samples_of_devices_that_the_fleet_has_not_are_counted() -> None:
    made = board()
    assert made.apply([Sample("server/stranger", 1.0, figures={"draw_watts": 1.0})], 1.0) == frozenset()
    assert made.dropped == {"unknown device": 1}
    assert "server/stranger" not in made
    assert len(made.histories) == 0
    with pytest.raises(KeyError):
        made.device("server/stranger")


def test_time_alone_makes_stale_and_then_unknown_once_each() -> None:
    made = board(bad(0), silent(10, again=60.0))
    assert made.tick(30.0) == frozenset()
    assert made.tick(30.1) == {SERVER.key}
    assert (made.device(SERVER.key).state, made.device(SERVER.key).stale) == (State.DEGRADED, True)
    assert made.tick(190.0) == frozenset()
    assert made.tick(191.0) == {SERVER.key}
    assert made.device(SERVER.key).state is State.UNKNOWN
    assert made.tick(10_000.0) == frozenset()


def test_alerts_are_the_newest_first_and_a_silent_feed_is_none() -> None:
    made = board(good(0), bad(10, HOT), bad(20, HOT))
    assert list(made.alerts) == [
        Alert(20, SERVER.key, State.OK, State.DEGRADED, "inlet: 34 °C, upper critical 30 °C")
    ]
    made.tick(1000.0)
    assert made.device(SERVER.key).state is State.UNKNOWN
    assert len(made.alerts) == 1
    made.apply([bad(1001, HOT)], 1001.0)
    assert len(made.alerts) == 1  # it is as it was said to be
    made.apply([good(1011), good(1021)], 1021.0)
    assert made.alerts[0] == Alert(1021, SERVER.key, State.DEGRADED, State.OK, "")


def test_what_is_well_or_worked_at_when_it_is_first_heard_of_is_no_alert_and_what_is_not_is_one() -> None:
    made = board(good(0, SWITCH), *course("m", OTHER), bad(0, DEAD))
    assert list(made.alerts) == [Alert(0, SERVER.key, State.UNKNOWN, State.DOWN, "no power supply feeds it")]


def test_another_fleet_keeps_what_is_known_of_its_devices_and_forgets_the_rest() -> None:
    made = board(good(0, draw_watts=5.0), good(0, OTHER, draw_watts=6.0), bad(10), bad(20))
    moved = replace(SERVER, rack="r2")
    less = Fleet(FLEET.sites, (moved, SWITCH))
    assert made.apply([less], 21.0) == {SERVER.key, SWITCH.key}
    assert (made.device(SERVER.key).device, made.device(SERVER.key).state) == (moved, State.DEGRADED)
    assert OTHER.key not in made
    assert len(made.histories) == 1
    assert len(made.alerts) == 1
    assert made.generation == 2
    assert [sum(site.counts.values()) for site in made.sites(21.0)] == [2, 0]


def test_nothing_grows_whatever_comes() -> None:
    made = board(alerts=10)
    sizes = set()
    for turn in range(2000):
        at = 0.7 * turn
        trembling = bad(at) if turn // 2 % 2 else good(at, draw_watts=float(turn))
        strange = replace(trembling, device=f"server/{turn}")
        odd = replace(good(at, SWITCH), figures={"in_bits": 1.0, f"odd {turn}": 2.0})
        made.apply([trembling, strange, odd], at)
        sizes.add((len(made.histories), made.histories.octets, len(made.devices()), len(made.dropped)))
    assert len(made.alerts) == 10
    assert max(sizes) == (2, 300 * (8 + 4) * 2, len(FLEET.devices), 1)


def test_the_sites_of_a_device() -> None:
    made = board()
    assert made.site_of(PAIR.key) == ("barcelona", "paris")
    assert made.site_of(NODE.key) == ("barcelona",)
    assert made.site_of(SHAPER.key) == ()


def test_series_are_those_of_the_device() -> None:
    made = board(*(good(INTERVAL * turn, draw_watts=float(turn)) for turn in range(4)))
    assert made.series(SERVER.key, "draw_watts", count=3) == [1.0, 2.0, 3.0]
