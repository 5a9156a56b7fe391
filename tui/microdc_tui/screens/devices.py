"""All servers and switches of all sites, in one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize

from microdc.health.model import DeviceHealth, State
from microdc_tui.devices.elevation import MOUNTED
from microdc_tui.devices.glance import columns, detail, row
from microdc_tui.devices.pane import dim
from microdc_tui.glyphs import GRAVITY, SIGNS
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject
from microdc_tui.text import said
from microdc_tui.widgets.bars import Line
from microdc_tui.widgets.foot import Foot
from microdc_tui.widgets.rows import Row
from microdc_tui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from microdc.health.board import Board


class Devices(View):
    """Enter tells more of one. Only the rows of devices that changed are made anew."""

    DEFAULT_CSS = """
    Devices > .tally { padding: 0 1; }
    """
    HELP_TEXT: ClassVar[str] = (
        "Filters know kind, site, rack, role, state, power, driver, stale and the labels of the inventory: `state=down|degraded`, `site=paris power=off`, "
        "`kind=switch !ok`, `stale=yes`. < and > choose the column to sort by, ~ turns the order round."
    )

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._keys: list[str] = []
        self._generation = -1

    def body(self) -> ComposeResult:
        yield Line(classes="tally")
        table = VirtualTable(
            columns(self.app.size.width), id="devices", empty="the inventory has no server and no switch"
        )
        table.add_class("body")
        yield table
        yield Foot()

    def on_mount(self) -> None:
        self.query_one(VirtualTable).focus()

    def crumbs(self) -> str:
        return "devices"

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:  # noqa: ARG002  the frame's signature
        """Rows of what changed; all of them where the fleet is another one."""
        table, known = self.query_one(VirtualTable), board.devices()
        if board.generation != self._generation:
            self._generation = board.generation
            mounted = (one for one in known.values() if one.device.kind in MOUNTED)
            rows = [row(one, table.columns) for one in mounted]
            self._keys = [one.key for one in rows]
            table.show(rows)
        else:
            table.renew(changed, lambda key: self._row(board, key))
        tally = self._tally(known[key] for key in self._keys)
        self.query_one(".tally", Line).tell(tally, dim(f"{len(self._keys)} devices"))
        self._more()

    def on_resize(self, _: Resize) -> None:
        """Other columns where there is room for others."""
        table = self.query_one(VirtualTable)
        wanted = columns(self.app.size.width)
        if table.columns != wanted:
            table.use(wanted)
            self._generation = -1
            self.app.show_view(self)

    def subject(self) -> Subject | None:
        health = self._selected()
        if health is None:
            return None
        kind, device = health.device.kind, health.device
        return Subject("switch" if kind.value == "switch" else "server", device.name, device.site)

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self._more()

    def _selected(self) -> DeviceHealth | None:
        key = self.query_one(VirtualTable).selected
        board = self.app.board
        return board.device(key) if key is not None and key in board else None

    def _row(self, board: Board, key: str) -> Row | None:
        """It is made when it comes into sight: the inventory may be another one by then, and the rows those of before until the next refresh."""
        return row(board.device(key), self.query_one(VirtualTable).columns) if key in board else None

    def _tally(self, healths: Iterable[DeviceHealth]) -> Content:
        counts: Counter[State] = Counter(one.state for one in healths)
        parts = [
            said(f"{SIGNS[state].glyph} {counts[state]} {SIGNS[state].word}", SIGNS[state].style)
            for state in sorted(State, key=GRAVITY.__getitem__)
            if counts[state]
        ]
        return Content("   ").join(parts)

    def _more(self) -> None:
        """All reasons of the device under the cursor, which the table has no room for."""
        self.query_one(Foot).tell(detail(self._selected(), self.app.board.fleet.problems))
