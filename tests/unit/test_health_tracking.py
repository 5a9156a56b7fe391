"""What samples make of a device: at once what is first told, and later only what two say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from health_world import (
    DEAD,
    HOT,
    INTERVAL,
    NODE,
    NOTE,
    PAIR,
    SERVER,
    SILENT,
    bad,
    course,
    good,
    kept,
    silent,
)
from hypothesis import given
from hypothesis import strategies as st

from microdc.health.model import Device, DeviceHealth, Reason, Sample, State, Trouble
from microdc.health.tracking import RANK, Rules, Track, apparent, changes_at, follow, settle, shifted

RULES = Rules()
STATES = {".": State.OK, "d": State.DEGRADED, "D": State.DOWN, "?": State.UNKNOWN, "m": State.MAINTENANCE}
LETTERS = st.text("..dDxorm", min_size=1, max_size=40)


def after(*samples: Sample, rules: Rules = RULES) -> Track:
    track = Track()
    for sample in samples:
        track = follow(track, sample, rules)
    return track


def now(*samples: Sample, later: float = 0.0) -> DeviceHealth:
    return settle(SERVER, after(*samples), samples[-1].at + later)


def states(letters: str) -> str:
    """The state after each of these samples, as a letter."""
    names = {state: letter for letter, state in STATES.items()}
    samples = course(letters)
    return "".join(names[now(*samples[: end + 1]).state] for end in range(len(samples)))


@pytest.mark.parametrize(
    ("samples", "made"),
    [
        (".", "."),
        ("d", "d"),  # what is told first counts: there is no state to hold on to
        ("D", "D"),
        ("x", "?"),  # one packet that was lost is no dead device
        ("xx", "?D"),
        ("x.", "?."),
        (".x.x.x.", "......."),
        (".xx", "..D"),
        (".d.d.d", "......"),
        (".dd", "..d"),
        (".dD", "..d"),  # of what two say the lesser
        (".dDD", "..dD"),
        (".xxx..", "..DDD."),
        (".DDd.", "..DDd"),
        (".dd.d.d", "..ddddd"),
        (".dd..", "..dd."),
        (".oo", "..?"),  # the program's own mistakes say nothing of the device
        (".oo.", "..?."),
        (".rr", "..d"),
        (".m", ".m"),
        (".mxx", ".mmm"),  # under maintenance nobody is alarmed
        (".m.", ".m."),
        ("ddmd", "ddmd"),  # and what lies under it stays what it is
        ("ddm.", "ddm."),
        (".ox", "..?"),
        (".od", "..."),
        ("Do..", "DDD."),
        ("D.o.", "DDD."),  # but break no row of what does
        ("D.o.o.o", "DDD...."),
        (".dod", "...d"),
        (".DoD", "...D"),
        (".xox", "..?D"),
        ("D.oo.", "DDD?."),
        ("D.r", "DDd"),  # it is there, and lets nobody see how it is
        (".mxxxx", ".mmmmD"),  # until it is too long ago that it was told of
    ],
)
def test_the_course_of_states(samples: str, made: str) -> None:
    assert states(samples) == made


@given(LETTERS)
def test_nothing_but_two_in_a_row_changes_a_known_state(letters: str) -> None:
    track, before = Track(), State.UNKNOWN
    verdicts: list[State] = []
    for sample in course(letters):
        track = follow(track, sample, RULES)
        verdicts.append(apparent(sample).state)
        if track.state is not before and before is not State.UNKNOWN:
            lately: Sequence[State] = verdicts[-2:]
            if track.state is not State.UNKNOWN:  # mistakes of the program are no word of the device
                lately = [one for one in verdicts if one != State.UNKNOWN][-2:]
            ranks = [RANK[one] for one in lately]
            assert len(ranks) == 2
            assert all(rank > RANK[before] for rank in ranks) or all(rank < RANK[before] for rank in ranks)
            assert track.state in lately
        before = track.state


@given(st.text(".dD", min_size=1, max_size=12), st.data())
def test_single_mistakes_of_the_program_change_nothing(letters: str, data: st.DataObject) -> None:
    """Wherever they come between what the device says, at most one at a place."""
    mixed = "".join(letter + data.draw(st.sampled_from(["", "o"])) for letter in letters)
    said = [state for letter, state in zip(mixed, states(mixed), strict=True) if letter != "o"]
    assert "".join(said) == states(letters)


def test_a_poll_that_fails_by_our_own_mistake_every_other_time_holds_nothing_down() -> None:
    assert states("xx" + ".o" * 25)[-1] == "."
    assert states(".xx" + ".r" * 25)[-1] == "d"


@given(st.integers(2, 5), st.text(".d", min_size=1, max_size=60))
def test_a_state_holds_against_any_trembling_shorter_than_the_hysteresis(needed: int, letters: str) -> None:
    rules = Rules(down=needed, degraded=needed, better=needed)
    track = after(*course("." * needed))
    run = 0
    for sample in course(letters):
        run = 0 if not sample.reasons else run + 1
        track = follow(track, replace(sample, at=sample.at + INTERVAL * needed), rules)
        if run >= needed:
            return
        assert track.state is State.OK


@given(LETTERS)
def test_a_bad_state_always_says_why(letters: str) -> None:
    samples = course(letters)
    for end in range(1, len(samples) + 1):
        health = now(*samples[:end])
        if health.state in {State.DEGRADED, State.DOWN}:
            assert health.reasons
            assert health.reasons[0].severity != "info"
        if health.state is State.OK:
            assert all(reason.severity == "info" for reason in health.reasons)


def test_reasons_come_the_gravest_first_and_those_of_before_stay_while_a_state_is_held() -> None:
    broken = now(bad(0, NOTE, HOT, DEAD))
    assert broken.reasons == (DEAD, HOT, NOTE)
    held = now(bad(0, HOT), good(10, draw_watts=5.0))
    assert (held.state, held.reasons, held.figures) == (State.DEGRADED, (HOT,), {"draw_watts": 5.0})
    pending = now(good(0), bad(10, HOT))
    assert (pending.state, pending.reasons) == (State.OK, ())
    assert now(good(0), bad(10, NOTE)).reasons == (NOTE,)


def test_a_trouble_becomes_the_reason_and_keeps_what_was_told_before() -> None:
    first = Sample(SERVER.key, 0, next=INTERVAL, figures={"draw_watts": 200.0}, facts={"power": "on"})
    gone = now(first, silent(10), silent(20))
    assert gone.state is State.DOWN
    assert gone.reasons == (Reason("down", "no answer", "10.0.0.1"),)
    assert gone.trouble == SILENT
    assert (gone.at, gone.figures, gone.facts) == (0, {"draw_watts": 200.0}, {"power": "on"})
    assert gone.since == 20


@pytest.mark.parametrize("device", [PAIR, NODE])
def test_of_what_is_told_by_others_nothing_is_known_where_they_are_silent(device: Device) -> None:
    assert after(*course(".xx", device)).state is State.UNKNOWN
    assert after(*course(".DD", device)).state is State.DOWN


def test_what_was_told_goes_stale_after_fifteen_seconds_or_three_intervals() -> None:
    quick = replace(good(100.0), next=1.0)
    assert not settle(SERVER, after(quick), 115.0).stale
    assert settle(SERVER, after(quick), 115.1).stale
    slow = replace(good(100.0), next=60.0)
    assert not settle(SERVER, after(slow), 280.0).stale
    assert settle(SERVER, after(slow), 280.1).stale


def test_a_device_that_is_not_heard_of_is_unknown_and_one_that_is_silent_is_down() -> None:
    forgotten = now(bad(0), later=31)
    assert (forgotten.state, forgotten.stale, forgotten.since) == (State.UNKNOWN, True, 30)
    assert forgotten.reasons
    asked = now(good(0), *(silent(at, again=40.0) for at in (10, 50, 90)), later=100)
    assert (asked.state, asked.stale) == (State.DOWN, True)


def test_after_a_silence_the_first_word_counts_again() -> None:
    track = after(bad(0), bad(10), good(100))
    assert settle(SERVER, track, 100).state is State.OK
    assert track.since == 100
    assert settle(SERVER, after(good(0), silent(100)), 100).state is State.UNKNOWN


def test_samples_count_in_their_order_whatever_the_clock_says() -> None:
    assert after(good(1000), bad(400), bad(410)).state is State.DEGRADED


@given(LETTERS, st.floats(-1e6, 1e6), st.floats(0, 100))
def test_a_track_of_another_time_says_the_same_as_long_after(letters: str, by: float, later: float) -> None:
    samples = course(letters)
    at = samples[-1].at + later
    track = after(*samples)
    moved = shifted(track, by)
    assert changes_at(moved, at + by) == pytest.approx(changes_at(track, at) + by)
    here, there = settle(SERVER, track, at), settle(SERVER, moved, at + by)
    edges = (track.fresh, track.lapses)
    if min(abs(at - edge) for edge in edges) > 1e-6:  # where no rounding decides
        assert (there.state, there.stale, there.reasons) == (here.state, here.stale, here.reasons)
    assert there.since == pytest.approx(here.since + by, abs=1e-6) or there.state is not here.state


def test_maintenance_is_told_with_its_reason_and_its_time() -> None:
    health = now(good(0), kept(10, "new fans", HOT), kept(20, "new fans", HOT))
    assert (health.state, health.since) == (State.MAINTENANCE, 10)
    assert health.reasons == (Reason("info", "new fans"), HOT)
    ended = now(good(0), kept(10), good(20))
    assert (ended.state, ended.since) == (State.OK, 20)


def test_a_device_that_nobody_ever_told_of_is_unknown_and_stays_so() -> None:
    health = settle(SERVER, Track(since=5.0), 1000.0)
    assert (health.state, health.since, health.at, health.trouble) == (State.UNKNOWN, 5.0, None, None)
    assert changes_at(Track(), 0.0) == float("inf")


@given(LETTERS, st.floats(0, 100))
def test_between_two_moments_of_change_nothing_changes(letters: str, later: float) -> None:
    track = after(*course(letters))
    at = course(letters)[-1].at
    end = changes_at(track, at)
    if at + later <= end:
        assert settle(SERVER, track, at + later) == settle(SERVER, track, at)
    else:
        assert settle(SERVER, track, at + later).stale


def test_a_login_that_is_refused_is_a_device_that_is_there() -> None:
    refused = Trouble("refused", "login refused", "10.0.0.1", "look at `credentials`")
    health = now(good(0), silent(10, refused), silent(20, refused))
    assert (health.state, health.reasons[0].severity) == (State.DEGRADED, "degraded")
