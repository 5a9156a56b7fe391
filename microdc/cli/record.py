"""`microdc record`: one self-contained record of a run, which runs again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context, narrate, render
from microdc.cli.documents import inventory_and_library
from microdc.cli.ledger import open_wan_for
from microdc.cli.parameters import owner_option
from microdc.cli.render import Cell, Human, Table
from microdc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from microdc.store.operate import Store
    from microdc.wan.record import Figure, Record


@click.group()
def record() -> None:
    """Export, show and run again what the journal knows of a run: documents, kernels, what was laid and measured."""


@record.command(
    epilog="""\b
Examples:
  microdc log --kind measurement
  microdc record export 42                    microdc-run-42.zip
  microdc record export 42 -f thesis.zip
"""
)
@click.argument("entry", type=int)
@click.option(
    "-f", "--file", "file", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def export(*, entry: int, file: Path | None, force: bool) -> None:
    """Write an entry of the journal (a measurement, apply or apply-profile) into one file, with all that it followed from."""
    from microdc.store.operate import open_store
    from microdc.wan.record import write

    target = file or Path(f"microdc-run-{entry}.zip")
    if target.exists() and not force:
        raise InputError(
            "there is a file already", where=str(target), hint="--force writes over it, -f elsewhere"
        )
    with open_store(context.settings().store.value) as store:
        found = _of_store(store, entry)
    data = write(found)
    try:
        target.write_bytes(data)
    except OSError as problem:
        raise InputError(f"cannot be written: {problem.strerror}", where=str(target)) from None
    told = {"file": target, "bytes": len(data), "documents": len(found.inputs), "pairs": len(found.pairs)}
    words = f"{target}: {len(data)} bytes, {len(found.inputs)} documents, {len(found.pairs)} measured pairs"
    render.emit("Record", told, words)


@record.command(
    epilog="""\b
Examples:
  microdc record show 42
  microdc record show thesis.zip -o json
"""
)
@click.argument("run")
def show(*, run: str) -> None:
    """Show a record: of an entry of the journal, or of a file."""
    found = _found(run)
    data = {
        "about": found.about,
        "pairs": found.pairs,
        "options": found.options,
        "inputs": sorted(found.inputs),
    }
    render.emit("Record", data, lambda: _shown(found))


@record.command(
    epilog="""\b
Examples:
  microdc record rerun thesis.zip          lay it, measure it, compare, take it away
  microdc record rerun 42 --keep           leave it laid
"""
)
@click.argument("run")
@click.option("--keep", is_flag=True, help="Leave what was laid.")
@owner_option
def rerun(*, run: str, keep: bool, owner: str) -> None:
    """Lay what was laid then, measure the same pairs, and show both results side by side."""
    from microdc.wan.record import compare
    from microdc.wan.rerun import rerun as run_again

    found = _found(run)
    testbed, _ = inventory_and_library()
    with open_wan_for(testbed, owner) as wan:
        results = narrate.watch(run_again(wan, found, owner, keep=keep))
    figures = compare(found, results)
    data = {"record": found.about, "figures": figures, "pairs": results}
    render.emit("Rerun", data, lambda: _compared(figures) if figures else _measured(results))


def _found(run: str) -> Record:
    """The record of a file, or of the journal's entry of that number."""
    from microdc.store.operate import open_store

    path = Path(run)
    if _is_file(path):
        return _of_file(path)
    if not (run.isascii() and run.isdecimal()):
        raise InputError("there is no such file, and no entry of the journal is called so", where=run)
    with open_store(context.settings().store.value) as store:
        return _of_store(store, int(run))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have, or a directory that may not be looked into
        return False


def _of_file(path: Path) -> Record:
    from microdc.wan.record import read
    from microdc.wan.recordfile import LARGEST

    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror}", where=str(path)) from None
    if len(data) > LARGEST:
        raise InputError(f"this is larger than {LARGEST // 2**20} MiB, so it is no record", where=str(path))
    return read(data, str(path))


def _of_store(store: Store, ident: int) -> Record:
    from microdc.wan.record import measured_under, of_entry

    entry = store.journal.entry(ident)
    return of_entry(
        entry, store.journal.inputs(ident), measured_under(entry, store.journal.entries(entry.testbed))
    )


def _shown(found: Record) -> Human:
    about = found.about
    lines = [
        f"{about['kind']} {about['entry']} on {about['testbed']}: {about['summary']}",
        f"by {about['owner']} on {about['host']}, {about['began']}, {about['outcome']}; microdc {about['microdc']}",
        *(f"{name}: kernel {facts['kernel']}" for name, facts in about["shapers"].items()),
        f"documents: {len(found.inputs)}",
    ]
    laid = [(str(d), str(asked.impairment), asked.origin) for d, asked in sorted(found.values.items())]
    rows = [_row(pair, verdict) for pair in found.pairs for verdict in pair["verdicts"]]
    parts: list[Table | str] = ["\n".join(lines), Table(("direction", "laid", "from"), laid)]
    if rows:
        parts.append(Table(("pair", "quantity", "direction", "asked", "measured", "verdict"), rows))
    return parts


def _row(pair: Any, verdict: Any) -> tuple[Cell, ...]:
    from microdc.cli.verify import figure

    unit = verdict["unit"]
    return (
        f"{pair['a']}:{pair['b']}",
        verdict["quantity"],
        verdict["direction"],
        figure(verdict["asked"], unit),
        figure(verdict["measured"], unit),
        verdict["outcome"],
    )


def _compared(figures: Sequence[Figure]) -> Table:
    from microdc.cli.verify import figure

    rows = [
        (f.pair, f.quantity, f.direction, *(figure(v, f.unit) for v in (f.asked, f.recorded, f.again)))
        for f in figures
    ]
    return Table(("pair", "quantity", "direction", "asked", "recorded", "again"), rows)


def _measured(results: Sequence[Any]) -> str:
    return "\n".join(f"{result.a}:{result.b}: {result.outcome}" for result in results)
