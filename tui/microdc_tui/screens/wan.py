"""What was asked of the WAN and what it does: a matrix of the sites, a map of them, and the pair under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Resize

from microdc.health.model import Place, State
from microdc_tui.filtering import Term, parse
from microdc_tui.glyphs import GRAVITY
from microdc_tui.pairs.choosing import Ends, chosen, drawn, links, sites
from microdc_tui.pairs.detail import charts, detail
from microdc_tui.pairs.link import Link, Metric
from microdc_tui.pairs.telling import head, metric_at, nothing, troubled
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject
from microdc_tui.widgets.filterbar import FilterBar
from microdc_tui.widgets.matrix import Matrix
from microdc_tui.widgets.panel import Panel
from microdc_tui.widgets.sitemap import Sitemap

if TYPE_CHECKING:
    from microdc.health.board import Board

_SPAN = 300.0
"""Seconds that a line of history tells of."""
_ROOMY = (100, 34)
"""Columns and lines of a terminal from which on the map has a place beside the pair."""
_LOW = 14
"""Lines of a terminal below which there is no room for the pair."""


class Wan(View):
    """Rows are where from, columns where to. 1, 2 and 3 choose what is compared."""

    DEFAULT_CSS = """
    Wan > #head { height: 1; background: $background; }
    Wan > Matrix { height: 1fr; }
    Wan > #map { height: 1fr; display: none; }
    Wan > #below { height: 7; }
    Wan #pair { width: 1fr; height: 100%; }
    Wan #beside { width: 42%; height: 100%; display: none; }
    Wan.-map > Matrix { display: none; }
    Wan.-map > #map { display: block; }
    Wan.-roomy #beside { display: block; }
    Wan.-map #beside { display: none; }
    Wan.-low > #below { display: none; }
    Wan.-large > Matrix { display: none; }
    Wan.-large > #map { display: none; }
    Wan.-large > #below { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "metric('rtt')", "RTT", show=False),
        Binding("2", "metric('loss')", "Loss", show=False),
        Binding("3", "metric('rate')", "Rate", show=False),
        Binding("m", "map", "Map"),
        Binding("z", "zoom", "Zoom"),
        Binding("n", "trouble(1)", "Next trouble"),
        Binding("N", "trouble(-1)", "Trouble before", show=False),
        Binding("r", "turn", "Way back", show=False),
    ]
    HELP_TEXT: ClassVar[str] = (
        "A cell tells of the pair of two sites: what is to be thought of it, what was measured and, where there is room, what was asked for. × is a pair "
        "without a way. Loss and rate are of the direction from the row to the column. Enter draws the last minutes of the pair large. A filter knows both sites, state, overlay and reasons: "
        "degraded|cut, a=paris, !ok."
    )

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._links: dict[Ends, Link] = {}
        self._shown: dict[Ends, Link] = {}
        self._states: dict[str, State] = {}
        self._terms: tuple[Term, ...] = ()
        self._near = True
        self._generation = -1

    def body(self) -> ComposeResult:
        yield Panel(id="head")
        yield Matrix(id="matrix")
        yield Sitemap(id="map")
        with Horizontal(id="below"):
            yield Panel(id="pair")
            yield Sitemap(id="beside")

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:
        """Only pairs that changed are read again."""
        whole = board.generation != self._generation
        self._generation = board.generation
        if whole:
            fresh = links(board.devices().values())
        else:
            pairs = [board.device(key) for key in changed if key.startswith("pair/") and key in board]
            fresh = links(pairs)
        gone = self._links if whole else {}
        self._links = fresh if whole else {**self._links, **fresh}
        self._states = {site.site: site.state for site in board.sites(now)}
        if whole:
            self._fit()
        self._show({**gone, **fresh})

    def _show(self, changed: dict[Ends, Link]) -> None:
        if not self._stands:
            return
        board = self.app.board
        self._shown = chosen(self._terms, self._links)
        order = [place.name for place in board.fleet.sites]
        panel = self.query_one("#head", Panel)
        matrix = self.query_one(Matrix)
        matrix.show(sites(order, self._shown), self._shown, changed)
        panel.show([head(matrix.metric, matrix.form, self._shown.values(), panel.room[0])])
        if self.about is not None and self._links:
            ends, self.about = self.about.name.partition(":"), None
            matrix.select(ends[0], ends[2])
        self._tell()

    def _tell(self) -> None:
        """The pair under the cursor."""
        if not self._stands:
            return
        panel = self.query_one("#pair", Panel)
        matrix = self.query_one(Matrix)
        link, ends = matrix.selected, matrix.ends
        room, lines = panel.room
        told = nothing(*ends) if ends and link is None else []
        if link is not None and ends is not None:
            backward = ends[0] != link.a
            series = partial(self._series, link)
            told = (
                charts(link, series, room, lines, backward=backward)
                if self.has_class("-large")
                else detail(link, series, room, backward=backward)
            )
        rest = troubled(self._shown.values(), link, room) if len(told) + 1 < lines else []
        panel.show([*told, [], *rest][:lines] if rest else told[:lines])
        # A map takes longer than all else, and a key is to be answered first.
        self.call_after_refresh(self._draw)

    def _series(self, link: Link, figure: str, count: int) -> Sequence[float | None]:
        board, until = self.app.board, self.app.now
        return board.series(f"pair/{link.name}", figure, count=count, span=_SPAN, until=until)

    def _draw(self) -> None:
        """The maps that are in sight, with the pair under the cursor marked on them."""
        if not self._stands:
            return
        places: Sequence[Place] = self.app.board.fleet.sites
        if self._terms:
            kept = {end for ends in self._shown for end in ends}
            places = [place for place in places if place.name in kept]
        ends = self.query_one(Matrix).ends
        found = drawn(places, self._shown.values(), ends, near=self._near)
        for one in self.query(Sitemap):
            if one.size:
                one.show(found, self._states, ends, ascii_only=self.app.ascii)

    @property
    def _stands(self) -> bool:
        """Whether its widgets are there: what was put off may come when the screen is being closed."""
        return self.is_attached and bool(self.query(Matrix)) and bool(self.query("#pair"))

    def subject(self) -> Subject | None:
        link = self.query_one(Matrix).selected
        return Subject("pair", link.name) if link else None

    def crumbs(self) -> str:
        return "wan"

    def apply_filter(self, expression: str) -> str:
        self._terms = parse(expression)
        self._show(self._links)
        return f"{len(self._shown)} of {len(self._links)}"

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        event.stop()
        self.query_one(Matrix).focus()

    def on_mount(self) -> None:
        self.query_one(Matrix).focus()

    def on_panel_resized(self, event: Panel.Resized) -> None:
        event.stop()
        self._tell()

    @on(Panel.Clicked, "#head")
    def choose_metric(self, event: Panel.Clicked) -> None:
        """A click on a quantity is its key."""
        event.stop()
        metric = metric_at(event.panel.lines[0], event.cell) if event.panel.lines else None
        if metric is not None:
            self.action_metric(metric)

    @on(Panel.Clicked, "#pair")
    def enlarge_pair(self, event: Panel.Clicked) -> None:
        """A click on the pair is Enter: large, and back."""
        event.stop()
        self.action_open_selected()

    def on_resize(self, event: Resize) -> None:
        """A large terminal shows matrix, pair and map at once."""
        roomy = event.size.width >= _ROOMY[0] and event.size.height >= _ROOMY[1]
        self.set_class(roomy, "-roomy")
        self.set_class(event.size.height < _LOW, "-low")
        self._fit()
        self.call_after_refresh(self._show, self._links)

    def _fit(self) -> None:
        """A roomy screen gives the matrix the lines that it needs, and all others to what is below."""
        below = self.query_one("#below")
        if self.has_class("-large"):
            below.styles.height = "1fr"
        elif self.has_class("-roomy"):
            rows = len(sites((), self._links)) + 1
            below.styles.height = max(9, self.app.size.height - 5 - rows)
        else:
            below.styles.height = 7

    def on_matrix_highlighted(self, event: Matrix.Highlighted) -> None:
        event.stop()
        self._tell()

    def on_matrix_selected(self, event: Matrix.Selected) -> None:
        event.stop()
        self._enlarge(large=True)

    def action_open_selected(self) -> None:
        """The pair with its last minutes drawn large, in the place of the matrix; and back."""
        self._enlarge(large=not self.has_class("-large"))

    def action_back(self) -> None:
        if self.has_class("-large"):
            self._enlarge(large=False)
        else:
            super().action_back()

    def _enlarge(self, *, large: bool) -> None:
        if large and self.query_one(Matrix).selected is None:
            return
        self.set_class(large, "-large")
        if not large:
            self.query_one(Matrix).focus()
        self._fit()
        self.call_after_refresh(self._tell)

    def action_metric(self, name: str) -> None:
        """RTT, loss or rate in the cells."""
        self.query_one(Matrix).metric = Metric(name)
        self._show({})

    def action_map(self) -> None:
        """The map in the place of the matrix, and back."""
        self._enlarge(large=False)
        self.toggle_class("-map")
        if not self.has_class("-map"):
            self.query_one(Matrix).focus()
        self.call_after_refresh(self._tell)

    def action_zoom(self) -> None:
        """The map of the region in which the pair is, or of all sites."""
        self._near = not self._near
        self._tell()

    def action_turn(self) -> None:
        """The same pair the other way round."""
        matrix = self.query_one(Matrix)
        if matrix.ends:
            matrix.select(matrix.ends[1], matrix.ends[0])

    def action_trouble(self, by: int) -> None:
        """To the next pair that is not well, round and round."""
        matrix = self.query_one(Matrix)
        bad = [one for one in self._shown.values() if one.state in {State.DOWN, State.DEGRADED}]
        bad.sort(key=lambda one: GRAVITY[one.state])
        if not bad:
            self.notify("all pairs are well")
            return
        at = next((index for index, one in enumerate(bad) if one == matrix.selected), -1 if by > 0 else 0)
        one = bad[(at + by) % len(bad)]
        matrix.select(one.a, one.b)
