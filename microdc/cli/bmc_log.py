"""`microdc bmc sel`: the event logs of servers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import bmc_results, bmc_servers, context, history, narrate, render
from microdc.cli.ledger import open_ledger
from microdc.cli.parameters import DURATION, owner_option
from microdc.errors import Exit
from microdc.events import Step

if TYPE_CHECKING:
    from microdc.bmc.following import Heard
    from microdc.bmc.model import Log, LogEntry
    from microdc.bmc.operate import Servers

_SKEW = timedelta(seconds=5)
"""A difference of clocks that is worth a word."""


@click.command(
    epilog=bmc_servers.SELECTORS
    + """
\b
Examples:
  microdc bmc sel bcn-c1
  microdc bmc sel barcelona --since 2h -o json
  microdc bmc sel barcelona --follow
  microdc bmc sel bcn-c1 --clear
"""
)
@bmc_servers.selecting
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="So many of the newest."
)
@click.option("--since", type=history.Time(), help="Only since then: 2h, or 2026-11-26T22:00.")
@click.option("--follow", is_flag=True, help="Tell new ones as they come, until Ctrl-C.")
@click.option(
    "--every",
    type=DURATION,
    default="10s",
    show_default=True,
    help="With --follow: between two looks at a log that tells no events by itself.",
)
@click.option("--clear", is_flag=True, help="Empty the logs; asks first.")
@owner_option
def sel(
    *,
    selectors: tuple[str, ...],
    labels: tuple[str, ...],
    timeout: float | None,
    limit: int,
    since: datetime | None,
    follow: bool,
    every: float,
    clear: bool,
    owner: str,
) -> Exit:
    """Show what BMCs logged, newest first; times are as their clocks had them, shown in local time."""
    from microdc.bmc import operate

    if clear and (follow or since):
        raise click.UsageError("--clear stands alone: it empties the whole log")
    if follow and timeout:
        raise click.UsageError("--follow goes on until it is interrupted: leave out --timeout")
    servers = bmc_servers.chosen(selectors, labels, timeout=timeout)
    if clear:
        servers.check()
        render.confirm(f"Empty the event log of {bmc_servers.named(servers)}? It cannot be brought back.")
        with open_ledger(servers.testbed, owner) as book:
            report = narrate.watch(operate.clear_sel(servers, book))
        return bmc_results.tell_tended("BmcLogCleared", report)
    if follow:
        return _follow(servers, every)
    found = bmc_servers.look("log", servers, operate.sel(servers, limit, since))
    code = bmc_results.tell(
        "BmcLog",
        found,
        _data,
        ("time", "severity", "source", "message"),
        lambda log: [_cells(entry) for entry in log.entries] or [(None, None, None, "no entries")],
    )
    for outcome in found.outcomes:
        if outcome.value is not None:
            for word in _words(outcome.value):
                render.note(f"Mind: {outcome.target.name}: {word}.")
    return code


def _data(log: Log) -> dict[str, Any]:
    return {
        "entries": [_entry(entry) for entry in log.entries],
        "total": log.total,
        "clock_skew_seconds": log.skew.total_seconds() if log.skew is not None else None,
        "remarks": list(log.remarks),
    }


def _entry(entry: LogEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "log": entry.log or None,
        "at": bmc_results.iso(entry.at),
        "severity": entry.severity,
        "source": entry.source or None,
        "code": entry.code or None,
        "message": entry.message,
    }


def _cells(entry: LogEntry) -> tuple[render.Cell, ...]:
    at = history.clock(entry.at) if entry.at else "clock not set"
    return at, bmc_results.health(entry.severity), entry.source or None, entry.message


def _words(log: Log) -> list[str]:
    """What has to be minded when a log is read."""
    said = [f"{remark.where}: {remark.what}" for remark in log.remarks]
    if log.skew is not None and abs(log.skew) >= _SKEW:
        word = "ahead of" if log.skew > timedelta(0) else "behind"
        skew = timedelta(seconds=round(abs(log.skew).total_seconds()))
        said.append(f"its clock is {skew} {word} ours")
    return said


def _follow(servers: Servers, every: float) -> Exit:
    """Prints new entries as they come; ends where no server is left to listen to."""
    from contextlib import closing

    from microdc.bmc.following import Heard, follow
    from microdc.bmc.visiting import Report

    outcomes = []
    with closing(follow(servers, every=every)) as heard:
        for event in heard:
            if isinstance(event, Step):
                render.note(f"{event.what}: {event.detail}")
            elif isinstance(event, Heard):
                _print(event)
            else:
                outcomes.append(event)
                render.note(f"{event.target.name}: {event.error}")
    return Report((*outcomes, *servers.unready), servers.without).exit


def _print(heard: Heard) -> None:
    """A JSON object on one line, a YAML document, or a line for a person."""
    chosen, entry = context.settings().output.value, heard.entry
    data = {"server": heard.target.name, **_entry(entry)}
    if chosen == "json":
        click.echo(json.dumps(render.document("BmcLogEntry", data), ensure_ascii=False))
    elif chosen == "yaml":
        click.echo("---")
        render.emit("BmcLogEntry", data)
    else:
        at = history.clock(entry.at) if entry.at else "clock not set"
        click.echo(f"{at}  {heard.target.name}  {entry.severity or '-':<8}  {entry.message}")
