"""What was done to the testbed, by whom, and how it came out, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.content import Content

from microdc_tui.moments import clock, took
from microdc_tui.readings.journal import Entry, read
from microdc_tui.screens.asked import Asked
from microdc_tui.subject import Subject
from microdc_tui.text import plain
from microdc_tui.widgets.fitted import FittedTable
from microdc_tui.widgets.rows import Cell, Column, Row

LAST = 500
"""Entries that are asked for, the newest."""
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "open": ("▶", "$accent"),
    "done": ("●", "$success"),
    "failed": ("✗", "$error"),
    "refused": ("▲", "$warning"),
    "interrupted": ("✗", "$error"),
}
_WIDE = (
    Column("id", "id", 6, "right"),
    Column("began", "began", 11),
    Column("took", "took", 10, "right"),
    Column("who", "who", 14),
    Column("kind", "kind", 12),
    Column("outcome", "came out", 13),
    Column("what", "what"),
)
_NARROW = (
    Column("began", "began", 11),
    Column("who", "who", 8),
    Column("kind", "kind", 9),
    Column("outcome", "came out", 13),
    Column("what", "what"),
)
"""For 80 cells."""


class Journal(Asked):
    """Enter tells all that was written down of an entry."""

    HELP_TEXT: ClassVar[str] = (
        "What was done, by whom, and how it came out; the newest stands first. Enter tells all of an entry: the command, what was to be done, what came of it. "
        "A filter knows kind, who and outcome: outcome=failed, kind=apply, who!=ana."
    )

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._entries: tuple[Entry, ...] = ()

    def body(self) -> ComposeResult:
        yield from self.age_line()
        yield FittedTable(_WIDE, _NARROW, self._show, id="entries", empty="nothing was written down yet")

    def question(self) -> tuple[str, ...]:
        return ("log", "--last", str(LAST))

    def answered(self, data: Any) -> None:
        self._entries = read(data)
        self._show()

    def tells(self) -> Content:
        if self.answered_at is None:
            return Content("")
        some = len(self._entries)
        told = f"the newest {some}" if some >= LAST else f"{some} entr{'y' if some == 1 else 'ies'}"
        failed = sum(1 for one in self._entries if one.outcome in {"failed", "interrupted"})
        ended = Content.styled(f"   ✗ {failed} failed", "$error") if failed else Content("")
        return Content.styled(told, "bold") + ended

    def subject(self) -> Subject | None:
        selected = self.query_one(FittedTable).selected
        return Subject("entry", selected) if selected else None

    def _show(self) -> None:
        table = self.query_one(FittedTable)
        table.show([_row(entry, table.columns, self.app.now) for entry in self._entries])


def outcome(entry: Entry) -> Content:
    """How it came out; of what is open, whether it can still end."""
    if entry.outcome == "open" and entry.gone:
        return Content.styled("✗ left open", "$error")
    glyph, style = OUTCOMES.get(entry.outcome, ("○", "$text-muted"))
    return Content.styled(f"{glyph} {plain(entry.outcome)}", style)


def _row(entry: Entry, columns: tuple[Column, ...], now: float) -> Row:
    cells: dict[str, Cell] = {
        "id": entry.ident,
        "began": clock(entry.began, now),
        "took": took(entry.took),
        "who": plain(entry.who),
        "kind": plain(entry.kind),
        "outcome": outcome(entry),
        "what": plain(entry.what),
    }
    labels = {
        "id": entry.ident,
        "who": entry.who,
        "user": entry.user,
        "host": entry.host,
        "kind": entry.kind,
        "outcome": entry.outcome,
    }
    sorts: dict[str, float | str] = {"began": entry.began or 0.0, "took": entry.took or 0.0}
    return Row(entry.ident, tuple(cells[one.id] for one in columns), labels, sorts=sorts)
