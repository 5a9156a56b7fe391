"""A recorded run, once more: the same values laid, the same pairs measured, and what was laid taken away again."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from microdc.documents.check import nearest
from microdc.errors import InputError
from microdc.events import Step
from microdc.impairment import CLEAN, Impairment
from microdc.measure.model import Both, PairResult
from microdc.measure.operate import MeasureOptions
from microdc.wan.model import Asked, Direction
from microdc.wan.operate import Wan
from microdc.wan.passing import lasting, passing
from microdc.wan.probes import check_probe
from microdc.wan.record import Record, measured_pairs
from microdc.wan.results import collected
from microdc.wan.verify import asked_pairs, verify

Pairs = Sequence[tuple[str, str]]


def rerun(
    wan: Wan, record: Record, owner: str, *, keep: bool = False
) -> Generator[Step, None, list[PairResult]]:
    """Lays what was laid, as an overlay over all that is there now, and measures; then takes it away, unless keep.

    It is taken away in every case, and ends by itself if this process dies. What the paths do of themselves is taken from this
    testbed's calibration, not from the recorded one. Raises InputError where the testbed lacks a site of the record, or one to
    be measured from has no probe.
    """
    pairs, options = measured_pairs(record), options_of(record.options)
    _check_sites(wan, record, pairs)
    values = {d: replace(asked, floor=None) for d, asked in record.values.items()}
    reason = f"record of entry {record.about['entry']}, run again"
    measuring = _measured(wan, pairs, options)
    if keep:
        # Another reason than that of an overlay which goes: the two never take each other's place.
        yield from wan.apply(wan.plan_overlay(values, owner, f"{reason} and kept"))
        return (yield from measuring)
    seconds = lasting(_expected(wan, values, pairs), options, pairs)
    plan = wan.plan_overlay(values, owner, reason, seconds=seconds)
    return (yield from passing(wan, plan, measuring, "the run"))


def _measured(wan: Wan, pairs: Pairs, options: MeasureOptions) -> Generator[Step, None, list[PairResult]]:
    wan.read()
    return (yield from collected(verify(wan, asked_pairs(wan, pairs), options)))


def _expected(wan: Wan, values: Mapping[Direction, Asked], pairs: Pairs) -> list[Both[Impairment]]:
    """What will be asked of the pairs once the values are laid."""
    there = {direction: asked for direction, (_, asked) in wan.in_force.items()} | dict(values)

    def asked(a: str, b: str) -> Impairment:
        found = there.get(Direction(a, b))
        return found.impairment if found else CLEAN

    return [Both(asked(a, b), asked(b, a)) for a, b in pairs]


def options_of(recorded: Mapping[str, Any]) -> MeasureOptions:
    """The options of a recorded measurement: its times and rates. Tolerances are this version's; what it does not know is left out."""
    known = {field.name for field in fields(MeasureOptions)}
    values: dict[str, Any] = {
        name: value for name, value in recorded.items() if name in known and _is_amount(value)
    }
    return MeasureOptions(**values)


def _is_amount(value: object) -> bool:
    return type(value) in {int, float} and math.isfinite(value) and value > 0  # type: ignore[arg-type, operator]


def _check_sites(wan: Wan, record: Record, pairs: Pairs) -> None:
    laid = {name for d in record.values for name in (d.source, d.target)}
    measured = {name for pair in pairs for name in pair}
    for name in sorted(laid | measured):
        if name not in wan.testbed.sites:
            raise InputError(
                f"the record is of a site {name!r}, which this testbed does not have",
                where=wan.testbed.name,
                hint=nearest(name, wan.testbed.sites) or "run it where such a site is: -i DIR",
            )
    for name in sorted(measured):
        check_probe(wan.testbed, wan.testbed.sites[name])
