"""What the commands that read the store share: which store, which testbed, since when, and how an entry is shown."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from microdc.cli import context, render
from microdc.cli.render import Styled
from microdc.errors import InputError

if TYPE_CHECKING:
    from microdc.store.model import Entry, Event
    from microdc.store.operate import Store

F = TypeVar("F", bound=Callable[..., Any])

_POLL = 0.5
"""Seconds between two looks at the store by who follows it."""
_STYLES = {
    "done": "green",
    "failed": "bold red",
    "refused": "yellow",
    "interrupted": "bold red",
    "open": "bold",
}


def opened() -> Store:
    """The store in force, open."""
    from microdc.store.operate import open_store

    return open_store(context.settings().store.value)


class Time(click.ParamType[datetime]):
    """A moment: 2h (ago, or ahead), or 2026-11-26T22:00, in local time unless it says otherwise."""

    name = "time"

    def __init__(self, *, ahead: bool = False) -> None:
        self._sign = 1 if ahead else -1

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from microdc.units import parse_duration

        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        try:
            return datetime.now(UTC) + self._sign * timedelta(microseconds=parse_duration(value) / 1000)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time: write 2h, or 2026-11-26T22:00", param, ctx)


def testbed_options(command: F) -> F:
    """`--testbed NAME` and `--all`; without them the testbed of the inventory in force is meant."""
    all_ = click.option("--all", "everywhere", is_flag=True, help="Of all testbeds.")
    name = click.option("--testbed", metavar="NAME", help="Of this testbed, rather than the inventory's.")
    return all_(name(command))


def chosen_testbed(testbed: str | None, *, everywhere: bool) -> str | None:
    """The testbed's name, None for all. Errors in the documents of its sites do not matter here."""
    if everywhere and testbed:
        raise InputError("--testbed and --all exclude each other")
    return None if everywhere else testbed or testbed_in_force()


def testbed_in_force() -> str:
    """The name of the inventory's testbed. Raises InputError where it cannot be read."""
    from microdc.testbed.load import inspect

    directory = context.settings().inventory_dir()
    found, _ = inspect(directory)
    if found is None or not found.name:
        hint = "--testbed NAME says which one, --all shows all"
        raise InputError("this inventory does not tell its testbed's name", where=str(directory), hint=hint)
    return found.name


def entry_data(entry: Entry) -> dict[str, Any]:
    """An entry for programs, without what was to be done and what came of it."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "testbed": entry.testbed,
        "summary": entry.summary,
        "outcome": entry.outcome,
        "began": iso(entry.began),
        "ended": iso(entry.ended) if entry.ended else None,
        "owner": entry.actor.owner,
        "user": entry.actor.user,
        "host": entry.actor.host,
        "pid": entry.actor.pid,
        "process": _process(entry),
    }


def iso(moment: datetime) -> str:
    """UTC, as programs read it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def clock(moment: datetime) -> str:
    """Local time, as people read it."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def outcome(entry: Entry) -> Styled:
    """How it came out; of what is open, whether it can still end."""
    if entry.outcome == "open" and _process(entry) == "gone":
        return Styled("open, process gone", "bold red")
    return Styled(entry.outcome, _STYLES.get(entry.outcome, ""))


def who(entry: Entry) -> str:
    """The owner, and of an agent's own doing where it was."""
    return entry.actor.owner or entry.actor.host


def _process(entry: Entry) -> str | None:
    from microdc.store.process import presence

    return presence(entry.actor) if entry.outcome == "open" else None


def follow(query: Callable[[int], list[Event]], after: int) -> NoReturn:
    """Prints events as they come, from the one after number `after` on, until it is interrupted."""
    while True:
        for event in query(after):
            print_event(event)
            after = event.number
        time.sleep(_POLL)


def print_event(event: Event) -> None:
    """One event: a JSON object on one line, a YAML document, or a line for a person."""
    entry, chosen = event.entry, context.settings().output.value
    data: dict[str, Any] = {
        "number": event.number,
        "event": event.what,
        "at": iso(event.at),
        "entry": entry_data(entry),
    }
    if event.what == "ended":
        data["result"] = entry.result
    if chosen == "json":
        click.echo(json.dumps(render.document("Event", data), ensure_ascii=False))
    elif chosen == "yaml":
        click.echo("---")
        render.emit("Event", data)
    else:
        word = {"began": "began", "ended": entry.outcome, "happened": entry.outcome}[event.what]
        click.echo(
            f"{clock(event.at)}  {entry.id:>5}  {word:<11}  {entry.kind:<11}  {who(entry)}: {entry.summary}"
        )
