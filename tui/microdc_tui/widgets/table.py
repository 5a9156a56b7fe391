"""A table of any length: only what is in sight is rendered, only what has changed is painted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from microdc_tui.widgets.rows import GAP, Cell, Column, Row, fit, line, spread
from microdc_tui.widgets.shelf import Make, Shelf

__all__ = ["Cell", "Column", "Row", "VirtualTable"]


class VirtualTable(ScrollView, can_focus=True):
    """Rows by key under a fixed head; the cursor stays on its key whatever comes and goes above it.

    Rows are given whole by `show`, or only those that changed by `update`. A click on the head sorts, a click on a row moves the cursor
    there, a click on the row under the cursor opens it, as Enter does.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--head", "table--cursor", "table--empty"}
    DEFAULT_CSS = """
    VirtualTable {
        background: $background;
        color: $foreground;
        overflow-x: auto;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-horizontal: 1;
        scrollbar-size-vertical: 1;
        & > .table--head { color: $text-muted; background: $background; text-style: bold; }
        & > .table--cursor { background: $panel; color: $foreground; }
        & > .table--empty { color: $text-muted; background: $background; }
        &:focus > .table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(0)", "First row", show=False),
        Binding("end,G", "edge(-1)", "Last row", show=False),
        Binding("enter", "open", "Open", show=False),
        Binding("less_than_sign", "sort(-1)", "Sort by the column before", show=False),
        Binding("greater_than_sign", "sort(1)", "Sort by the next column", show=False),
        Binding("tilde", "reverse", "Turn the order round", show=False),
    ]

    @dataclass
    class Selected(Message):
        """Enter or a click on the row under the cursor."""

        table: VirtualTable
        key: str

        @property
        def control(self) -> VirtualTable:
            """By this, `@on(VirtualTable.Selected, "#id")` knows whose it is."""
            return self.table

    @dataclass
    class Highlighted(Message):
        """The cursor is on another row, or on none."""

        table: VirtualTable
        key: str | None

        @property
        def control(self) -> VirtualTable:
            """See Selected."""
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str | None = None,  # noqa: A002  Textual's word
        empty: str = "nothing here",
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.empty = empty
        self._shelf = Shelf()
        self._strips: dict[tuple[str, bool], Strip] = {}
        self._cursor: str | None = None
        self._widths: tuple[int, ...] = ()

    # What there is

    @property
    def selected(self) -> str | None:
        """The key of the row under the cursor."""
        return self._cursor

    @property
    def expression(self) -> str:
        """The filter in force."""
        return self._shelf.expression

    @property
    def row_count(self) -> int:
        """Rows that the filter lets through."""
        return len(self._shelf.shown)

    @property
    def total(self) -> int:
        """Rows in all."""
        return len(self._shelf.rows)

    def row(self, key: str) -> Row | None:
        """The row of that key."""
        return self._shelf.fresh(key)

    def use(self, columns: Sequence[Column]) -> None:
        """Other columns from now on, such as fewer where there is less room. The rows are to be given anew, with a cell for each of them."""
        if tuple(columns) == self.columns:
            return
        self.columns = tuple(columns)
        names = [column.id for column in columns]
        column, reverse = self._shelf.sorted
        kept = column if column in names else ""
        self._shelf.sort(kept, names.index(kept) if kept else 0, reverse=reverse)
        self._strips.clear()
        self._measure()
        self.refresh()

    def show(self, rows: Sequence[Row]) -> None:
        """These rows, in this order, and no others."""
        self._repaint(self._shelf.show(rows))

    def update(self, rows: Iterable[Row]) -> None:
        """These rows have changed; rows that were not there come last."""
        self._repaint(self._shelf.update(rows))

    def renew(self, keys: Iterable[str], make: Make) -> None:
        """These rows have changed. Each is made when it is needed: now if it is in sight, filtered or sorted by, else when it comes to that."""
        top = self.scroll_offset.y
        in_sight = self._shelf.shown[top : top + self.size.height]
        told = set(keys)
        self._forget(
            told.difference(in_sight)
        )  # of those in sight only what is not as before is painted again
        self._repaint(self._shelf.renew(told, make, in_sight))

    def filter(self, expression: str) -> None:
        """Shows only rows for which the expression holds (see microdc_tui.filtering)."""
        if expression != self._shelf.expression:
            self._shelf.filter(expression)
            self._repaint((), whole=True)

    def sort(self, column: str, *, reverse: bool = False) -> None:
        """Sorts by a column from now on; "" is the order in which the rows are given."""
        names = [one.id for one in self.columns]
        self._shelf.sort(column, names.index(column) if column else 0, reverse=reverse)
        self._repaint((), whole=True)

    def select(self, key: str) -> bool:
        """Moves the cursor to a row; False where it is not shown."""
        if key not in self._shelf.at:
            return False
        self._move_to(self._shelf.at[key])
        return True

    def _repaint(self, changed: Collection[str], *, whole: bool = False) -> None:
        """Paints what is not as before: the changed rows alone where none of them moved. whole: all of it."""
        self._forget(changed)
        at = self._shelf.at
        before = at.get(self._cursor or "", 0)
        if not self._shelf.arrange() and not whole:
            for key in changed:
                if key in at:
                    self.refresh_line(at[key] + 1)
            return
        shown = self._shelf.shown
        self._measure()  # first, since a row can only be scrolled to where there is room for it
        if self._cursor not in self._shelf.at:
            self._point(shown[min(before, len(shown) - 1)] if shown else None)
        elif self.is_mounted:
            self._keep_in_sight()
        self.refresh()

    def _forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._strips.pop((key, False), None)
            self._strips.pop((key, True), None)

    def _measure(self) -> None:
        room = self.scrollable_content_region.width
        self._widths = spread(self.columns, max(1, room - 1))
        width = sum(self._widths) + GAP * (len(self.columns) - 1) + 1
        self.virtual_size = Size(max(width, room), len(self._shelf.shown) + 1)

    # Painting

    def on_resize(self) -> None:
        self._strips.clear()
        self._measure()
        self.refresh()

    def notify_style_update(self) -> None:
        """Called by Textual when the theme or a style changes."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        scroll_x, scroll_y = self.scroll_offset
        width = self.size.width
        base = self.visual_style
        if y == 0:
            strip = self._head()
        elif y - 1 + scroll_y < len(self._shelf.shown):
            strip = self._line(self._shelf.shown[y - 1 + scroll_y], base)
        elif y == 1 and not self._shelf.shown:
            said = (
                f"nothing matches {self._shelf.expression}"
                if self._shelf.expression and self._shelf.rows
                else self.empty
            )
            return (
                Strip.blank(1, base.rich_style)
                .join(
                    [
                        Strip(
                            line(
                                [said],
                                [Column("", "", width - 3)],
                                [width - 3],
                                self._class("empty"),
                                self._get_style,
                            )
                        )
                    ]
                )
                .crop_extend(0, width, base.rich_style)
            )
        else:
            return Strip.blank(width, base.rich_style)
        filling = strip._segments[-1].style if strip._segments else base.rich_style  # noqa: SLF001
        return strip.crop_extend(scroll_x, scroll_x + width, filling)

    def _class(self, name: str) -> Style:
        return self.get_visual_style(f"table--{name}")

    def _line(self, key: str, base: Style) -> Strip:
        under = key == self._cursor
        strip = self._strips.get((key, under))
        if strip is None:
            row = self._shelf.fresh(key) or Row(key, ())
            style = (
                self._class("cursor") if under else base + self._get_style(row.style) if row.style else base
            )
            strip = line(
                row.cells, self.columns, self._widths, style, self._get_style, flat=under and self.has_focus
            )
            if len(self._strips) > 2_000:
                self._strips.clear()
            self._strips[key, under] = strip
        return strip

    def _head(self) -> Strip:
        column, reverse = self._shelf.sorted
        arrow = "▼" if reverse else "▲"
        titles = [
            fit(f"{one.title} {arrow}" if one.id == column else one.title, width, one.align)
            for one, width in zip(self.columns, self._widths, strict=True)
        ]
        return line(titles, self.columns, self._widths, self._class("head"), self._get_style)

    # The cursor

    def on_mount(self) -> None:
        self._measure()

    def watch_has_focus(self, _has_focus: bool) -> None:  # noqa: FBT001  Textual's signature
        super().watch_has_focus(_has_focus)
        if self._cursor is not None:
            self._strips.pop((self._cursor, True), None)

    def _point(self, key: str | None) -> None:
        if key == self._cursor:
            return
        before, self._cursor = self._cursor, key
        for one in (before, key):
            if one is not None and one in self._shelf.at:
                self.refresh_line(self._shelf.at[one] + 1)
        if key is not None and self.is_mounted:
            self._keep_in_sight()
        self.post_message(self.Highlighted(self, key))

    def _move_to(self, index: int) -> None:
        if self._shelf.shown:
            self._point(self._shelf.shown[max(0, min(index, len(self._shelf.shown) - 1))])

    def _keep_in_sight(self) -> None:
        index = self._shelf.at.get(self._cursor or "")
        if index is None or self.size.height < 2:
            return
        # Line 0 of the window is the head, so the row must be on one of the others.
        top, rows = self.scroll_offset.y, self.size.height - 1 - (self.virtual_size.width > self.size.width)
        if index < top:
            self.scroll_to(y=index, animate=False, force=True)
        elif index >= top + rows:
            self.scroll_to(y=index - rows + 1, animate=False, force=True)

    def action_move(self, by: int) -> None:
        self._move_to(self._shelf.at.get(self._cursor or "", 0) + by)

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - 2))

    def action_edge(self, index: int) -> None:
        self._move_to(0 if index == 0 else len(self._shelf.shown) - 1)

    def action_open(self) -> None:
        if self._cursor is not None:
            self.post_message(self.Selected(self, self._cursor))

    def action_sort(self, by: int) -> None:
        names = ["", *(column.id for column in self.columns)]
        self.sort(names[(names.index(self._shelf.sorted[0]) + by) % len(names)])

    def action_reverse(self) -> None:
        self.sort(self._shelf.sorted[0], reverse=not self._shelf.sorted[1])

    def on_click(self, event: events.Click) -> None:
        if event.y == 0:
            self._sort_at(event.x + self.scroll_offset.x)
            return
        index = event.y - 1 + self.scroll_offset.y
        if index < len(self._shelf.shown):
            if self._shelf.shown[index] == self._cursor:
                self.action_open()
            else:
                self._move_to(index)

    def _sort_at(self, x: int) -> None:
        edge = 1
        for column, width in zip(self.columns, self._widths, strict=True):
            if x < edge + width + GAP:
                name, reverse = self._shelf.sorted
                self.sort(column.id, reverse=name == column.id and not reverse)
                return
            edge += width + GAP
