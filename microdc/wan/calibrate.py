"""What the bare path between sites does of itself, measured and kept, so that it is not added to what is emulated."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, replace

from microdc.errors import InputError
from microdc.events import Step
from microdc.impairment import Impairment
from microdc.measure.model import Both, Failure, PairResult
from microdc.measure.operate import MeasureOptions
from microdc.store.pages import Page
from microdc.units import Delay
from microdc.wan.bare import PairCalibration, concluded
from microdc.wan.layers import lines_of
from microdc.wan.ledger import Ledger
from microdc.wan.model import Asked, Direction, Plan
from microdc.wan.operate import Wan
from microdc.wan.passing import lasting, passing
from microdc.wan.probes import AskedPair, check_probe, measure_between
from microdc.wan.results import collected
from microdc.wan.underlay import Calibrations, fingerprint

OPTIONS = MeasureOptions(rtt_seconds=10.0, loss_seconds=5.0, throughput_seconds=1.0)
"""A thousand round trips a pair: the median of a path with 1 ms of jitter is then known to 40 µs. Of losses and rates only
what is far from all right matters here."""
REASON = "calibration: the underlay is measured"
REFERENCE = Delay(25_000_000)
"""One way, ns: so much is emulated while the underlay is measured, and taken off again. Timers fire late, and an emulator in
whose delay line nothing waits does not show it: a guest emulated in software adds 0.4 ms to a round trip as soon as anything
is delayed, and hardly more to longer delays (measured at 10, 50, 100 and 300 ms)."""


def known(wan: Wan) -> Calibrations:
    """The latest calibrations of a WAN's testbed; none where it was opened without a store."""
    return wan.ledger.store.calibrations.get(wan.testbed.name) if wan.ledger else {}


def calibrate(
    wan: Wan, pairs: Sequence[tuple[str, str]], options: MeasureOptions = OPTIONS
) -> Generator[Step, None, list[PairCalibration]]:
    """Measures what pairs have of themselves and keeps it, direction by direction.

    For the time of the measurement an overlay of nothing but a known delay lies over the pairs. It is taken away in every
    case, and ends by itself if this process dies. A pair that could not be measured hides no other; nothing is kept of it.
    Raises RefusedError where somebody else holds the WAN or one of the sites, InputError where a site has no probe.
    """
    if wan.ledger is None:
        raise InputError("a calibration is kept in the store, and none is open", where=wan.testbed.name)
    pairs = _once(pairs)
    for name in sorted({name for pair in pairs for name in pair}):
        check_probe(wan.testbed, wan.testbed.sites[name])
    values = _values(wan, pairs)
    asked = [_asked_pair(pair, values, options) for pair in pairs]
    seconds = lasting([Both(*pair.asked) for pair in asked], options, pairs)
    summary = f"the underlay between {', '.join(f'{a} and {b}' for a, b in pairs)}"
    data = {"pairs": [list(pair) for pair in pairs], "seconds": seconds}
    with wan.ledger.page("calibration", summary, data) as page:
        plan = wan.plan_overlay(values, wan.ledger.actor.owner, REASON, seconds=seconds)
        measuring = _kept(wan, page, plan, asked, options)
        return (yield from passing(wan, plan, measuring, "the calibration"))


def _once(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each pair of sites once, whichever is named first."""
    found: dict[frozenset[str], tuple[str, str]] = {}
    for pair in pairs:
        found.setdefault(frozenset(pair), pair)
    return list(found.values())


def _kept(
    wan: Wan, page: Page, plan: Plan, pairs: Sequence[AskedPair], options: MeasureOptions
) -> Generator[Step, None, list[PairCalibration]]:
    """Measures while the overlay lies, and keeps what was found."""
    results = yield from collected(measure_between(wan.testbed, pairs, options))
    by_pair = {(result.a, result.b): result for result in results}
    found = _undisturbed(wan, plan, [_concluded(by_pair[pair.a, pair.b], plan) for pair in pairs])
    if wan.ledger is not None:  # the page is one of its own
        _keep(wan, wan.ledger, found)
    page.result["pairs"] = [_told(pair) for pair in found]
    return found


def _values(wan: Wan, pairs: Sequence[tuple[str, str]]) -> dict[Direction, Asked]:
    """The known delay, on top of what an earlier calibration found: so that just that much is emulated."""
    floors = wan.floors
    found = {}
    for a, b in pairs:
        for direction in (Direction(a, b), Direction(b, a)):
            below = floors[direction].delay if direction in floors else 0
            found[direction] = Asked(Impairment(owd=Delay(REFERENCE + below)), "calibration")
    return found


def _asked_pair(
    pair: tuple[str, str], values: Mapping[Direction, Asked], options: MeasureOptions
) -> AskedPair:
    """What the pair is measured with: a rate is asked only so that one is sent."""
    there, back = (values[d].impairment for d in (Direction(*pair), Direction(*pair).reverse))
    rate = options.max_rate
    return AskedPair(*pair, (replace(there, rate=rate), replace(back, rate=rate)))


def _concluded(result: PairResult, plan: Plan) -> PairCalibration:
    assert plan.put is not None  # it has an end, so that it is laid even where it lies already
    there = Direction(result.a, result.b)
    forth, back = (plan.put.values[d].emulated.owd for d in (there, there.reverse))
    lines = lines_of(
        plan.overlays
    )  # what leaves a site goes through its line, though nothing is asked of the pair
    up = [lines[site].up if site in lines else None for site in (result.a, result.b)]
    return concluded(result, forth, back, (up[0], up[1]))


def _undisturbed(wan: Wan, plan: Plan, found: Sequence[PairCalibration]) -> list[PairCalibration]:
    """What was found, but for the pairs over which something else lay before the measurement was over."""
    wan.read()
    in_force = wan.in_force
    change = plan.put.change if plan.put else ""

    def ours(pair: PairCalibration) -> bool:
        tops = [in_force.get(d) for d in (Direction(pair.a, pair.b), Direction(pair.b, pair.a))]
        return all(top is not None and top[0].change == change for top in tops)

    failure = Failure(
        "an overlay came or ended while this pair was calibrated", hint="calibrate it once more"
    )
    return [pair if ours(pair) else PairCalibration(pair.a, pair.b, failure=failure) for pair in found]


def _keep(wan: Wan, ledger: Ledger, found: Sequence[PairCalibration]) -> None:
    for pair in found:
        ledger.store.calibrations.put(
            wan.testbed.name,
            pair.directions,
            host=ledger.actor.host,
            fingerprint=fingerprint(wan.testbed, pair.a, pair.b),
            method=pair.method,
        )


def _told(pair: PairCalibration) -> Mapping[str, object]:
    """A pair as the journal keeps it."""
    return {
        "pair": [pair.a, pair.b],
        "directions": [asdict(measured) for measured in pair.directions],
        "method": pair.method,
        "failure": str(pair.failure) if pair.failure else None,
    }
