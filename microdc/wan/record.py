"""One self-contained record of a run: what was laid, from which documents, on which kernels, and what was measured.

It runs again on any testbed that has the sites that it names. Pure: what is written and read are bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from microdc.errors import InputError
from microdc.measure.model import PairResult
from microdc.store.model import Entry
from microdc.wan.ledger import values_of_data
from microdc.wan.model import Asked, Direction
from microdc.wan.recordfile import no_record, pack, unpack


@dataclass(frozen=True, slots=True)
class Record:
    """A run. about: who, when, what, in the journal's words, and its versions. values: what was laid, by direction.

    pairs: what was measured, one mapping a pair, as the journal keeps it; empty where nothing was. options: of the
    measurement. inputs: the documents by name.
    """

    about: Mapping[str, Any]
    values: Mapping[Direction, Asked]
    pairs: Sequence[Mapping[str, Any]]
    options: Mapping[str, Any]
    inputs: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity of one direction of a pair, as recorded and as measured again. None: it could not be measured."""

    pair: str
    quantity: str
    direction: str
    unit: str
    asked: float | None
    recorded: float | None
    again: float | None


def of_entry(entry: Entry, inputs: Mapping[str, bytes], measured: Sequence[Entry] = ()) -> Record:
    """The record of a measurement, or of a change with the measurements made while it held.

    Raises InputError for an entry that laid and measured nothing.
    """
    laid = entry.data.get("put") or entry.data.get("laid")
    if not laid:
        raise InputError(
            f"entry {entry.id} ({entry.kind}) laid nothing, so there is nothing to run again",
            hint="microdc log --kind apply, --kind apply-profile or --kind measurement lists those that did",
        )
    sources = [entry] if entry.kind == "measurement" else list(measured)
    pairs = [pair for source in sources for pair in source.result.get("pairs", ())]
    options: Mapping[str, Any] = next(
        (source.data["options"] for source in sources if "options" in source.data), {}
    )
    about = {
        "entry": entry.id,
        "kind": entry.kind,
        "summary": entry.summary,
        "owner": entry.actor.owner,
        "host": entry.actor.host,
        "argv": list(entry.actor.argv),
        "testbed": entry.testbed,
        "began": entry.began.isoformat(),
        "ended": entry.ended.isoformat() if entry.ended else None,
        "outcome": entry.outcome,
        "microdc": entry.version,
        "shapers": next((s.result["shapers"] for s in (entry, *sources) if "shapers" in s.result), {}),
        "laid": laid,
    }
    return Record(about, values_of_data(laid), pairs, options, inputs)


def measured_under(change: Entry, entries: Sequence[Entry]) -> list[Entry]:
    """The measurements made of what a change laid, while it was what held. entries: the journal, oldest first.

    It holds until its own end, or until another change of the testbed may have laid something. A measurement counts if
    what it was judged by is what the change laid, in every direction of the change that it measured.
    """
    put = change.data.get("put")
    if not put:
        return []
    values, seconds = values_of_data(put), put.get("seconds")
    end = math.inf if seconds is None else change.began.timestamp() + seconds
    found = []
    for entry in entries:
        if entry.id <= change.id or entry.testbed != change.testbed:
            continue
        if entry.began.timestamp() >= end or _may_have_laid(entry):
            break
        if entry.kind == "measurement" and entry.outcome == "done" and _measures(entry, values):
            found.append(entry)
    return found


def _may_have_laid(entry: Entry) -> bool:
    """Whether an entry is of a change, and it is not known that it left all as it was."""
    return "operations" in entry.data and entry.kind != "plan" and entry.outcome not in {"failed", "refused"}


def _measures(measurement: Entry, values: Mapping[Direction, Asked]) -> bool:
    """Whether some of these values were measured, and none in whose place something else held."""
    pairs = measurement.data.get("pairs", ())
    measured = {direction for a, b in pairs for direction in (Direction(a, b), Direction(b, a))}
    laid = values_of_data(measurement.data.get("laid") or {"values": ()})
    common = measured & values.keys()
    return bool(common) and all(laid.get(direction) == values[direction] for direction in common)


def write(record: Record) -> bytes:
    """A record as a file; the same record gives the same bytes."""
    told = {"about": record.about, "pairs": record.pairs, "options": record.options}
    return pack(told, record.inputs)


def read(data: bytes, name: str) -> Record:
    """A record from a file called `name` in errors. Raises InputError for what is none, or is a newer one."""
    told, inputs = unpack(data, name)
    try:
        values = values_of_data(told["about"]["laid"])
    except InputError as problem:  # which does not know of what file the value is
        raise no_record(str(problem), name) from None
    return Record(told["about"], values, told["pairs"], told["options"], inputs)


def compare(record: Record, again: Sequence[PairResult]) -> list[Figure]:
    """What was recorded beside what was measured now, pair by pair and quantity by quantity."""
    now = {
        (result.a, result.b, str(v.quantity), str(v.direction)): v
        for result in again
        for v in result.verdicts
    }
    found = []
    for pair in record.pairs:
        for then in pair["verdicts"]:
            key = (pair["a"], pair["b"], then["quantity"], then["direction"])
            found.append(
                Figure(
                    f"{pair['a']}:{pair['b']}",
                    then["quantity"],
                    then["direction"],
                    then["unit"],
                    then["asked"],
                    then["measured"],
                    now[key].measured if key in now else None,
                )
            )
    return found


def measured_pairs(record: Record) -> list[tuple[str, str]]:
    """The pairs that are measured when it runs again: those recorded, else those on which something is laid."""
    recorded = [(pair["a"], pair["b"]) for pair in record.pairs]
    return recorded or sorted({(min(d.source, d.target), max(d.source, d.target)) for d in record.values})
