"""`microdc log`: what was done, by whom, and how it came out."""

from __future__ import annotations

import hashlib
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import history, render
from microdc.cli.render import Table
from microdc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from microdc.store.model import Entry


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  microdc log --since 2h
  microdc log --kind apply --outcome failed -o json
  microdc log show 42
  microdc log --follow
""",
)
@click.option(
    "--last", type=click.IntRange(min=1), default=20, show_default=True, help="So many, the newest."
)
@click.option("--since", type=history.Time(), help="Begun since then: 2h, or 2026-11-26T22:00.")
@click.option("--kind", "kinds", multiple=True, help="Such as apply, undo, measurement, lease, agent.")
@click.option(
    "--outcome",
    type=click.Choice(("open", "done", "failed", "refused", "interrupted")),
    help="Only what came out so.",
)
@click.option("--follow", is_flag=True, help="Then wait, and print what begins and ends as it does.")
@history.testbed_options
@click.pass_context
def log(
    ctx: click.Context,
    *,
    last: int,
    since: datetime | None,
    kinds: tuple[str, ...],
    outcome: Any,
    follow: bool,
    testbed: str | None,
    everywhere: bool,
) -> None:
    """Show what was done to the testbed, oldest first: who, when, what, and how it came out."""
    if ctx.invoked_subcommand:
        return
    if follow and outcome:
        raise InputError("what begins has no outcome yet", hint="leave out --outcome or --follow")
    chosen = history.chosen_testbed(testbed, everywhere=everywhere)
    with history.opened() as store:
        if follow:
            shown = store.journal.events(chosen, kinds=kinds, since=since, last=last)
            for event in shown:
                history.print_event(event)
            number = shown[-1].number if shown else store.journal.last_event()
            history.follow(lambda after: store.journal.events(chosen, kinds=kinds, after=after), number)
        entries = store.journal.entries(chosen, kinds=kinds, since=since, outcome=outcome, last=last)
    render.emit(
        "Log",
        [history.entry_data(entry) for entry in entries],
        lambda: _table(entries, testbeds=chosen is None),
    )


def _table(entries: Sequence[Entry], *, testbeds: bool) -> Table | str:
    if not entries:
        return "Nothing was written down of this."
    rows = [
        (
            entry.id,
            history.clock(entry.began),
            _took(entry),
            history.who(entry),
            entry.kind,
            history.outcome(entry),
            *((entry.testbed,) if testbeds else ()),
            entry.summary,
        )
        for entry in entries
    ]
    columns = ("id", "began", "took", "who", "kind", "outcome", *(("testbed",) if testbeds else ()), "what")
    return Table(columns, rows)


def _took(entry: Entry) -> str | None:
    if entry.ended is None or entry.ended == entry.began:
        return None
    return f"{(entry.ended - entry.began).total_seconds():.1f} s"


@log.command(
    epilog="""\b
Examples:
  microdc log show 42
  microdc log show 42 --input sites/paris.yaml > paris-as-it-was.yaml
"""
)
@click.argument("ident", metavar="ID", type=click.IntRange(min=1))
@click.option("--input", "name", metavar="NAME", help="Print this document, as it was, and nothing else.")
def show(*, ident: int, name: str | None) -> None:
    """Show all that was written down of one entry: the command, what was to be done, what came of it."""
    with history.opened() as store:
        entry = store.journal.entry(ident)
        inputs = store.journal.inputs(ident)
    if name is not None:
        if name not in inputs:
            hint = f"its documents: {', '.join(inputs)}" if inputs else "it has no documents"
            raise InputError(f"entry {ident} has no document {name!r}", hint=hint)
        sys.stdout.buffer.write(inputs[name])
        return
    data = {
        "entry": history.entry_data(entry),
        "argv": list(entry.actor.argv),
        "version": entry.version,
        "data": entry.data,
        "result": entry.result,
        "inputs": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in inputs.items()
        ],
    }
    render.emit("LogEntry", data)
