"""One self-contained record of a run: what was laid, from which documents, on which kernels, and what was measured.

A file of it is a zip with `record.json` and the documents under `inputs/`. It runs again on any testbed that has the
sites that it names. Pure: what is written and read are bytes.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

from microdc.errors import InputError
from microdc.measure.model import PairResult
from microdc.store.model import Entry
from microdc.wan.ledger import values_of_data
from microdc.wan.model import Asked, Direction

FORMAT = 1
LARGEST = 64 * 2**20
"""Bytes that a record may unfold to."""
_JSON = "record.json"
_INPUTS = "inputs/"


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
    """The measurements made after a change and before the next one. entries: the journal, oldest first."""
    found = []
    for entry in entries:
        if entry.id <= change.id or entry.outcome != "done":
            continue
        if entry.kind == "measurement":
            found.append(entry)
        elif "operations" in entry.data and entry.kind != "plan":
            break
    return found


def write(record: Record) -> bytes:
    """A record as a file; the same record gives the same bytes."""
    told = {"record": FORMAT, "about": record.about, "pairs": record.pairs, "options": record.options}
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(_plain(_JSON), json.dumps(told, indent=1, sort_keys=True))
        for name, content in sorted(record.inputs.items()):
            bundle.writestr(_plain(_INPUTS + name), content)
    return archive.getvalue()


def _plain(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def read(data: bytes, name: str) -> Record:
    """A record from a file called `name` in errors. Raises InputError for what is none, or is a newer one."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as bundle:
            if sum(info.file_size for info in bundle.infolist()) > LARGEST:
                raise InputError(f"this unfolds to more than {LARGEST // 2**20} MiB", where=name)
            told = json.loads(bundle.read(_JSON))
            inputs = {
                str(PurePosixPath(info.filename).relative_to(_INPUTS)): bundle.read(info)
                for info in bundle.infolist()
                if info.filename.startswith(_INPUTS)
            }
        if told["record"] != FORMAT:
            raise InputError(
                f"this record is of format {told['record']}, this microdc reads {FORMAT}",
                where=name,
                hint="a newer microdc reads it",
            )
        values = values_of_data(told["about"]["laid"])
        return Record(told["about"], values, told["pairs"], told["options"], inputs)
    except (
        zipfile.BadZipFile,
        KeyError,
        TypeError,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as problem:
        raise InputError(
            f"this is no record of a run: {problem}", where=name, hint="microdc record export writes one"
        ) from None


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
