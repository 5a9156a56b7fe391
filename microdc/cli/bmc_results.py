"""What came of servers, each with its result: for people as a table, for programs as data."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from microdc.cli import context, render
from microdc.cli.render import Cell, Human, Styled, Table
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.bmc.control import PowerResult
    from microdc.bmc.fleet import Outcome
    from microdc.bmc.plans import Planned
    from microdc.bmc.tending import Tended
    from microdc.bmc.visiting import Report

T = TypeVar("T")
STYLES = {"done": "green", "nothing": "dim", "asked": "yellow", "failed": "bold red"}


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


def power_data(came: PowerResult) -> dict[str, Any]:
    """What came of an act on a server's power, as programs read it."""
    return {
        "result": came.came,
        "before": came.before,
        "power": came.after,
        "acts": list(came.acts),
        "what": came.what,
    }


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
