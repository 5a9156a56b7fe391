"""What changed its state, the newest first: the day's troubles in one list."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content

from microdc_tui.devices.wording import span
from microdc_tui.glyphs import GRAVITY, SIGNS, sign
from microdc_tui.moments import clock
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject
from microdc_tui.text import plain
from microdc_tui.widgets.bars import Line
from microdc_tui.widgets.fitted import FittedTable
from microdc_tui.widgets.rows import Cell, Column, Row

if TYPE_CHECKING:
    from microdc.health.board import Alert, Board

_WIDE = (
    Column("at", "at", 11),
    Column("ago", "ago", 10, "right"),
    Column("device", "device", 24),
    Column("site", "site", 14),
    Column("was", "was", 13),
    Column("is", "became", 13),
    Column("why", "why"),
)
_NARROW = (
    Column("ago", "ago", 8, "right"),
    Column("device", "device", 20),
    Column("is", "became", 13),
    Column("why", "why"),
)
"""For 80 cells."""


class Alerts(View):
    """Those that still hold are bright, those that are over dim."""

    DEFAULT_CSS = """
    Alerts > .tally { padding: 0 1; }
    """
    HELP_TEXT: ClassVar[str] = (
        "Each line is a device that came into another state; the newest stands first. What is over is dim. Enter goes to the device. A filter knows "
        "kind, site, was and is: is=down, kind=switch, still=yes."
    )

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._rows: dict[tuple[str, ...], Row] = {}
        self._subjects: dict[str, Subject] = {}

    def body(self) -> ComposeResult:
        yield Line(classes="tally")
        yield FittedTable(
            _WIDE, _NARROW, self._refit, id="alerts", empty="nothing has changed its state since this began"
        )

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:  # noqa: ARG002
        """Rows are made anew only where their age reads otherwise, or they are over."""
        rows: dict[tuple[str, ...], Row] = {}
        subjects: dict[str, Subject] = {}
        held: Counter[str] = Counter()
        columns = self.query_one(FittedTable).columns
        latest = {alert.device: alert for alert in reversed(board.alerts)}
        for alert in sorted(board.alerts, key=_newest):
            key = f"{alert.at}/{alert.device}/{alert.after}"
            site, holds = _now(board, alert, latest[alert.device])
            held[alert.after] += holds
            mark = (key, span(now - alert.at), str(holds), str(len(columns)))
            rows[mark] = self._rows.get(mark) or _row(key, alert, site, columns, now, holds=holds)
            kind, _, name = alert.device.partition("/")
            subjects[key] = Subject(kind, name, site)  # type: ignore[arg-type]  # kinds of devices are kinds of subjects
        self._rows, self._subjects = rows, subjects
        self.query_one(FittedTable).show(list(rows.values()))
        self.query_one(".tally", Line).tell(_tally(len(rows), held))

    def _refit(self) -> None:
        self.refresh_view(self.app.board, frozenset(), self.app.now)

    def subject(self) -> Subject | None:
        return self._subjects.get(self.query_one(FittedTable).selected or "")


def _newest(alert: Alert) -> tuple[float, str]:
    """A change is told when it is sure, which may be later than it was."""
    return -alert.at, alert.device


def _now(board: Board, alert: Alert, latest: Alert) -> tuple[str, bool]:
    """The site of an alert's device, and whether it still is as the alert says.

    latest: of that device. Since when the device is in its state does not tell: after a silence in which nothing was known it is in the same
    state anew.
    """
    if alert.device not in board:
        return "", False
    health = board.device(alert.device)
    return health.device.site, alert is latest and health.state is alert.after


def _row(key: str, alert: Alert, site: str, columns: tuple[Column, ...], now: float, *, holds: bool) -> Row:
    device = plain(alert.device.replace("/", " ", 1))
    cells: dict[str, Cell] = {
        "at": clock(alert.at, now),
        "ago": span(now - alert.at),
        "device": device,
        "site": plain(site),
        "was": SIGNS[alert.before].word,
        "is": sign(alert.after) if holds else f"{SIGNS[alert.after].glyph} {SIGNS[alert.after].word}",
        "why": plain(alert.why),
    }
    kind, _, name = alert.device.partition("/")
    labels = {"kind": kind, "name": name, "site": site, "was": alert.before, "is": alert.after}
    sorts: dict[str, float | str] = {
        "at": -alert.at,
        "ago": now - alert.at,
        "was": GRAVITY[alert.before],
        "is": GRAVITY[alert.after],
    }
    labels["still"] = "yes" if holds else "no"
    return Row(key, tuple(cells[one.id] for one in columns), labels, "" if holds else "$text-muted", sorts)


def _tally(total: int, held: Counter[str]) -> Content:
    """How many there are, and how many of them hold."""
    told = [Content.styled(f"{total} change{'' if total == 1 else 's'} of state", "bold")]
    for state, found in SIGNS.items():
        if held[state] and GRAVITY[state] < GRAVITY[type(state).OK]:
            told.append(Content.styled(f"{found.glyph} {held[state]} {found.word} now", found.style))
    return Content("   ").join(told)
