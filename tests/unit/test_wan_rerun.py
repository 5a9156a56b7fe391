"""A run, once more: what is laid for it goes in every case, whatever others do meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from test_wan_calibrate import PerfectWan, probed, store, wan
from test_wan_planning import BACK, FAST, SLOW, THERE

from microdc.agent.client import ChangedError
from microdc.errors import InputError, RefusedError, UnreachableError
from microdc.events import Step
from microdc.measure.model import PairResult
from microdc.measure.operate import MeasureOptions
from microdc.store.operate import Store
from microdc.store.process import this_process
from microdc.testbed.model import Testbed
from microdc.wan import verify as verifying
from microdc.wan.model import Direction
from microdc.wan.operate import Wan
from microdc.wan.probes import AskedPair
from microdc.wan.record import Record
from microdc.wan.rerun import rerun

__all__ = ["store", "wan"]  # fixtures

ABOUT = {"entry": 7}
RECORD = Record(ABOUT, {THERE: FAST, BACK: FAST}, [], {}, {})
PAIR = (min(THERE.source, THERE.target), max(THERE.source, THERE.target))
Measuring = Callable[[AskedPair], None]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Measuring], None]:
    """Has a function called where a pair would be measured."""

    def install(measure: Measuring) -> None:
        def between(
            _: Testbed, pairs: Sequence[AskedPair], __: MeasureOptions
        ) -> Iterator[Step | PairResult]:
            for pair in pairs:
                yield Step("round trips", "progress")
                measure(pair)
                yield PairResult(pair.a, pair.b, None, ())

        monkeypatch.setattr(verifying, "measure_between", between)

    return install


def run(steps: Generator[Step, None, list[PairResult]]) -> list[PairResult]:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: list[PairResult] = end.value
            return result


def laid(wan: Wan) -> list[str]:
    return [overlay.id for overlay in wan.overlays]


def tops(wan: Wan) -> dict[Direction, Any]:
    return {direction: asked.impairment for direction, (_, asked) in wan.in_force.items()}


def test_it_lies_while_it_is_measured_and_has_an_end(
    wan: PerfectWan, measured: Callable[[Measuring], None]
) -> None:
    seen = []

    def measure(pair: AskedPair) -> None:
        seen.append((pair.asked, wan.overlays[-1].owner, wan.overlays[-1].seconds))

    measured(measure)
    (result,) = run(rerun(wan, RECORD, "ann"))
    assert (result.a, result.b) == PAIR
    ((asked, owner, seconds),) = seen
    assert asked == (FAST.impairment, FAST.impairment)
    assert owner == "ann"
    assert seconds is not None
    assert seconds > 60
    assert laid(wan) == ["o1"]


def test_what_is_kept_stays_and_no_later_run_takes_it_away(
    wan: PerfectWan, measured: Callable[[Measuring], None]
) -> None:
    measured(lambda _: None)
    run(rerun(wan, RECORD, "ann", keep=True))
    (kept,) = wan.overlays[1:]
    assert kept.seconds is None
    run(rerun(wan, RECORD, "ann"))
    assert wan.overlays[1:] == [kept]


def test_a_change_of_somebody_else_meanwhile_stays_and_the_overlay_goes(
    wan: PerfectWan, measured: Callable[[Measuring], None]
) -> None:
    def measure(_: AskedPair) -> None:
        wan.lay(wan.plan_overlay({THERE: SLOW}, "you", "yours"))

    measured(measure)
    wan.trouble = [None, ChangedError("somebody else changed what is laid"), None]
    (result,) = run(rerun(wan, RECORD, "ann"))
    assert result.failure is not None
    assert [o.owner for o in wan.overlays[1:]] == ["you"]


def test_an_overlay_that_ended_meanwhile_is_no_trouble(
    wan: PerfectWan, measured: Callable[[Measuring], None]
) -> None:
    measured(lambda _: wan.lay(wan.plan_removal([wan.overlays[-1].id])))
    (result,) = run(rerun(wan, RECORD, "ann"))
    assert result.failure is not None
    assert laid(wan) == ["o1"]


@pytest.mark.parametrize("problem", [UnreachableError("the probe is gone"), KeyboardInterrupt()])
def test_the_overlay_goes_when_measuring_fails(
    wan: PerfectWan, measured: Callable[[Measuring], None], problem: BaseException
) -> None:
    def fail(_: AskedPair) -> None:
        raise problem

    measured(fail)
    before = tops(wan)
    with pytest.raises(type(problem)) as caught:
        run(rerun(wan, RECORD, "ann"))
    assert caught.value is problem
    assert tops(wan) == before


@pytest.mark.parametrize("after", ["round trips", "emulator wan1"])
def test_the_overlay_goes_when_nobody_listens_any_more(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None], after: str
) -> None:
    """Also when that comes in the middle of taking it away."""
    measured(lambda _: None)
    steps = rerun(wan, RECORD, "ann")
    while next(steps).what != "round trips":
        pass
    while after != "round trips" and next(steps).what != after:
        pass
    assert len(laid(wan)) == 2
    steps.close()
    assert laid(wan) == ["o1"]
    outcomes = [e.outcome for e in store.journal.entries("t", kinds=["measurement"])]
    assert outcomes == ["interrupted" if after == "round trips" else "done"]


def test_a_lease_that_somebody_took_meanwhile_does_not_lose_the_result(
    wan: PerfectWan, store: Store, measured: Callable[[Measuring], None]
) -> None:
    def measure(_: AskedPair) -> None:
        store.leases.take(this_process("you", ["x"]), "t", ["wan"], 60)

    measured(measure)
    with pytest.raises(RefusedError, match=r"you.*what was measured is kept.*ends by itself within \d+ s"):
        run(rerun(wan, RECORD, "ann"))
    (entry,) = store.journal.entries("t", kinds=["measurement"])
    assert (entry.outcome, len(entry.result["pairs"])) == ("done", 1)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (replace(RECORD, values={Direction("paris", "prague"): FAST}), "prague"),
        (replace(RECORD, pairs=[{"a": "paris", "b": "prague", "verdicts": []}]), "prague"),
    ],
)
def test_sites_that_this_testbed_does_not_have_are_named_before_anything_is_laid(
    wan: PerfectWan, record: Record, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        run(rerun(wan, record, "ann"))
    assert len(wan.applied) == 1


def test_a_site_without_a_probe_is_named_before_anything_is_laid(wan: PerfectWan) -> None:
    sites = {name: replace(site, probe_ip="") for name, site in probed().sites.items()}
    wan.testbed = replace(wan.testbed, sites=sites)
    with pytest.raises(InputError, match="no probe"):
        run(rerun(wan, RECORD, "ann"))
    assert len(wan.applied) == 1
