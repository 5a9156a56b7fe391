"""Verdicts: what passes, what fails, and what cannot be told."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdc.impairment import CLEAN, Framing, Impairment, Slots
from microdc.losses import Chance, GilbertElliott
from microdc.measure.assemble import Knocks, from_knocks, from_pings
from microdc.measure.model import (
    Both,
    DelayStats,
    Direction,
    Failure,
    LossCount,
    Measurement,
    OneWay,
    Outcome,
    PairResult,
    ReorderCount,
    Throughput,
    Unmeasured,
    Verdict,
)
from microdc.measure.operate import run_outcome
from microdc.measure.reports import FpingReport
from microdc.measure.tolerance import Tolerance
from microdc.measure.verdict import judge
from microdc.units import Delay, Percent, Rate

MS = 1_000_000
NO_RATE = Unmeasured("no rate is asked")
ENOUGH = 40_000


def delays(median: float, spread: float = 0.0, count: int = 500) -> DelayStats:
    at, wide = round(median * MS), round(spread * MS)
    return DelayStats(count, at - wide, at, at + wide, at + wide, at + wide, at, wide, wide)


def way(
    owd: float = 10.0,
    jitter: float = 0.0,
    lost: int = 0,
    sent: int = ENOUGH,
    *,
    drops: int = 0,
    late: int = 0,
    throughput: Throughput | Unmeasured = NO_RATE,
    count: int = 500,
) -> OneWay:
    return OneWay(
        delays(owd, jitter, count),
        delays(4 * jitter, jitter, count),
        LossCount(sent, lost, drops),
        ReorderCount(sent - lost, late),
        throughput,
    )


def measurement(rtt: float = 20.0, there: OneWay | None = None, back: OneWay | None = None) -> Measurement:
    both = Both(there or way(), back or way())
    return Measurement(
        "irtt", 10 * MS, 1, "both probes have one clock", delays(rtt), LossCount(500, 0), 0, both
    )


def asked(**there: Any) -> Both[Impairment]:
    return Both(Impairment(**{"owd": Delay(10 * MS), **there}), Impairment(owd=Delay(10 * MS)))


def find(verdicts: list[Verdict], quantity: str, direction: Direction | None = None) -> Verdict:
    found = [v for v in verdicts if v.quantity == quantity and direction in {None, v.direction}]
    return found[0]


def outcome(verdicts: list[Verdict]) -> Outcome:
    return PairResult("a", "b", None, tuple(verdicts)).outcome


def test_what_is_as_asked_passes_in_every_quantity() -> None:
    verdicts = judge(asked(), measurement())
    assert outcome(verdicts) is Outcome.PASS
    per_way = ["owd", "jitter", "loss", "reordering", "throughput"]
    assert [v.quantity for v in verdicts] == ["rtt", *per_way, *per_way]
    assert [v.outcome for v in verdicts if v.quantity != "throughput"] == [Outcome.PASS] * 9
    throughput = find(verdicts, "throughput")
    assert (throughput.outcome, throughput.required, throughput.why) == (
        Outcome.UNMEASURED,
        False,
        "no rate is asked",
    )


@pytest.mark.parametrize(
    ("rtt_asked", "found", "expected"),
    [
        (20, 22.9, Outcome.PASS),
        (20, 23.1, Outcome.FAIL),
        (20, 16.9, Outcome.FAIL),
        (300, 308.9, Outcome.PASS),
        (300, 309.1, Outcome.FAIL),
        (0, 2.9, Outcome.PASS),
    ],
)
def test_round_trip_within_3_ms_or_3_percent(rtt_asked: float, found: float, expected: Outcome) -> None:
    half = Impairment(owd=Delay(round(rtt_asked * MS / 2)))
    verdict = find(judge(Both(half, half), measurement(found)), "rtt")
    assert verdict.outcome is expected
    assert verdict.asked == rtt_asked * MS
    assert verdict.measured == round(found * MS)
    assert verdict.tolerance.startswith("±")
    assert verdict.tolerance.endswith(" ms")


def test_tolerances_are_values() -> None:
    strict = Tolerance(delay=200_000, delay_share=0.0)
    assert find(judge(asked(), measurement(20.3), strict), "rtt").outcome is Outcome.FAIL
    assert find(judge(asked(), measurement(20.1), strict), "rtt").outcome is Outcome.PASS


def test_a_swap_of_directions_shows_in_the_one_way_delays() -> None:
    wanted = Both(Impairment(owd=Delay(5 * MS)), Impairment(owd=Delay(25 * MS)))
    verdicts = judge(wanted, measurement(30.0, way(25.0), way(5.0)))
    assert find(verdicts, "rtt").outcome is Outcome.PASS
    assert find(verdicts, "owd", Direction.A_TO_B).outcome is Outcome.FAIL
    assert find(verdicts, "owd", Direction.B_TO_A).outcome is Outcome.FAIL


def test_without_one_clock_the_round_trip_speaks_for_the_delays() -> None:
    apart = replace(way(), delay=Unmeasured("clocks not checked"))
    verdicts = judge(asked(), measurement(20.0, apart, apart))
    verdict = find(verdicts, "owd")
    assert (verdict.outcome, verdict.why) == (Outcome.UNMEASURED, "clocks not checked")
    assert outcome(verdicts) is Outcome.PASS


@pytest.mark.parametrize(
    ("found", "expected"),
    [(5.0, Outcome.PASS), (6.5, Outcome.PASS), (0.0, Outcome.FAIL), (10.0, Outcome.FAIL)],
)
def test_jitter_within_sampling_error_and_allowance(found: float, expected: Outcome) -> None:
    verdicts = judge(asked(jitter=Delay(5 * MS)), measurement(20.0, way(10.0, found)))
    assert find(verdicts, "jitter", Direction.A_TO_B).outcome is expected


def test_fewer_packets_widen_the_tolerance() -> None:
    tolerance = Tolerance()
    assert tolerance.for_jitter(5 * MS, 100) > tolerance.for_jitter(5 * MS, 1000) > tolerance.jitter
    assert tolerance.for_delay(20 * MS, 5 * MS, 100) > tolerance.for_delay(20 * MS, 0, 100) == 3 * MS


@pytest.mark.parametrize(
    ("percent", "sent", "lost", "expected"),
    [
        (0, 4_000, 0, Outcome.PASS),
        (0, 4_000, 5, Outcome.PASS),  # 0.125 %: unlucky, no proof
        (0, 4_000, 40, Outcome.FAIL),
        (0, 500, 0, Outcome.UNMEASURED),
        (0, 500, 500, Outcome.FAIL),
        (1, 16_000, 160, Outcome.PASS),
        (1, 16_000, 0, Outcome.FAIL),
        (1, 16_000, 320, Outcome.FAIL),
        (1, 1_000, 10, Outcome.UNMEASURED),
        (1, 4_000, 0, Outcome.FAIL),  # too few to confirm, enough to reject
        (25, 2_000, 500, Outcome.PASS),
        (25, 2_000, 900, Outcome.FAIL),
        (25, 100, 25, Outcome.UNMEASURED),
        (100, 25, 25, Outcome.PASS),
        (100, 25, 24, Outcome.FAIL),
        (100, 5, 5, Outcome.UNMEASURED),
        (0, 0, 0, Outcome.UNMEASURED),
    ],
)
def test_loss(percent: float, sent: int, lost: int, expected: Outcome) -> None:
    verdicts = judge(asked(loss=Percent(float(percent))), measurement(20.0, way(lost=lost, sent=sent)))
    verdict = find(verdicts, "loss", Direction.A_TO_B)
    assert verdict.outcome is expected
    if expected is Outcome.UNMEASURED:
        assert verdict.why
    if sent:
        assert verdict.measured == pytest.approx(100 * lost / sent)


def test_unmeasured_loss_says_how_many_packets_would_do() -> None:
    verdict = find(judge(asked(), measurement(20.0, way(sent=500))), "loss", Direction.A_TO_B)
    needed = int(verdict.why.split("about ")[1].split()[0])
    assert 3_000 < needed < 5_000
    again = find(judge(asked(), measurement(20.0, way(sent=needed))), "loss", Direction.A_TO_B)
    assert again.outcome is Outcome.PASS


def test_more_tests_in_a_run_make_each_more_careful() -> None:
    found = measurement(20.0, way(lost=13, sent=4_000))
    assert find(judge(asked(), found, loss_tests=1), "loss").outcome is Outcome.FAIL
    assert find(judge(asked(), found, loss_tests=500), "loss").outcome is not Outcome.FAIL


def test_what_the_probe_dropped_is_not_held_against_the_path() -> None:
    verdicts = judge(asked(), measurement(20.0, way(lost=60, sent=4_000, drops=60)))
    verdict = find(verdicts, "loss", Direction.A_TO_B)
    assert (verdict.outcome, verdict.required) == (Outcome.UNMEASURED, True)
    assert "too busy" in verdict.why
    still = judge(asked(), measurement(20.0, way(lost=160, sent=4_000, drops=60)))
    assert find(still, "loss", Direction.A_TO_B).outcome is Outcome.FAIL


def test_reordering_is_never_asked() -> None:
    verdicts = judge(asked(), measurement(20.0, way(late=1)))
    verdict = find(verdicts, "reordering", Direction.A_TO_B)
    assert (verdict.outcome, verdict.measured, verdict.unit) == (Outcome.FAIL, 1, "packets")


def stream(rate: float, sent: float) -> Throughput:
    return Throughput(round(rate * 1e6), round(sent * 1e6), 11_500_000, 2.0, 0)


@pytest.mark.parametrize(
    ("loss", "found", "expected", "why"),
    [
        (0, stream(10.0, 11.5), Outcome.PASS, ""),
        (0, stream(9.6, 11.5), Outcome.PASS, ""),
        (0, stream(9.4, 11.5), Outcome.FAIL, "less came through"),
        (0, stream(10.6, 11.5), Outcome.FAIL, "more came through"),
        (0, stream(8.0, 8.0), Outcome.UNMEASURED, "the sender managed 8mbit of 11.5mbit"),
        (0, stream(10.0, 10.2), Outcome.UNMEASURED, "too little to tell"),  # an open path would look the same
        (25, stream(10.0, 15.3), Outcome.PASS, ""),
        (25, stream(8.6, 11.5), Outcome.UNMEASURED, "too little to tell"),
        (0, Unmeasured("iperf3 is missing"), Outcome.UNMEASURED, "iperf3 is missing"),
    ],
)
def test_throughput(loss: float, found: Throughput | Unmeasured, expected: Outcome, why: str) -> None:
    wanted = asked(rate=Rate(10_000_000), loss=Percent(float(loss)))
    verdict = find(judge(wanted, measurement(20.0, way(throughput=found))), "throughput", Direction.A_TO_B)
    assert verdict.outcome is expected
    assert why in verdict.why
    assert verdict.required


def test_a_broken_path_fails_and_says_which_way() -> None:
    broken = from_knocks(Knocks(Both(LossCount(8, 0), LossCount(25, 25)), "no reply from server"))
    verdicts = judge(asked(), broken)
    rtt = find(verdicts, "rtt")
    assert (rtt.outcome, rtt.why) == (Outcome.FAIL, "no packet came through; no reply from server")
    assert find(verdicts, "loss", Direction.A_TO_B).outcome is Outcome.UNMEASURED
    assert find(verdicts, "loss", Direction.B_TO_A).outcome is Outcome.FAIL
    assert outcome(verdicts) is Outcome.FAIL


@pytest.mark.parametrize(
    ("there", "back", "expected"),
    [
        (LossCount(25, 25), LossCount(25, 25), Outcome.PASS),
        (LossCount(25, 3), LossCount(25, 25), Outcome.FAIL),
        (LossCount(25, 25), LossCount(25, 0), Outcome.FAIL),
    ],
)
def test_a_cut_pair_is_judged_by_what_does_not_arrive(
    there: LossCount, back: LossCount, expected: Outcome
) -> None:
    dead = Impairment(loss=Percent(100.0), rate=Rate(10_000_000))
    assert outcome(judge(Both(dead, dead), from_knocks(Knocks(Both(there, back), "")))) is expected


def test_a_pair_cut_one_way_passes_on_that_way_alone() -> None:
    wanted = Both(
        Impairment(loss=Percent(100.0)), Impairment(owd=Delay(MS), jitter=Delay(1000), rate=Rate(10**6))
    )
    found = from_knocks(Knocks(Both(LossCount(25, 25), LossCount(25, 0)), ""))
    assert outcome(judge(wanted, found)) is Outcome.PASS
    broken = from_knocks(Knocks(Both(LossCount(25, 25), LossCount(25, 25)), ""))
    assert outcome(judge(wanted, broken)) is Outcome.FAIL


def pings(lost: int, sent: int = 500, resolution: int = 10_000) -> Measurement:
    report = FpingReport((None,) * lost + (20 * MS,) * (sent - lost), resolution)
    return from_pings(report, [], Both(NO_RATE, NO_RATE), interval=10 * MS, why="irtt is missing", notes=())


def test_fping_judges_round_trips_only() -> None:
    verdicts = judge(asked(), pings(0, 5000))
    assert find(verdicts, "rtt").outcome is Outcome.PASS
    assert find(verdicts, "loss", Direction.ROUND_TRIP).outcome is Outcome.PASS
    assert find(verdicts, "loss", Direction.A_TO_B).outcome is Outcome.UNMEASURED
    assert outcome(verdicts) is Outcome.PASS  # no loss at all is none in each direction
    assert outcome(judge(asked(), pings(250, 5000))) is Outcome.FAIL


def test_fping_leaves_asked_losses_and_jitter_of_directions_open() -> None:
    verdicts = judge(asked(loss=Percent(5.0), jitter=Delay(MS)), pings(250, 5000))
    assert find(verdicts, "loss", Direction.ROUND_TRIP).outcome is Outcome.PASS
    assert outcome(verdicts) is Outcome.UNMEASURED


def test_silence_is_a_failure_only_where_chance_cannot_explain_it() -> None:
    assert find(judge(asked(), pings(500)), "rtt").outcome is Outcome.FAIL
    lossy = Both(Impairment(loss=Percent(90.0)), Impairment(loss=Percent(90.0)))
    verdict = find(judge(lossy, pings(500)), "rtt")
    assert (verdict.outcome, verdict.required) == (Outcome.UNMEASURED, True)


def test_the_outcome_of_pairs_and_runs() -> None:
    def pair(*outcomes: Outcome, failure: Failure | None = None) -> PairResult:
        verdicts = tuple(Verdict("rtt", Direction.ROUND_TRIP, 1, 1, "ns", "", one) for one in outcomes)
        return PairResult("a", "b", None, verdicts, failure)

    good, bad, dark = pair(Outcome.PASS), pair(Outcome.FAIL, Outcome.UNMEASURED), pair(Outcome.UNMEASURED)
    gone = pair(failure=Failure("no such network namespace", "netns:x"))
    assert [one.outcome for one in (good, bad, dark, gone)] == ["pass", "fail", "unmeasured", "unmeasured"]
    assert run_outcome([good, gone]) is Outcome.UNMEASURED
    assert run_outcome([good, gone, bad]) is Outcome.FAIL
    assert run_outcome([good]) is Outcome.PASS
    assert str(gone.failure) == "netns:x: no such network namespace"


def test_results_are_plain_data() -> None:
    found = measurement(20.0, way(throughput=stream(10, 11.5)))
    result = PairResult("paris", "boston", found, tuple(judge(asked(), found)))
    data = asdict(result)
    assert data["measurement"]["directions"]["a_to_b"]["loss"] == {
        "sent": ENOUGH,
        "lost": 0,
        "probe_drops": 0,
    }
    assert data["measurement"]["directions"]["b_to_a"]["throughput"] == {"why": "no rate is asked"}
    assert data["verdicts"][0]["direction"] == "round-trip"


impairments = st.builds(
    Impairment,
    owd=st.integers(0, 300 * MS).map(Delay),
    jitter=st.integers(0, 20 * MS).map(Delay),
    loss=st.sampled_from([0.0, 0.1, 1.0, 10.0, 25.0]).map(Percent),
)


@given(there=impairments, back=impairments)
@settings(max_examples=60, deadline=None)
def test_exactly_what_was_asked_never_fails(there: Impairment, back: Impairment) -> None:
    def perfect(one: Impairment) -> OneWay:
        return way(one.owd / MS, one.jitter / MS, round(ENOUGH * one.loss / 100))

    found = measurement((there.owd + back.owd) / MS, perfect(there), perfect(back))
    verdicts = judge(Both(there, back), found)
    assert not [v for v in verdicts if v.outcome is Outcome.FAIL]
    assert outcome(verdicts) is Outcome.PASS


@given(there=impairments, error=st.floats(1.5, 100))
@settings(max_examples=60, deadline=None)
def test_a_gross_error_of_the_delay_always_fails(there: Impairment, error: float) -> None:
    allowed = Tolerance().for_delay(there.owd + 10 * MS, there.jitter, 500) / MS
    found = measurement((there.owd / MS + 10) + error * allowed)
    assert outcome(judge(Both(there, replace(CLEAN, owd=Delay(10 * MS))), found)) is Outcome.FAIL


RUNS = GilbertElliott(Percent(1.0), Percent(24.0))  # 4 % are lost
SOME = Chance(Percent(10.0))


@pytest.mark.parametrize(
    ("sent", "lost", "expected"),
    [
        (16_000, 640, Outcome.PASS),
        (16_000, 800, Outcome.PASS),  # independent ones would not be as many
        (16_000, 1_400, Outcome.FAIL),
        (16_000, 100, Outcome.FAIL),
        (2_000, 80, Outcome.UNMEASURED),
    ],
)
def test_losses_in_runs_are_judged_by_their_mean(sent: int, lost: int, expected: Outcome) -> None:
    verdicts = judge(asked(loss_model=RUNS), measurement(20.0, way(lost=lost, sent=sent)))
    verdict = find(verdicts, "loss", Direction.A_TO_B)
    assert (verdict.outcome, verdict.required) == (expected, True)
    assert verdict.asked == pytest.approx(4.0)
    independent = find(judge(asked(loss=Percent(4.0)), measurement(20.0, way(lost=800, sent=16_000))), "loss")
    assert independent.outcome is Outcome.FAIL


def test_a_model_that_loses_everything_is_a_dead_direction() -> None:
    dead = Impairment(loss_model=GilbertElliott(Percent(100.0), Percent(0.0)))
    cut = from_knocks(Knocks(Both(LossCount(25, 25), LossCount(25, 0)), ""))
    assert outcome(judge(Both(dead, CLEAN), cut)) is Outcome.PASS
    open_path = from_knocks(Knocks(Both(LossCount(25, 3), LossCount(25, 0)), ""))
    assert outcome(judge(Both(dead, CLEAN), open_path)) is Outcome.FAIL


def test_losses_that_cannot_be_judged_are_told_and_ask_for_nothing() -> None:
    wanted = asked(loss=Percent(5.0), loss_correlation=Percent(25.0))
    verdicts = judge(wanted, measurement(20.0, way(lost=300)))
    verdict = find(verdicts, "loss", Direction.A_TO_B)
    assert (verdict.outcome, verdict.required) == (Outcome.UNMEASURED, False)
    assert verdict.measured == pytest.approx(0.75)
    assert "correlated losses" in verdict.why
    assert outcome(verdicts) is Outcome.PASS


@pytest.mark.parametrize(("lost", "expected"), [(2_000, Outcome.PASS), (200, Outcome.FAIL)])
def test_where_packets_overtake_each_other_losses_are_those_of_the_round_trip(
    lost: int, expected: Outcome
) -> None:
    found = replace(measurement(20.0, way(lost=lost // 2)), round_trip_loss=LossCount(ENOUGH, lost))
    wanted = asked(loss=Percent(5.0), reorder=SOME)
    verdicts = judge(wanted, found)
    assert [v.direction for v in verdicts if v.quantity == "loss" and v.required] == [Direction.ROUND_TRIP]
    assert find(verdicts, "loss").outcome is expected
    assert outcome(verdicts) is expected


def test_order_that_is_not_asked_to_be_kept_is_counted_only() -> None:
    wanted = asked(reorder=SOME)
    verdicts = judge(wanted, replace(measurement(20.0, way(late=500)), round_trip_loss=LossCount(ENOUGH, 0)))
    verdict = find(verdicts, "reordering", Direction.A_TO_B)
    assert (verdict.outcome, verdict.measured, verdict.required) == (Outcome.UNMEASURED, 500, False)
    for quantity in ("rtt", "owd", "jitter"):
        told = find(verdicts, quantity)
        assert (told.outcome, told.required) == (Outcome.UNMEASURED, False)
        assert "overtake" in told.why
    assert find(verdicts, "reordering", Direction.B_TO_A).outcome is Outcome.PASS
    assert outcome(verdicts) is Outcome.PASS


@pytest.mark.parametrize(
    ("found", "expected"), [(4_000, Outcome.PASS), (0, Outcome.FAIL), (10_000, Outcome.FAIL)]
)
def test_copies_are_judged_where_they_are_asked(found: int, expected: Outcome) -> None:
    measured = replace(measurement(), round_trip_loss=LossCount(ENOUGH, 0), duplicates=found)
    verdict = find(judge(asked(duplicate=SOME), measured), "duplicates")
    assert (verdict.outcome, verdict.direction) == (expected, Direction.ROUND_TRIP)
    assert verdict.asked == pytest.approx(10.0)
    assert not [v for v in judge(asked(), measured) if v.quantity == "duplicates"]


def test_few_packets_and_fping_tell_nothing_of_copies() -> None:
    few = replace(measurement(), round_trip_loss=LossCount(100, 0), duplicates=10)
    verdict = find(judge(asked(duplicate=SOME), few), "duplicates")
    assert (verdict.outcome, verdict.required) == (Outcome.UNMEASURED, True)
    assert "are needed" in verdict.why
    verdict = find(judge(asked(duplicate=SOME), pings(0, 5000)), "duplicates")
    assert (verdict.outcome, verdict.required) == (Outcome.UNMEASURED, False)


@pytest.mark.parametrize(
    ("distribution", "median", "spread", "expected"),
    [
        ("uniform", 30.0, 6.8, Outcome.PASS),
        ("uniform", 30.0, 10.0, Outcome.FAIL),  # that would be normal
        ("pareto", 26.8, 5.25, Outcome.PASS),
        ("pareto", 34.0, 5.25, Outcome.FAIL),
        ("pareto", 26.8, 0.0, Outcome.FAIL),
        ("paretonormal", 27.6, 6.45, Outcome.PASS),
    ],
)
def test_delays_that_are_not_normal_are_held_against_their_table(
    distribution: str, median: float, spread: float, expected: Outcome
) -> None:
    wanted = Both(Impairment(Delay(30 * MS), Delay(10 * MS), distribution=distribution), CLEAN)
    found = measurement(median, way(median, spread), way(0.0))
    verdicts = judge(wanted, found)
    assert outcome(verdicts) is expected


def test_the_median_of_a_table_is_what_is_asked_of_a_delay() -> None:
    wanted = Both(Impairment(Delay(30 * MS), Delay(10 * MS), distribution="pareto"), CLEAN)
    verdicts = judge(wanted, measurement(26.8, way(26.8, 5.25), way(0.0)))
    for quantity in ("rtt", "owd"):
        verdict = find(verdicts, quantity)
        assert verdict.asked == pytest.approx(26.8 * MS, abs=0.2 * MS)
        assert verdict.tolerance.startswith("-")  # the tail is on one side
        assert ", +" in verdict.tolerance


@pytest.mark.parametrize(
    "options",
    [
        {"slots": Slots(Delay(20 * MS))},
        {"duplicate": SOME, "jitter": Delay(5 * MS)},
    ],
)
def test_delays_that_are_not_judged(options: dict[str, Any]) -> None:
    found = replace(
        measurement(50.0, way(40.0, 30.0)), round_trip_loss=LossCount(ENOUGH, 0), duplicates=4_000
    )
    verdicts = judge(asked(**options), found)
    for quantity in ("rtt", "owd", "jitter"):
        verdict = find(verdicts, quantity)
        assert (verdict.outcome, verdict.required) == (Outcome.UNMEASURED, False)
        assert verdict.measured is not None
    assert outcome(verdicts) is Outcome.PASS


@pytest.mark.parametrize("options", [{"slots": Slots(Delay(MS))}, {"limit": 5000}])
def test_throughput_that_is_not_judged(options: dict[str, Any]) -> None:
    wanted = asked(rate=Rate(10_000_000), **options)
    for found in (stream(5.0, 11.5), Unmeasured("none was sent")):
        verdict = find(
            judge(wanted, measurement(20.0, way(throughput=found))), "throughput", Direction.A_TO_B
        )
        assert (verdict.outcome, verdict.required) == (Outcome.UNMEASURED, False)


@pytest.mark.parametrize(
    ("found", "expected"), [(9.06, Outcome.PASS), (10.0, Outcome.FAIL), (8.0, Outcome.FAIL)]
)
def test_throughput_of_a_line_that_adds_to_packets(found: float, expected: Outcome) -> None:
    """1514 bytes are 32 cells of 53 bytes: 1696."""
    wanted = asked(rate=Rate(10_150_000), framing=Framing(cell=48, cell_overhead=5))
    measured = measurement(20.0, way(throughput=stream(found, 11.5)))
    assert find(judge(wanted, measured), "throughput", Direction.A_TO_B).outcome is expected


def test_losses_in_runs_may_take_much_of_a_short_stream() -> None:
    wanted = asked(rate=Rate(1_000_000), loss_model=GilbertElliott(Percent(5.0), Percent(15.0)))
    short = Throughput(700_000, 1_500_000, 1_500_000, 2.0, 0)
    verdict = find(judge(wanted, measurement(20.0, way(throughput=short))), "throughput", Direction.A_TO_B)
    assert verdict.outcome is Outcome.UNMEASURED
    enough = replace(short, sent=3_000_000)
    verdict = find(judge(wanted, measurement(20.0, way(throughput=enough))), "throughput", Direction.A_TO_B)
    assert verdict.outcome is Outcome.FAIL


def test_silence_on_a_path_that_loses_in_runs_needs_more_packets_to_be_a_failure() -> None:
    runs = Impairment(loss_model=GilbertElliott(Percent(0.5), Percent(8.0)))
    for sent, expected in ((60, Outcome.UNMEASURED), (500, Outcome.FAIL)):
        assert find(judge(Both(runs, CLEAN), pings(sent, sent)), "rtt").outcome is expected
