"""Who has what, why, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.content import Content

from microdc_tui.devices.wording import span
from microdc_tui.moments import clock
from microdc_tui.readings.leases import Lease, read
from microdc_tui.screens.asked import Asked
from microdc_tui.subject import Subject
from microdc_tui.text import plain
from microdc_tui.widgets.fitted import FittedTable
from microdc_tui.widgets.rows import Cell, Column, Row

if TYPE_CHECKING:
    from microdc.health.board import Board

_STATES: Mapping[str, tuple[str, str]] = {
    "held": ("●", "$success"),
    "planned": ("○", "$accent"),
    "expired": ("·", "$text-muted"),
    "released": ("·", "$text-muted"),
    "forced": ("▲", "$warning"),
}
_WIDE = (
    Column("resource", "resource", 22),
    Column("holder", "holder", 16),
    Column("kind", "kind", 12),
    Column("state", "state", 14),
    Column("begins", "from", 11),
    Column("ends", "until", 11),
    Column("left", "left", 14, "right"),
    Column("reason", "reason"),
)
_NARROW = (
    Column("resource", "resource", 18),
    Column("holder", "holder", 9),
    Column("state", "state", 10),
    Column("left", "left", 14, "right"),
    Column("reason", "reason"),
)
"""For 80 cells."""


class Leases(Asked):
    """Those that hold stand first, then those that will, then what was over within a day."""

    HELP_TEXT: ClassVar[str] = (
        "Whoever has a resource to himself, for how much longer, and why: wan, site:NAME or rack:SITE/RACK. A filter knows holder, kind, state and site: "
        "state=held, kind=maintenance, holder!=ana."
    )

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._leases: tuple[Lease, ...] = ()

    def body(self) -> ComposeResult:
        yield from self.age_line()
        yield FittedTable(
            _WIDE, _NARROW, lambda: self._show(self.app.now), id="leases", empty="nobody has taken anything"
        )

    def question(self) -> tuple[str, ...]:
        return ("lease", "list", "--past")

    def answered(self, data: Any) -> None:
        self._leases = read(data)
        self._show(self.app.now)

    def tells(self) -> Content:
        if self.answered_at is None:
            return Content("")
        held = sum(1 for one in self._leases if state_now(one, self.app.now) == "held")
        return Content.styled(f"{held} held" if held else "nothing is held", "bold")

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:
        """What is left grows less by itself, whether it is asked or not."""
        super().refresh_view(board, changed, now)
        self._show(now)

    def subject(self) -> Subject | None:
        selected = self.query_one(FittedTable).selected
        lease = next((one for one in self._leases if one.ident == selected), None)
        return Subject("lease", lease.resource, lease.site) if lease else None

    def _show(self, now: float) -> None:
        table = self.query_one(FittedTable)
        table.show([_row(lease, table.columns, now) for lease in self._leases])


def state_now(lease: Lease, now: float) -> str:
    """Its state by now: it begins and ends by itself, between two questions too."""
    if lease.state == "planned" and lease.begins is not None and lease.begins <= now:
        return "held" if lease.ends is None or now < lease.ends else "expired"
    return (
        "expired" if lease.state == "held" and lease.ends is not None and lease.ends <= now else lease.state
    )


def _row(lease: Lease, columns: tuple[Column, ...], now: float) -> Row:
    state = state_now(lease, now)
    glyph, style = _STATES.get(state, ("○", "$text-muted"))
    word = f"by {lease.ended_by}" if state == "forced" and lease.ended_by else state
    cells: dict[str, Cell] = {
        "resource": plain(lease.resource),
        "holder": plain(lease.holder),
        "kind": plain(lease.kind),
        "state": Content.styled(f"{glyph} {plain(word)}", style),
        "begins": clock(lease.begins, now),
        "ends": clock(lease.ends, now),
        "left": _left(lease, state, now),
        "reason": plain(lease.reason),
    }
    labels = {
        "holder": lease.holder,
        "kind": lease.kind,
        "state": state,
        "site": lease.site,
        "resource": lease.resource,
    }
    sorts: dict[str, float | str] = {
        "begins": lease.begins or 0.0,
        "ends": lease.ends or 0.0,
        "left": max(0.0, (lease.ends or 0.0) - now),
    }
    over = "$text-muted" if state not in {"held", "planned"} else ""
    return Row(lease.ident, tuple(cells[one.id] for one in columns), labels, over, sorts)


def _left(lease: Lease, state: str, now: float) -> str:
    """How long it still holds, or until it will."""
    if state == "held" and lease.ends is not None:
        return span(lease.ends - now)
    return f"in {span(lease.begins - now)}" if state == "planned" and lease.begins is not None else ""
