"""A recorded run, once more: the same values laid, the same pairs measured, and what was laid taken away again."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import fields, replace
from typing import Any

from microdc.documents.check import nearest
from microdc.errors import InputError
from microdc.events import Step
from microdc.measure.model import PairResult
from microdc.measure.operate import MeasureOptions
from microdc.wan.operate import Wan
from microdc.wan.record import Record, measured_pairs
from microdc.wan.verify import asked_pairs, verify


def rerun(
    wan: Wan, record: Record, owner: str, *, keep: bool = False
) -> Generator[Step, None, list[PairResult]]:
    """Lays what was laid, as an overlay over all that is there now, and measures; then takes it away, unless keep.

    What the paths do of themselves is taken from this testbed's calibration, not from the recorded one. Raises InputError
    where the testbed lacks a site of the record.
    """
    _check_sites(wan, record)
    values = {d: replace(asked, floor=None) for d, asked in record.values.items()}
    plan = wan.plan_overlay(values, owner, f"record of entry {record.about['entry']}, run again")
    yield from wan.apply(plan)
    try:
        return (yield from _measured(wan, record))
    finally:
        ident = plan.put.id if plan.put else None
        if ident is not None and not keep:
            yield from wan.apply(wan.plan_removal([ident]))


def _measured(wan: Wan, record: Record) -> Generator[Step, None, list[PairResult]]:
    results = []
    wan.read()
    for item in verify(wan, asked_pairs(wan, measured_pairs(record)), options_of(record.options)):
        if isinstance(item, PairResult):
            results.append(item)
        else:
            yield item
    return results


def options_of(recorded: Mapping[str, Any]) -> MeasureOptions:
    """The options of a recorded measurement: its times and rates. Tolerances are this version's; what it does not know is left out."""
    known = {field.name for field in fields(MeasureOptions)}
    values: dict[str, Any] = {
        name: value for name, value in recorded.items() if name in known and isinstance(value, int | float)
    }
    return MeasureOptions(**values)


def _check_sites(wan: Wan, record: Record) -> None:
    for name in sorted({name for d in record.values for name in (d.source, d.target)}):
        if name not in wan.testbed.sites:
            raise InputError(
                f"the record is of a site {name!r}, which this testbed does not have",
                where=wan.testbed.name,
                hint=nearest(name, wan.testbed.sites) or "run it where such a site is: -i DIR",
            )
