"""All sites at a glance: where the app starts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize

from microdc.health.model import Kind, State
from microdc_tui.glyphs import GRAVITY
from microdc_tui.screens.base import View
from microdc_tui.sites.detail import detail, total
from microdc_tui.sites.grid import arrange
from microdc_tui.sites.past import STEP, histories
from microdc_tui.sites.summary import Summary, summaries, totals
from microdc_tui.subject import Subject
from microdc_tui.widgets.filterbar import FilterBar
from microdc_tui.widgets.panel import Panel
from microdc_tui.widgets.tiles import Tiles

if TYPE_CHECKING:
    from microdc.health.board import Board

_AFRESH = 3.0
"""Seconds for which lines of history are not read again."""
_LOW = 14
"""Lines of a terminal below which there is no room for the pane."""
_LEAST = 6
"""Lines of the pane: three of figures, three of reasons."""
_KINDS = ("server", "switch", "shaper", "pair", "node")


class Sites(View):
    """A tile for each site, and below them what there is to say of the one under the cursor."""

    DEFAULT_CSS = """
    Sites > #totals { height: 1; background: $background; }
    Sites > Tiles { height: 1fr; }
    Sites > #detail { height: 6; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cause", "Cause"),
        Binding("n", "trouble(1)", "Next trouble"),
        Binding("N", "trouble(-1)", "Trouble before", show=False),
        Binding("o", "order", "Order"),
    ]
    HELP_TEXT: ClassVar[str] = (
        "A tile tells of a site: its state, a glyph for each server and switch, what it draws, what its switches take in (lan) and what it sends to other "
        "sites (wan), its nodes and pairs, and the gravest of its reasons. Enter opens its racks, c the device that is the cause. A filter knows the "
        "names, states and reasons: down|degraded, !ok, wan=down."
    )

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._summaries: dict[str, Summary] = {}
        self._gravest_first = False
        self._told_at: tuple[str, int] = ("", 0)
        self._told: Mapping[str, Sequence[float | None]] = {}

    def body(self) -> ComposeResult:
        yield Panel(id="totals")
        yield Tiles(id="tiles")
        yield Panel(id="detail")

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:
        """Tiles of which nothing changed are not painted again."""
        del changed  # tiles find out by themselves
        devices = board.devices()
        found = summaries(board.fleet.sites, board.sites(now), devices.values())
        if len(found) != len(self._summaries):
            self.call_after_refresh(self._fit)
        self._summaries = {one.site: one for one in found}
        pairs = Counter(one.state for one in devices.values() if one.device.kind is Kind.PAIR)
        panel = self.query_one("#totals", Panel)
        panel.show([total(totals(found, pairs), panel.room[0])])
        self.query_one(Tiles).show(self._ordered(found))
        self._tell(board, now)

    def _ordered(self, found: tuple[Summary, ...]) -> tuple[Summary, ...]:
        if not self._gravest_first:
            return found
        return tuple(sorted(found, key=lambda one: GRAVITY[one.state]))

    def _tell(self, board: Board, now: float) -> None:
        """The pane of the site under the cursor."""
        if not self._stands:
            return
        panel = self.query_one("#detail", Panel)
        summary = self._summaries.get(self.query_one(Tiles).selected or "")
        if summary is None:
            panel.show([])
        elif panel.display:
            panel.show(detail(summary, self._histories(board, summary.site, now), *panel.room))

    def _histories(self, board: Board, site: str, now: float) -> Mapping[str, Sequence[float | None]]:
        """Read again every few seconds: a step of a line is longer than that."""
        moment = (site, int(now // _AFRESH))
        if moment != self._told_at:
            until = math.ceil(now / STEP) * STEP
            self._told_at, self._told = moment, histories(board, site, until)
        return self._told

    def subject(self) -> Subject | None:
        site = self.query_one(Tiles).selected
        return Subject("site", site, site) if site else None

    def apply_filter(self, expression: str) -> str:
        tiles = self.query_one(Tiles)
        tiles.filter(expression)
        return f"{len(tiles.sites)} of {len(self._summaries)}"

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        event.stop()
        self.query_one(Tiles).focus()

    def on_mount(self) -> None:
        self.query_one(Tiles).focus()

    def on_resize(self, event: Resize) -> None:
        """In a low terminal the tiles have all of it."""
        self.query_one("#detail", Panel).display = event.size.height >= _LOW
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """The pane takes what the tiles leave."""
        if not self._stands:
            return
        tiles, panel = self.query_one(Tiles), self.query_one("#detail", Panel)
        if panel.display:
            lines = tiles.size.height + panel.outer_size.height
            tall = arrange(len(self._summaries), tiles.size.width, lines - _LEAST).height
            panel.styles.height = max(_LEAST, lines - tall - 1)
        self.call_after_refresh(self._again)

    def on_panel_resized(self, event: Panel.Resized) -> None:
        """The pane has its room only when all is laid out anew, which is after it was asked for."""
        event.stop()
        self._tell(self.app.board, self.app.now)

    def on_tiles_highlighted(self, event: Tiles.Highlighted) -> None:
        event.stop()
        # The histories of a large site take longer than the cursor, and a key is to be answered first.
        self.call_after_refresh(lambda: self._tell(self.app.board, self.app.now))

    def on_tiles_selected(self, event: Tiles.Selected) -> None:
        event.stop()
        self.open_subject()

    def _again(self) -> None:
        if self._stands:
            self.refresh_view(self.app.board, frozenset(), self.app.now)

    @property
    def _stands(self) -> bool:
        """Whether its widgets are there: what was put off may come when the screen is being closed."""
        return self.is_attached and bool(self.query(Tiles)) and bool(self.query("#detail"))

    def action_cause(self) -> None:
        """Opens the device that is the gravest reason of the site."""
        summary = self._summaries.get(self.query_one(Tiles).selected or "")
        key = next((one.device for one in summary.reasons if one.device), "") if summary else ""
        kind, _, name = key.partition("/")
        if summary is None or kind not in _KINDS:
            self.notify("there is nothing to report of this site")
            return
        site = "" if kind == "pair" else summary.site
        self.app.open_subject(Subject(kind, name, site))  # type: ignore[arg-type]  # it is one of them

    def action_trouble(self, by: int) -> None:
        """To the next site that is not well, round and round."""
        tiles = self.query_one(Tiles)
        sites = tiles.sites
        at = sites.index(tiles.selected) if tiles.selected in sites else 0
        for step in range(1, len(sites) + 1):
            site = sites[(at + by * step) % len(sites)]
            if self._summaries[site].state in {State.DOWN, State.DEGRADED, State.UNKNOWN}:
                tiles.select(site)
                return
        self.notify("all sites are well")

    def action_order(self) -> None:
        """The inventory's order, or the gravest first."""
        self._gravest_first = not self._gravest_first
        self._again()
