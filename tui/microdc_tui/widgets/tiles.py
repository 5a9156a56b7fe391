"""The sites as tiles: as many lines for each as the screen has room for, scrolled where there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from microdc_tui.filtering import Term, matches, parse
from microdc_tui.sites.grid import Grid, arrange
from microdc_tui.sites.summary import Summary
from microdc_tui.sites.tile import haystack, tile
from microdc_tui.spans import Line
from microdc_tui.text import plain
from microdc_tui.widgets.brush import Brush
from microdc_tui.widgets.cursor import plane


class Tiles(ScrollView, can_focus=True):
    """Only tiles that changed are painted again. A click moves the cursor, a click on the tile under it opens the site, as Enter does."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tiles--cursor"}
    DEFAULT_CSS = """
    Tiles {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .tiles--cursor { background: $panel; color: $foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = plane("First site", "Last site")

    @dataclass
    class Selected(Message):
        """Enter, or a click on the tile under the cursor."""

        site: str

    @dataclass
    class Highlighted(Message):
        """The cursor is on another site, or on none."""

        site: str | None

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's word
        super().__init__(id=id)
        self._given: tuple[Summary, ...] = ()
        self._shown: list[Summary] = []
        self._at: dict[str, int] = {}
        self._terms: tuple[Term, ...] = ()
        self._expression = ""
        self._cursor: str | None = None
        self._grid: Grid = arrange(0, 80, 20)
        self._strips: dict[tuple[str, bool], list[Strip]] = {}
        self._brushes: dict[bool, Brush] = {}

    @property
    def selected(self) -> str | None:
        """The site under the cursor."""
        return self._cursor

    @property
    def expression(self) -> str:
        """The filter in force."""
        return self._expression

    @property
    def sites(self) -> tuple[str, ...]:
        """Those that are shown, in their order."""
        return tuple(self._at)

    @property
    def grid(self) -> Grid:
        """How they lie."""
        return self._grid

    def show(self, summaries: Sequence[Summary]) -> None:
        """These sites, in this order."""
        before = {one.site: one for one in self._given}
        changed = {one.site for one in summaries if before.get(one.site) != one}
        if not changed and tuple(one.site for one in summaries) == tuple(before):
            return
        self._given = tuple(summaries)
        self._arrange(changed)

    def filter(self, expression: str) -> None:
        """Shows only the sites for which the expression holds (see microdc_tui.filtering)."""
        if expression != self._expression:
            self._expression, self._terms = expression, parse(expression)
            self._arrange(set())

    def select(self, site: str) -> bool:
        """Moves the cursor to a site; False where it is not shown."""
        if site not in self._at:
            return False
        self._point(site)
        return True

    def _arrange(self, changed: set[str]) -> None:
        """Filters and lays out again; paints the changed tiles alone where none of them moved."""
        shown = [one for one in self._given if not self._terms or matches(self._terms, *haystack(one))]
        order = [one.site for one in shown]
        for site in changed:
            self._forget(site)
        self._shown = shown
        if order and order == list(self._at):
            for site in changed & self._at.keys():
                self._repaint(site)
            return
        before = self._at.get(self._cursor or "", 0)
        self._at = {site: index for index, site in enumerate(order)}
        self._lay_out()
        if self._cursor not in self._at:
            self._point(order[min(before, len(order) - 1)] if order else None)
        elif self.is_mounted:
            self._keep_in_sight()
        self.refresh()

    def _lay_out(self) -> None:
        grid = arrange(len(self._shown), max(1, self.size.width), max(1, self.size.height))
        if grid.height > self.size.height:  # the scrollbar takes a cell
            grid = arrange(len(self._shown), max(1, self.size.width - 1), max(1, self.size.height))
        if (grid.form, grid.width) != (self._grid.form, self._grid.width):
            self._strips.clear()
        self._grid = grid
        self.virtual_size = Size(grid.columns * grid.width, grid.height)

    def _forget(self, site: str) -> None:
        self._strips.pop((site, False), None)
        self._strips.pop((site, True), None)

    def _repaint(self, site: str) -> None:
        index = self._at[site]
        grid = self._grid
        across, down = index % grid.columns, index // grid.columns
        top = down * grid.pitch - self.scroll_offset.y
        self.refresh(Region(across * grid.width, top, grid.width, grid.form.lines))

    # Painting

    def on_mount(self) -> None:
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()
        self._keep_in_sight()
        self.refresh()

    def notify_style_update(self) -> None:
        """Called by Textual when the theme or a style changes."""
        super().notify_style_update()
        self._strips.clear()
        self._brushes.clear()

    def render_line(self, y: int) -> Strip:
        width, grid = self.size.width, self._grid
        base = self._brush(under=False)
        if not self._shown:
            return base.strip(self._nothing() if y == 0 else []).adjust_cell_length(
                width, base.base.rich_style
            )
        line = y + self.scroll_offset.y
        row, part = divmod(line, grid.pitch)
        if row >= grid.rows or part >= grid.form.lines:
            return Strip.blank(width, base.base.rich_style)
        first = row * grid.columns
        tiles = self._shown[first : first + grid.columns]
        strips = [self._tile(one)[part] for one in tiles]
        return Strip.join(strips).adjust_cell_length(width, base.base.rich_style)

    def _nothing(self) -> Line:
        if self._given:
            return [(f" no site matches {plain(self._expression)}", "$text-muted")]
        return [(" no sites are known yet", "$text-muted")]

    def _tile(self, summary: Summary) -> list[Strip]:
        under = summary.site == self._cursor
        key = (summary.site, under)
        strips = self._strips.get(key)
        if strips is None:
            brush, outside = self._brush(under=under), self._brush(under=False)
            bar = brush.segments([("▌" if under else " ", "$accent")])
            blank = outside.segments([(" ", "")])
            strips = [
                Strip([*bar, *brush.segments(line), *blank])
                for line in tile(summary, self._grid.form.lines, max(1, self._grid.width - 2))
            ]
            self._strips[key] = strips
        return strips

    def _brush(self, *, under: bool) -> Brush:
        brush = self._brushes.get(under)
        if brush is None:
            style = self.get_visual_style("tiles--cursor") if under else self.visual_style
            brush = self._brushes[under] = Brush(style, self._get_style)
        return brush

    # The cursor

    def _point(self, site: str | None) -> None:
        if site == self._cursor:
            return
        before, self._cursor = self._cursor, site
        for one in (before, site):
            if one in self._at:
                self._repaint(one)
        if site is not None and self.is_mounted:
            self._keep_in_sight()
        self.post_message(self.Highlighted(site))

    def _keep_in_sight(self) -> None:
        index = self._at.get(self._cursor or "")
        if index is None:
            return
        top = index // self._grid.columns * self._grid.pitch
        bottom = top + self._grid.form.lines
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
        elif bottom > self.scroll_offset.y + self.size.height:
            self.scroll_to(y=bottom - self.size.height, animate=False, force=True)

    def _move_to(self, index: int) -> None:
        if self._shown:
            self._point(self._shown[max(0, min(index, len(self._shown) - 1))].site)

    def action_move(self, across: int, down: int) -> None:
        self._move_to(self._grid.moved(self._at.get(self._cursor or "", 0), len(self._shown), across, down))

    def action_page(self, by: int) -> None:
        for _ in range(max(1, self.size.height // self._grid.pitch - 1)):
            self.action_move(0, by)

    def action_edge(self, index: int) -> None:
        self._move_to(0 if index == 0 else len(self._shown) - 1)

    def action_open(self) -> None:
        if self._cursor is not None:
            self.post_message(self.Selected(self._cursor))

    def on_click(self, event: events.Click) -> None:
        index = self._grid.at(event.x, event.y + self.scroll_offset.y, len(self._shown))
        if index is None:
            return
        if self._shown[index].site == self._cursor:
            self.action_open()
        else:
            self._move_to(index)
