"""Measuring pairs of sites: what everybody outside this room calls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from functools import partial
from typing import TypeVar

from microdc.events import Step
from microdc.host.model import Host
from microdc.impairment import Impairment
from microdc.measure.irtt import KNOCKING_SECONDS
from microdc.measure.model import Both, Direction, Failure, Outcome, PairResult, Throughput, Unmeasured
from microdc.measure.phases import Lost, PairRequest, PairRun, Timed, attempt
from microdc.measure.probe import Probe, look
from microdc.measure.programs import Programs
from microdc.measure.schedule import MeasureOptions, StreamPlan, loss_plan, stream_plan, timing_plan
from microdc.measure.verdict import judge

__all__ = ["MeasureOptions", "PairRequest", "expected_seconds", "measure_pairs", "run_outcome"]

_T = TypeVar("_T")
_WORKERS = 32
_OVERHEAD, _STREAM_OVERHEAD = 3.0, 1.5
"""Seconds for starting and ending programs: of a run, and of a stream."""


def measure_pairs(
    requests: Sequence[PairRequest], options: MeasureOptions | None = None
) -> Iterator[Step | PairResult]:
    """Measures pairs and judges each against what is asked of it: steps, then one PairResult per request in order.

    Timing packets of all pairs go at the same time, then those for the loss test, then streams one after the other: a
    full path takes the processor from its neighbours. What cannot be measured is a PairResult with a failure. All programs
    started end with the iterator, also when it is closed early or interrupted.
    """
    options = options or MeasureOptions()
    seconds = expected_seconds([request.asked for request in requests], options)
    yield Step("measure", "started", f"about {seconds:.0f} s", 0, len(requests), "pairs")
    with ThreadPoolExecutor(_WORKERS, "measure") as pool, Programs() as programs:
        probes = _look_at_all(pool, requests)
        runs = [
            PairRun(
                request,
                Both(probes[id(request.host_a)], probes[id(request.host_b)]),
                options,
                programs,
                pairs=len(requests),
            )
            for request in requests
        ]
        timed = yield from _together(pool, "round trips", [run.timing for run in runs])
        tasks = [partial(run.losses, seen) for run, seen in zip(runs, timed, strict=True)]
        lost = yield from _together(pool, "losses", tasks)
        for run, seen, found in zip(runs, timed, lost, strict=True):
            yield from _finish(run, seen, found)
    yield Step("measure", "done", "", len(requests), len(requests), "pairs")


def expected_seconds(asked: Sequence[Both[Impairment]], options: MeasureOptions) -> float:
    """How long pairs of which this is asked take, if all goes well."""
    timing = [plan.seconds for both in asked if (plan := timing_plan(both, options))]
    losses = [
        plan.seconds
        for both in asked
        if (timed := timing_plan(both, options))
        and (plan := loss_plan(both, options, pairs=len(asked), sent=timed.count))
    ]
    dead = [KNOCKING_SECONDS for both in asked if timing_plan(both, options) is None]
    streams = [
        stream.seconds + _STREAM_OVERHEAD
        for both in asked
        for one in both.values()
        if isinstance(stream := stream_plan(one, options, ip_version=4), StreamPlan)
    ]
    return _OVERHEAD + max(timing + dead, default=0) + max(losses, default=0) + sum(streams)


def run_outcome(results: Sequence[PairResult]) -> Outcome:
    """Of all pairs: fail if one fails, else unmeasured if one is, else pass."""
    outcomes = {result.outcome for result in results}
    order = (Outcome.FAIL, Outcome.UNMEASURED)
    return next((outcome for outcome in order if outcome in outcomes), Outcome.PASS)


def _look_at_all(pool: Executor, requests: Sequence[PairRequest]) -> Mapping[int, Probe | Failure]:
    """What each host has to measure with, by id(); each is looked at once."""
    hosts: dict[int, Host] = {}
    for request in requests:
        hosts |= {id(request.host_a): request.host_a, id(request.host_b): request.host_b}
    looks = {key: pool.submit(attempt, partial(look, host)) for key, host in hosts.items()}
    return {key: future.result() for key, future in looks.items()}


def _together(
    pool: Executor, what: str, tasks: Sequence[Callable[[], _T]]
) -> Generator[Step, None, list[_T]]:
    """One phase of all pairs at the same time: tells of each that is done, and returns the results in order."""
    futures = [pool.submit(task) for task in tasks]
    yield Step(what, "started", "", 0, len(futures), "pairs")
    for done, _ in enumerate(as_completed(futures), start=1):
        yield Step(what, "progress", "", done, len(futures), "pairs")
    yield Step(what, "done", "", len(futures), len(futures), "pairs")
    return [future.result() for future in futures]


def _finish(run: PairRun, timed: Timed, lost: Lost) -> Iterator[Step | PairResult]:
    """The streams of one pair, and its result."""
    request = run.request
    if isinstance(timed, Failure):
        yield PairResult(request.a, request.b, None, (), timed)
        return
    streams: list[Throughput | Unmeasured] = []
    for direction, plan in run.stream_plans(timed).items():
        there, back = f"{request.a} → {request.b}", f"{request.b} → {request.a}"
        way = there if direction is Direction.A_TO_B else back
        if isinstance(plan, StreamPlan):
            yield Step("throughput", "started", way)
        streams.append(run.stream(plan, direction))
        if isinstance(plan, StreamPlan):
            yield Step("throughput", "done", way)
    measured = run.conclude(timed, lost, Both(*streams))
    verdicts = judge(request.asked, measured, run.options.tolerance, loss_tests=2 * run.pairs)
    yield PairResult(request.a, request.b, measured, tuple(verdicts))
