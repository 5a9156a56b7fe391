"""Calibration: what is measured is kept, and the clean overlay goes in every case."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from test_measure_verdict import MS, delays, measurement, pings, stream, way
from test_wan_planning import BACK, SLOW, THERE, a_situation, a_testbed, carried_out, overlay, plan

from microdc.agent.client import ChangedError
from microdc.errors import InputError, RefusedError, UnreachableError
from microdc.events import Step
from microdc.impairment import Impairment
from microdc.measure.model import Failure, Measurement, PairResult, Unmeasured
from microdc.measure.operate import MeasureOptions
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process
from microdc.testbed.model import Reach, Testbed
from microdc.units import Delay, Rate
from microdc.wan import calibrate as calibrating
from microdc.wan.bare import PairCalibration, concluded
from microdc.wan.calibrate import OPTIONS, REFERENCE, calibrate, known
from microdc.wan.ledger import Ledger
from microdc.wan.model import Direction, Plan
from microdc.wan.operate import Wan
from microdc.wan.planning import Wish
from microdc.wan.probes import AskedPair
from microdc.wan.underlay import fingerprint, floors
from microdc.wan.verify import asked_pairs, backgrounds

KNOWN = REFERENCE / 1e6
PAIR = ("paris", "barcelona")
OTHER = ("paris", "boston")


def probed() -> Testbed:
    testbed = a_testbed()
    sites = {
        name: replace(site, probe_reach=Reach("local"), probe_ip=f"10.{number}.0.11")
        for number, (name, site) in enumerate(testbed.sites.items(), 1)
    }
    return replace(testbed, sites=sites)


@dataclass(slots=True)
class PerfectWan(Wan):
    """A WAN whose shaper does all that it is told, at once. trouble: raised by the next changes, in order; None is none."""

    trouble: list[Exception | None] = field(default_factory=list)
    applied: list[Plan] = field(default_factory=list)

    def read(self) -> None:
        pass

    def apply(self, plan: Plan, *, confirm_within: float | None = None) -> Generator[Step, None, None]:  # noqa: ARG002
        assert self.ledger is not None
        self.ledger.check(plan)
        if (problem := self.trouble.pop(0) if self.trouble else None) is not None:
            raise problem
        yield Step("emulator wan1", "done")
        self.lay(plan)

    def lay(self, plan: Plan) -> None:
        self.applied.append(plan)
        self.situations["wan1"] = carried_out(self.situations["wan1"], plan)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "s.db")) as opened:
        yield opened


@pytest.fixture
def wan(store: Store) -> PerfectWan:
    """One on which something of the inventory's is laid already."""
    ledger = Ledger(store, this_process("me", ["microdc"]), "t")
    made = PerfectWan(probed(), {"wan1": a_situation()}, ledger, {}, ExitStack())
    made.lay(plan(a_situation(), Wish("w", overlay("o1", (THERE, SLOW), (BACK, SLOW)))))
    return made


Measuring = Callable[[AskedPair], Measurement | Failure]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Measuring], None]:
    """Has pairs measured by a function."""

    def install(measure: Measuring) -> None:
        def between(
            _: Testbed, pairs: Sequence[AskedPair], __: MeasureOptions
        ) -> Iterator[Step | PairResult]:
            for pair in pairs:
                yield Step("round trips", "progress")
                found = measure(pair)
                if isinstance(found, Failure):
                    yield PairResult(pair.a, pair.b, None, (), found)
                else:
                    yield PairResult(pair.a, pair.b, found, ())

        monkeypatch.setattr(calibrating, "measure_between", between)

    return install


def found() -> Measurement:
    """1 ms there and 2 ms back, and what is emulated meanwhile."""
    return measurement(3.0 + 2 * KNOWN, way(1.0 + KNOWN, 0.2), way(2.0 + KNOWN, 0.3))


def run(steps: Generator[Step, None, list[PairCalibration]]) -> list[PairCalibration]:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: list[PairCalibration] = end.value
            return result


def outcomes(store: Store) -> list[tuple[str, str]]:
    return [(entry.kind, entry.outcome) for entry in store.journal.entries("t")]


def test_each_direction_is_kept_and_all_is_as_before(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None]
) -> None:
    before, tops = wan.situations["wan1"].observed, []

    def measure(_: AskedPair) -> Measurement:
        tops.append({d: asked.emulated for d, (_, asked) in wan.in_force.items()})
        return found()

    measured(measure)
    (one,) = run(calibrate(wan, [PAIR]))
    assert tops == [{THERE: Impairment(owd=REFERENCE), BACK: Impairment(owd=REFERENCE)}]
    assert [o.id for o in wan.overlays] == ["o1"]
    assert wan.situations["wan1"].observed == before
    kept = store.calibrations.get("t")
    assert {ends: (c.measured.delay, c.measured.jitter) for ends, c in kept.items()} == {
        PAIR: (1_000_000, 200_000),
        PAIR[::-1]: (2_000_000, 300_000),
    }
    assert {c.fingerprint for c in kept.values()} == {fingerprint(wan.testbed, *PAIR)}
    assert {c.host for c in kept.values()} == {wan.ledger.actor.host if wan.ledger else ""}
    assert one.directions == (kept[PAIR].measured, kept[PAIR[::-1]].measured)
    assert outcomes(store) == [("calibration", "done")]


def test_what_was_found_before_is_found_again(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None]
) -> None:
    tops = []

    def measure(_: AskedPair) -> Measurement:
        tops.append({asked.emulated for _, asked in wan.in_force.values()})
        return found()

    measured(measure)
    run(calibrate(wan, [PAIR]))
    first = {ends: one.measured for ends, one in store.calibrations.get("t").items()}
    run(calibrate(wan, [PAIR]))
    assert {ends: one.measured for ends, one in store.calibrations.get("t").items()} == first
    assert tops == [{Impairment(owd=REFERENCE)}] * 2


def test_the_overlay_has_an_owner_a_reason_and_an_end_that_comes_after_the_measurement(
    wan: PerfectWan, measured: Callable[[Measuring], None]
) -> None:
    measured(lambda _: found())
    run(calibrate(wan, [PAIR, OTHER]))
    put = wan.applied[1].put
    assert put is not None
    assert (put.owner, "calibration" in put.reason) == ("me", True)
    assert put.seconds is not None
    assert put.seconds > 4 * OPTIONS.rtt_seconds
    assert put.values.keys() == {THERE, BACK, Direction(*OTHER), Direction(*OTHER[::-1])}


@pytest.mark.parametrize("problem", [UnreachableError("the probe is gone"), KeyboardInterrupt()])
def test_the_overlay_goes_when_measuring_fails(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None], problem: BaseException
) -> None:
    def fail(_: AskedPair) -> Measurement:
        raise problem

    measured(fail)
    with pytest.raises(type(problem)):
        run(calibrate(wan, [PAIR]))
    assert [o.id for o in wan.overlays] == ["o1"]
    assert store.calibrations.get("t") == {}
    assert outcomes(store)[0][1] in {"failed", "interrupted"}


def test_the_overlay_goes_when_nobody_listens_any_more(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None]
) -> None:
    measured(lambda _: found())
    steps = calibrate(wan, [PAIR])
    while next(steps).what != "round trips":
        pass
    assert len(wan.overlays) == 2
    steps.close()
    assert [o.id for o in wan.overlays] == ["o1"]
    assert outcomes(store) == [("calibration", "interrupted")]


def test_what_somebody_else_holds_is_left_alone(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None]
) -> None:
    store.leases.take(this_process("somebody", ["x"]), "t", ["wan"], 600.0, reason="a run")
    measured(lambda _: pytest.fail("nothing is to be measured"))
    with pytest.raises(RefusedError, match="somebody"):
        run(calibrate(wan, [PAIR]))
    assert [o.id for o in wan.overlays] == ["o1"]
    assert outcomes(store)[-1] == ("calibration", "refused")


def test_a_pair_on_which_something_came_meanwhile_is_not_kept(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None]
) -> None:
    def measure(pair: AskedPair) -> Measurement:
        if (pair.a, pair.b) == PAIR:
            wan.lay(wan.plan_overlay({THERE: SLOW}, "you", "yours"))
        return found()

    measured(measure)
    one, two = run(calibrate(wan, [PAIR, OTHER]))
    assert one.failure is not None
    assert "came or ended" in one.failure.what
    assert two.failure is None
    assert store.calibrations.get("t").keys() == {OTHER, OTHER[::-1]}
    assert {o.owner for o in wan.overlays} == {"me", "you"}
    assert len(wan.overlays) == 2


def test_a_pair_that_cannot_be_measured_hides_no_other(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None]
) -> None:
    measured(lambda pair: Failure("no route") if (pair.a, pair.b) == PAIR else found())
    one, two = run(calibrate(wan, [PAIR, OTHER]))
    assert one.failure == Failure("no route")
    assert two.directions
    assert store.calibrations.get("t").keys() == {OTHER, OTHER[::-1]}


def test_a_change_of_somebody_else_in_between_does_not_leave_the_overlay(
    wan: PerfectWan, measured: Callable[[Measuring], None]
) -> None:
    measured(lambda _: found())
    wan.trouble = [None, ChangedError("changed")]
    run(calibrate(wan, [PAIR]))
    assert [o.id for o in wan.overlays] == ["o1"]


def test_an_emulator_that_is_lost_at_the_end_does_not_lose_the_measurement(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None]
) -> None:
    measured(lambda _: found())
    wan.trouble = [None, UnreachableError("the connection broke")]
    with pytest.raises(UnreachableError, match=r"what was measured is kept.*ends by itself within \d+ s"):
        run(calibrate(wan, [PAIR]))
    assert len(store.calibrations.get("t")) == 2


def test_the_same_pair_twice_is_measured_once(wan: PerfectWan, measured: Callable[[Measuring], None]) -> None:
    measured(lambda _: found())
    assert len(run(calibrate(wan, [PAIR, PAIR[::-1], PAIR]))) == 1


def test_without_a_store_or_a_probe_nothing_begins(wan: PerfectWan) -> None:
    with pytest.raises(InputError, match="store"):
        run(calibrate(replace(wan, ledger=None), [PAIR]))
    with pytest.raises(InputError, match="no probe"):
        run(calibrate(replace(wan, testbed=a_testbed()), [PAIR]))
    assert len(wan.applied) == 1


# -- what a measurement comes to


NOTHING = Delay(0)


def direction_of(result: Measurement, index: int = 0) -> Any:
    return concluded(PairResult(*PAIR, result, ()), NOTHING, NOTHING).directions[index]


def test_where_the_clocks_differ_half_the_round_trip_is_each_directions() -> None:
    apart = replace(way(1.0, 0.2), delay=Unmeasured("clocks not checked"))
    result = measurement(3.0, apart, apart)
    assert [direction_of(result, n).delay for n in (0, 1)] == [1_500_000, 1_500_000]
    assert direction_of(result).jitter == 200_000


def test_what_was_emulated_is_taken_off_each_way_and_off_the_round_trip() -> None:
    apart = replace(way(1.0, 0.2), delay=Unmeasured("clocks not checked"))
    result = measurement(33.0, apart, way(21.0))
    one = concluded(PairResult(*PAIR, result, ()), Delay(10 * MS), Delay(20 * MS))
    assert [measured.delay for measured in one.directions] == [1_500_000, 1_000_000]
    less = concluded(PairResult(*PAIR, result, ()), Delay(40 * MS), Delay(22 * MS))
    assert [measured.delay for measured in less.directions] == [0, 0]


def test_round_trips_alone_give_half_of_all() -> None:
    result = replace(pings(lost=10, sent=500), rtt=delays(4.0, 1.0))
    one = direction_of(result)
    assert one.delay == 2_000_000
    assert one.jitter == pytest.approx(707_000, rel=0.01)
    assert one.loss == 1.0


def test_a_rate_is_the_paths_only_where_the_path_was_the_limit() -> None:
    limited = measurement(3.0, way(throughput=stream(80.0, 200.0)), way(throughput=stream(199.0, 200.0)))
    assert direction_of(limited, 0).rate == 80_000_000
    assert direction_of(limited, 1).rate is None
    assert direction_of(found()).rate is None


def test_a_rate_that_an_emulated_line_held_back_is_not_the_paths() -> None:
    limited = measurement(3.0, way(throughput=stream(95.0, 200.0)), way(throughput=stream(60.0, 200.0)))
    held = concluded(PairResult(*PAIR, limited, ()), NOTHING, NOTHING, (Rate(10**8), Rate(10**8)))
    assert [found.rate for found in held.directions] == [None, 60_000_000]


def test_silence_is_a_failure() -> None:
    silent = replace(found(), rtt=Unmeasured("no packet came through"))
    assert concluded(PairResult(*PAIR, silent, ()), NOTHING, NOTHING).failure is not None


# -- what verify tells of it


def test_a_pair_counts_as_calibrated_when_what_is_laid_stands_on_it(
    wan: PerfectWan, measured: Callable[[Measuring], None]
) -> None:
    measured(lambda _: found())

    def tells() -> tuple[bool, str]:
        (pair,) = asked_pairs(wan)
        return pair.underlay is not None, backgrounds(wan, [pair])[PAIR].calibration.state

    assert tells() == (False, "uncalibrated")
    run(calibrate(wan, [PAIR]))
    assert tells() == (False, "stale")
    holding = floors(wan.testbed, known(wan))
    on = {d: replace(SLOW, floor=holding[d]) for d in (THERE, BACK)}
    wan.lay(wan.plan_overlay(on, "me", "again"))
    assert tells() == (True, "calibrated")
    wan.testbed = replace(
        wan.testbed,
        sites={**wan.testbed.sites, "paris": replace(wan.testbed.sites["paris"], mtu=1400)},
    )
    assert tells() == (False, "stale")
