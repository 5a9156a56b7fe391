"""What the commands that act on servers share: which are meant, what is told while they are worked at, and what came of each."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from microdc.cli import complete, context, narrate, render
from microdc.cli.render import Cell, Human, Styled, Table
from microdc.errors import Exit
from microdc.events import Step

if TYPE_CHECKING:
    from microdc.bmc.fleet import Outcome
    from microdc.bmc.judging import Force, Patience
    from microdc.bmc.operate import Planned, Report, Servers
    from microdc.bmc.tending import Tended

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

SELECTORS = """\b
Servers are named by path or glob, and by label; a site or a rack stands for all its servers:
  bcn-c1                  a server
  barcelona               all servers of a site
  'barcelona/r1/*'        all of a rack
  -l role=compute         all with this label
"""
STYLES = {"done": "green", "nothing": "dim", "asked": "yellow", "failed": "bold red"}


def selecting(command: F) -> F:
    """`SELECTOR...` and `-l KEY=VALUE`, as `selectors` and `labels`."""
    named = click.argument("selectors", nargs=-1, metavar="SELECTOR...", shell_complete=complete.servers)
    label = click.option(
        "-l", "--label", "labels", multiple=True, metavar="KEY=VALUE", help="Only those with this label."
    )
    return named(label(command))


def forcing(command: F) -> F:
    """`--force`, `--no-force` and `--wait`; `force_of` and `patience_of` read them."""
    force = click.option(
        "--force", is_flag=True, help="Cut the power at once; the operating system is not asked."
    )
    never = click.option(
        "--no-force", is_flag=True, help="Never cut the power: a system that stays on has failed."
    )
    from microdc.cli.parameters import DURATION

    wait = click.option(
        "--wait",
        type=DURATION,
        default="2m",
        show_default=True,
        help="How long an operating system may take to shut down.",
    )
    return force(never(wait(command)))


def force_of(*, force: bool, no_force: bool) -> Force:
    """When the power is cut."""
    from microdc.bmc.judging import Force

    if force and no_force:
        raise click.UsageError("--force and --no-force exclude each other")
    return Force.NOW if force else Force.NEVER if no_force else Force.LATER


def patience_of(wait: float = 120.0) -> Patience:
    """How long is waited; wait: seconds that an operating system has to shut down."""
    from microdc.bmc.judging import Patience

    return Patience(graceful=wait)


def chosen(selectors: Sequence[str], labels: Sequence[str]) -> Servers:
    """The servers that are meant, of the inventory in force. Raises DocumentError and InputError."""
    from microdc.bmc.operate import servers_of
    from microdc.testbed.load import load

    if not selectors and not labels:
        raise click.UsageError(
            "name a server, a rack or a site, or give -l; `microdc inventory list` shows all"
        )
    return servers_of(load(context.settings().inventory_dir()), selectors, labels)


def named(servers: Servers) -> str:
    """Such as: 3 servers (a, b, c)."""
    count = len(servers.names)
    return f"{count} server{'' if count == 1 else 's'} ({', '.join(servers.names)})"


def look(what: str, servers: Servers, operation: Generator[Step, None, Report[T]]) -> Report[T]:
    """Runs what only reads, and tells how far it is."""
    return narrate.watch(_counted(what, len(servers.targets), operation))


def _counted(
    what: str, total: int, operation: Generator[Step, None, Report[T]]
) -> Generator[Step, None, Report[T]]:
    yield Step(what, "started")
    done = 0
    with closing(operation):
        while True:
            try:
                step = next(operation)
            except StopIteration as end:
                report: Report[T] = end.value
                yield Step(what, "done", done=done, total=total, unit="servers")
                return report
            if step.state in {"done", "skipped", "failed"}:
                done += 1
            yield Step(what, "progress", done=done, total=total, unit="servers")


# -- what came of it

Row = Callable[["Outcome[T]"], Sequence[Sequence[Cell]]]


def tell(
    kind: str,
    report: Report[T],
    data: Callable[[T], Mapping[str, Any]],
    columns: Sequence[str],
    rows: Callable[[T], Sequence[Sequence[Cell]]],
    *,
    extra: Mapping[str, Any] | None = None,
) -> Exit:
    """Prints what came of each server; the exit code that stands for all.

    data: a value as programs read it. columns, rows: a value as people read it, behind the column with the server's name; what could not be
    read has its error in the last column.
    """
    _trace(report)
    found = {
        "servers": [_data(outcome, data) for outcome in report.outcomes],
        "without_bmc": list(report.without),
        **(extra or {}),
    }
    render.emit(kind, found, lambda: _human(report, columns, rows))
    return report.exit


def _data(outcome: Outcome[T], data: Callable[[T], Mapping[str, Any]]) -> dict[str, Any]:
    error = outcome.error
    return {
        "server": outcome.target.name,
        "driver": outcome.driver or None,
        "seconds": round(outcome.seconds, 3),
        "notes": list(outcome.notes),
        "error": None
        if error is None
        else {
            "what": error.what,
            "where": error.where or None,
            "hint": error.hint or None,
            "cause": getattr(error, "cause", None),
            "exit": int(error.exit_code),
        },
        **(data(outcome.value) if outcome.value is not None else {}),
    }


def _human(report: Report[T], columns: Sequence[str], rows: Callable[[T], Sequence[Sequence[Cell]]]) -> Human:
    lines: list[Sequence[Cell]] = []
    for outcome in report.outcomes:
        if outcome.value is not None:
            lines += [(outcome.target.name, *row) for row in rows(outcome.value)]
        elif outcome.error is not None:
            gap: list[Cell] = [None] * (len(columns) - 1)
            told = str(outcome.error).removeprefix(f"{outcome.target.name}: ")
            lines.append((outcome.target.name, *gap, Styled(f"failed: {told}", "bold red")))
    parts: list[Table | str] = [Table(("server", *columns), lines)] if lines else []
    said = _notes(report)
    if said:
        parts.append("\n".join(said))
    return parts or "Nothing to show."


def _notes(report: Report[Any]) -> list[str]:
    """What has to be minded, each once with the servers that it is about."""
    about: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        for note in outcome.notes:
            about.setdefault(note, []).append(outcome.target.name)
    said = [f"Mind: {', '.join(names)}: {note}." for note, names in about.items()]
    if report.without:
        said.append(f"No BMC is declared for {', '.join(report.without)}.")
    return said


def _trace(report: Report[Any]) -> None:
    """The tracebacks of mistakes of the program, where -v asks for them."""
    if context.settings().verbosity.value <= 0:
        return
    for outcome in report.outcomes:
        if outcome.error is not None and type(outcome.error).__name__ == "UnexpectedError":
            traceback.print_exception(outcome.error.__cause__)


def iso(moment: datetime | None) -> str | None:
    """A time with its offset, as programs read it."""
    return moment.isoformat() if moment is not None else None


def health(value: str | None) -> Styled | None:
    """A health with its colour."""
    styles = {"ok": "green", "warning": "yellow", "critical": "bold red"}
    return Styled(value, styles.get(value, "")) if value else None


def came(value: str, what: str) -> tuple[Cell, Cell]:
    """How it came out, and the sentence of it."""
    return Styled(value, STYLES.get(value, "")), what or None


def tell_plan(kind: str, report: Report[Planned]) -> Exit:
    """Prints what would be done to each server."""
    return tell(
        kind,
        report,
        lambda value: {"reads": value.reads, "steps": list(value.steps)},
        ("reads", "would be asked"),
        lambda value: [(value.reads, ", then ".join(value.steps) or "nothing: it is as wished")],
    )


def tell_tended(kind: str, report: Report[Tended]) -> Exit:
    """Prints what came of something that was done to BMCs themselves."""
    return tell(
        kind,
        report,
        lambda value: {"result": value.came, "what": value.what},
        ("result", "what"),
        lambda value: [came(value.came, value.what)],
    )
