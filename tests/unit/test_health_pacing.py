"""Whose turn it is, with a clock that only the test moves."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.health.model import Kind
from microdc.health.pacing import Paces, Schedule

STEADY = Paces(jitter=0.0)


@dataclass(frozen=True, slots=True)
class Beat:
    kind: Kind = Kind.SERVER
    interval: float = 10.0
    timeout: float = 5.0


def schedule(*beats: Beat, paces: Paces = STEADY, times: int | None = None) -> Schedule:
    return Schedule(beats or (Beat(),), paces, lambda: 1.0, times)


@dataclass(slots=True)
class World:
    """A simulation: polls that take their times, on a clock of its own. lasts: seconds of each poll of a probe, in turn; told: whether it tells."""

    plan: Schedule
    lasts: list[list[float]]
    now: float = 0.0

    def run(self, until: float) -> list[tuple[str, int, float]]:
        """What happened: (begin, over or late; number; when)."""
        log: list[tuple[str, int, float]] = []
        going: list[tuple[float, int]] = []
        polls: Counter[int] = Counter()
        while self.now <= until:
            for number in self.plan.begin(self.now):
                log.append(("begin", number, self.now))
                durations = self.lasts[number]
                heapq.heappush(going, (self.now + durations[polls[number] % len(durations)], number))
                polls[number] += 1
            log.extend(("late", number, self.now) for number, _, _ in self.plan.late(self.now))
            back = going[0][0] if going else float("inf")
            wake = self.plan.wake()
            self.now = max(self.now, min(back, wake))
            if self.now == back and self.now <= until:
                number = heapq.heappop(going)[1]
                self.plan.over(number, self.now, told=True)
                log.append(("over", number, self.now))
        return log


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Kind.SERVER, Kind.PAIR]),
            st.floats(0.5, 20),
            st.floats(0.5, 20),
            st.lists(st.floats(0, 60), min_size=1, max_size=4),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 3),
)
def test_never_two_polls_of_a_probe_nor_more_of_a_kind_than_it_has_places(
    probes: list[tuple[Kind, float, float, list[float]]], places: int
) -> None:
    beats = [Beat(kind, interval, timeout) for kind, interval, timeout, _ in probes]
    paces = Paces({Kind.SERVER: places, Kind.PAIR: 1}, jitter=0.0)
    world = World(Schedule(beats, paces, lambda: 0.0), [lasts for *_, lasts in probes])
    working: set[int] = set()
    given_up: set[int] = set()
    seen: set[int] = set()
    for what, number, _ in world.run(200.0):
        seen.add(number)
        if what == "begin":
            assert number not in working
            working.add(number)
        elif what == "late":
            assert number in working
            given_up.add(number)
        else:
            working.discard(number)
            given_up.discard(number)
        for kind, most in paces.at_once.items():
            assert len([one for one in working - given_up if beats[one].kind is kind]) <= most
    assert seen == set(range(len(beats)))  # none is forgotten, whatever the others do


def test_a_poll_begins_an_interval_after_the_one_before_began() -> None:
    plan = schedule()
    assert list(plan.begin(0.0)) == [0]
    assert list(plan.begin(1.0)) == []
    assert plan.over(0, 2.0, told=True) == 8.0
    assert list(plan.begin(9.9)) == []
    assert plan.wake() == 10.0
    assert list(plan.begin(10.0)) == [0]


def test_a_poll_that_took_longer_than_the_interval_is_followed_at_once_and_by_one_only() -> None:
    plan = schedule(Beat(interval=1.0, timeout=10.0))
    assert list(plan.begin(0.0)) == [0]
    assert plan.over(0, 4.5, told=True) == 0.0
    assert list(plan.begin(4.5)) == [0]
    assert list(plan.begin(4.5)) == []


def waits(plan: Schedule, count: int, *, told: bool) -> list[float]:
    """Seconds announced by polls that end as soon as they begin, each when it is due."""
    found = []
    for _ in range(count):
        at = max(0.0, plan.wake())
        assert list(plan.begin(at)) == [0]
        again = plan.over(0, at, told=told)
        assert again is not None
        found.append(again)
    return found


def test_back_off_doubles_up_to_the_slowest_and_is_over_with_the_first_answer() -> None:
    plan = schedule()
    assert waits(plan, 5, told=False) == [10, 20, 40, 60, 60]
    assert waits(plan, 2, told=True) == [10, 10]
    assert waits(plan, 2, told=False) == [10, 20]


def test_back_off_is_never_quicker_than_the_interval() -> None:
    assert waits(schedule(Beat(interval=300.0)), 4, told=False) == [300] * 4


@given(st.lists(st.booleans(), min_size=1, max_size=2000))
def test_back_off_has_an_end_however_long_the_trouble_lasts(course: list[bool]) -> None:
    plan = schedule(Beat(interval=0.5))
    for told in course:
        assert 0.5 <= waits(plan, 1, told=told)[0] <= 60.0


def test_jitter_is_a_share_of_every_wait() -> None:
    for chance, wait in ((1.0, 11.0), (-1.0, 9.0), (0.0, 10.0)):
        plan = Schedule([Beat()], replace(STEADY, jitter=0.1), partial(float, chance))
        assert waits(plan, 1, told=True) == [pytest.approx(wait)]


def test_a_poll_that_hangs_gives_its_place_away_and_is_told_again_and_again() -> None:
    plan = schedule(Beat(), Beat(), paces=Paces({Kind.SERVER: 1}, jitter=0.0))
    assert list(plan.begin(0.0)) == [0]
    assert list(plan.late(4.9)) == []
    assert list(plan.late(5.0)) == [(0, 5.0, 10.0)]
    assert list(plan.begin(5.0)) == [1]
    assert plan.over(1, 6.0, told=True) == 9.0
    told = [5.0]
    while told[-1] < 300.0:
        at = plan.wake()
        if list(plan.begin(at)) == [1]:
            plan.over(1, at, told=True)
        told += [at for number, _, _ in plan.late(at) if number == 0]
    assert [after - before for before, after in pairwise(told)][:5] == [10, 20, 40, 60, 60]


def test_a_poll_that_comes_back_too_late_tells_nothing_and_the_probe_has_its_turn_again() -> None:
    plan = schedule()
    assert list(plan.begin(0.0)) == [0]
    assert list(plan.late(5.0)) == [(0, 5.0, 10.0)]
    assert plan.over(0, 7.0, told=True) is None
    assert list(plan.begin(14.9)) == []
    assert list(plan.begin(15.0)) == [0]
    assert list(plan.late(19.0)) == []
    assert plan.over(0, 19.0, told=True) == 6.0


def test_each_as_often_as_was_asked_for_and_no_longer_for_one_that_hangs() -> None:
    plan = schedule(Beat(), Beat(), times=2)
    assert list(plan.begin(0.0)) == [0, 1]
    plan.over(0, 1.0, told=True)
    assert not plan.done
    assert list(plan.late(5.0)) == [(1, 5.0, 10.0)]
    assert list(plan.begin(10.0)) == [0]
    plan.over(0, 11.0, told=False)
    assert not plan.done
    assert list(plan.late(15.0)) == [(1, 15.0, 20.0)]
    assert plan.done
    assert plan.wake() == float("inf")


def test_nothing_comes_back_that_did_not_go() -> None:
    with pytest.raises(ValueError, match="probe 0 is not at work"):
        schedule().over(0, 1.0, told=True)
