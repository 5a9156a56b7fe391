"""Is the WAN what was asked? End to end, between the sites' probes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

from microdc.events import Step
from microdc.impairment import CLEAN
from microdc.measure.model import Failure, PairResult
from microdc.measure.operate import MeasureOptions
from microdc.netlink.netem import unverifiable
from microdc.wan.calibrate import known
from microdc.wan.delayline import compile_netem
from microdc.wan.direction import FULL_PACKET
from microdc.wan.floor import Floor
from microdc.wan.ledger import values_data
from microdc.wan.model import Asked, Direction
from microdc.wan.operate import Wan
from microdc.wan.probes import AskedPair, measure_between
from microdc.wan.underlay import Standing, standing

_LAID_BEFORE = "what is laid was laid before it: microdc apply lays the inventory's anew"


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of a pair beside what is measured.

    calibration: whether its underlay was measured, whether that holds, and whether what is laid stands on it.
    unverifiable: by direction, what is laid and no kernel gives back; measuring alone tells whether it is so.
    """

    calibration: Standing
    unverifiable: Mapping[str, Sequence[str]]


def asked_pairs(wan: Wan, only: Sequence[tuple[str, str]] = ()) -> list[AskedPair]:
    """The pairs on which something is laid, or just those named. A direction of which nothing is asked is clean.

    A pair counts as calibrated where the delays of both directions stand on a calibration that still holds.
    """
    in_force = _in_force(wan)
    holding, found = wan.floors, []
    for a, b in only or list(combinations(wan.testbed.sites, 2)):
        directions = Direction(a, b), Direction(b, a)
        both = [in_force.get(direction) for direction in directions]
        if only or any(both):
            there, back = (asked.impairment if asked else CLEAN for asked in both)
            below = [
                holding[direction].jitter
                for direction, asked in zip(directions, both, strict=True)
                if asked is not None and asked.impairment.owd and _stands(asked, holding.get(direction))
            ]
            underlay = round(math.hypot(*below)) if len(below) == 2 else None
            found.append(AskedPair(a, b, (there, back), underlay))
    return found


def backgrounds(wan: Wan, pairs: Sequence[AskedPair]) -> dict[tuple[str, str], Background]:
    """What is known of pairs without measuring them."""
    calibrations, in_force, holding = known(wan), _in_force(wan), wan.floors
    here = wan.ledger.actor.host if wan.ledger else ""
    found = {}
    for pair in pairs:
        one = standing(wan.testbed, calibrations, pair.a, pair.b, here)
        laid = [d for d in (Direction(pair.a, pair.b), Direction(pair.b, pair.a)) if d in in_force]
        if one.state == "calibrated" and not all(_stands(in_force[d], holding.get(d)) for d in laid):
            one = replace(one, state="stale", why=_LAID_BEFORE)
        found[pair.a, pair.b] = Background(one, {str(d): w for d in laid if (w := _hidden(in_force[d]))})
    return found


def _hidden(asked: Asked) -> tuple[str, ...]:
    return unverifiable(compile_netem(asked.emulated, FULL_PACKET))


def _in_force(wan: Wan) -> dict[Direction, Asked]:
    return {direction: asked for direction, (_, asked) in wan.in_force.items()}


def _stands(asked: Asked, floor: Floor | None) -> bool:
    return asked.floor is not None and asked.floor == floor


def verify(wan: Wan, pairs: Sequence[AskedPair], options: MeasureOptions) -> Iterator[Step | PairResult]:
    """Measures and judges pairs: steps, then a result for each.

    A probe that cannot be reached is a failure of its pairs and hides no other; so is an overlay that came or ended while
    its pair was measured. It is written down. Raises InputError where a site names no probe.
    """
    names = [(pair.a, pair.b) for pair in pairs]
    ends = {direction for a, b in names for direction in (Direction(a, b), Direction(b, a))}
    laid = {direction: asked for direction, asked in _in_force(wan).items() if direction in ends}
    data = {"pairs": names, "laid": values_data(laid), "options": asdict(options)}
    summary = f"measured {', '.join(f'{a}:{b}' for a, b in names)}"
    with wan.ledger.page("measurement", summary, data) if wan.ledger else nullcontext() as page:
        results = []
        for item in measure_between(wan.testbed, pairs, options):
            if isinstance(item, PairResult):
                results.append(_if_still_asked(wan, pairs, item))
                yield results[-1]
            else:
                yield item
        if page is not None:
            page.result.update(pairs=[_told(result) for result in results], shapers=wan.facts())


def _told(result: PairResult) -> dict[str, Any]:
    """A result as the journal keeps it: the figures and their verdicts, not each packet."""
    verdicts = [asdict(verdict) for verdict in result.verdicts]
    failure = str(result.failure) if result.failure else None
    return {"a": result.a, "b": result.b, "outcome": result.outcome, "verdicts": verdicts, "failure": failure}


def _if_still_asked(wan: Wan, pairs: Sequence[AskedPair], result: PairResult) -> PairResult:
    """The result, unless what it was judged by no longer holds."""
    wan.read()
    names = result.a, result.b
    if asked_pairs(wan, [names])[0] in pairs:
        return result
    failure = Failure(
        "what is laid on this pair changed while it was measured",
        hint="an overlay came or ended; microdc wan show tells what holds now",
    )
    return PairResult(*names, None, (), failure)
