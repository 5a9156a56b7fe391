"""Measuring pairs of sites: what everybody outside this room calls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from functools import partial
from typing import TypeVar

from microdc.events import Step
from microdc.host.model import Host
from microdc.impairment import Impairment
from microdc.measure.assemble import Streams
from microdc.measure.irtt import KNOCKING_SECONDS
from microdc.measure.model import Both, Direction, Failure, Outcome, PairResult, Throughput, Unmeasured
from microdc.measure.phases import Lost, PairRequest, PairRun, Timed, attempt
from microdc.measure.probe import Probe, look
from microdc.measure.programs import Programs
from microdc.measure.schedule import (
    MeasureOptions,
    Offer,
    StreamPlan,
    batches,
    crowd,
    loss_plan,
    stream_plan,
    timing_plan,
)
from microdc.measure.verdict import judge

__all__ = ["MeasureOptions", "PairRequest", "expected_seconds", "measure_pairs", "run_outcome"]

_T = TypeVar("_T")
_WORKERS = 32
_REPEATS = 2
"""Further attempts at a stream of which too little came through."""
_OVERHEAD, _STREAM_OVERHEAD = 3.0, 1.5
"""Seconds for starting and ending programs: of a run, and of a stream."""


def measure_pairs(
    requests: Sequence[PairRequest], options: MeasureOptions | None = None
) -> Iterator[Step | PairResult]:
    """Measures pairs and judges each against what is asked of it: steps, then one PairResult per request in order.

    Timing packets of all pairs go at the same time, then those for the loss test, then streams, few at a time: a
    full path takes the processor from its neighbours. What cannot be measured is a PairResult with a failure. All programs
    started end with the iterator, also when it is closed early or interrupted.
    """
    options = options or MeasureOptions()
    pairs = [(request.a, request.b) for request in requests]
    seconds = expected_seconds([request.asked for request in requests], options, pairs)
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
                crowd=crowd(pairs),
            )
            for request in requests
        ]
        timed = yield from _together(pool, "round trips", [run.timing for run in runs])
        tasks = [partial(run.losses, seen) for run, seen in zip(runs, timed, strict=True)]
        lost = yield from _together(pool, "losses", tasks)
        streams = yield from _streams(pool, runs, timed, options)
        for run, seen, found, pair in zip(runs, timed, lost, streams, strict=True):
            yield _result(run, seen, found, pair)
    yield Step("measure", "done", "", len(requests), len(requests), "pairs")


def expected_seconds(
    asked: Sequence[Both[Impairment]], options: MeasureOptions, pairs: Sequence[tuple[str, str]]
) -> float:
    """How long pairs of sites take of which this is asked, if all goes well."""
    many = crowd(pairs)
    timing = [plan.seconds for both in asked if (plan := timing_plan(both, options, crowd=many))]
    losses = [
        plan.seconds
        for both in asked
        if (timed := timing_plan(both, options, crowd=many))
        and (plan := loss_plan(both, options, pairs=len(asked), sent=timed.count, crowd=many))
    ]
    dead = [KNOCKING_SECONDS for both in asked if timing_plan(both, options) is None]
    streams = [
        (stream, Offer(stream.offered, *ends))
        for both, pair in zip(asked, pairs, strict=True)
        for one, ends in zip(both.values(), (pair, pair[::-1]), strict=True)
        if isinstance(stream := stream_plan(one, options, ip_version=4), StreamPlan)
    ]
    together = batches([offer for _, offer in streams], options.together)
    rates = sum(max(streams[number][0].seconds for number in batch) + _STREAM_OVERHEAD for batch in together)
    return _OVERHEAD + max(timing + dead, default=0) + max(losses, default=0) + rates


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


def _streams(
    pool: Executor, runs: Sequence[PairRun], timed: Sequence[Timed], options: MeasureOptions
) -> Generator[Step, None, list[Streams]]:
    """All pairs' streams: few enough at a time for this machine, and those that came short again, alone."""
    plans = {
        (number, way): plan
        for number, (run, seen) in enumerate(zip(runs, timed, strict=True))
        for way, plan in run.stream_plans(seen).items()
    }
    found: dict[tuple[int, Direction], Throughput | Unmeasured] = {
        key: plan for key, plan in plans.items() if isinstance(plan, Unmeasured)
    }
    wanted = [(key, plan) for key, plan in plans.items() if isinstance(plan, StreamPlan)]
    yield Step("throughput", "started", "", 0, len(wanted), "streams")
    offers = [Offer(plan.offered, *runs[key[0]].request.sites(key[1])) for key, plan in wanted]
    for batch in batches(offers, options.together):
        keys = [wanted[index] for index in batch]
        futures = [pool.submit(runs[key[0]].stream, plan, key[1]) for key, plan in keys]
        found |= {key: future.result() for (key, _), future in zip(keys, futures, strict=True)}
        done = sum(key in found for key, _ in wanted)
        yield Step("throughput", "progress", "", done, len(wanted), "streams")
    for (number, way), plan in wanted:
        yield from _again(runs[number], plan, way, found, (number, way))
    yield Step("throughput", "done", "", len(wanted), len(wanted), "streams")
    return [
        Both(found[number, Direction.A_TO_B], found[number, Direction.B_TO_A]) for number in range(len(runs))
    ]


def _again(
    run: PairRun,
    plan: StreamPlan,
    way: Direction,
    found: dict[tuple[int, Direction], Throughput | Unmeasured],
    key: tuple[int, Direction],
) -> Iterator[Step]:
    """Repeats a stream of which too little came through: a machine that was busy then is not the path's fault."""
    for _ in range(_REPEATS):
        first = found[key]
        if not isinstance(first, Throughput) or not run.short(first, way):
            return
        yield Step("throughput", "progress", f"once more {run.request.a}:{run.request.b} {way}")
        second = run.stream(plan, way)
        if isinstance(second, Throughput) and second.rate > first.rate:
            found[key] = second


def _result(run: PairRun, timed: Timed, lost: Lost, streams: Streams) -> PairResult:
    """One pair's measurement and the verdicts on it."""
    request = run.request
    if isinstance(timed, Failure):
        return PairResult(request.a, request.b, None, (), timed)
    measured = run.conclude(timed, lost, streams)
    verdicts = judge(request.asked, measured, run.tolerance, loss_tests=2 * run.pairs)
    return PairResult(request.a, request.b, measured, tuple(verdicts))
