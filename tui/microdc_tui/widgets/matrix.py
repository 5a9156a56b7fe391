"""Sites against sites: rows are where from, columns where to. The names stay in sight when it is scrolled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from microdc_tui.pairs.cell import cell
from microdc_tui.pairs.lattice import NUMBERED, Cell, Lattice, lattice
from microdc_tui.pairs.link import Link, Metric
from microdc_tui.spans import Line, fitted
from microdc_tui.text import plain
from microdc_tui.widgets.brush import Brush
from microdc_tui.widgets.cursor import plane

Ends = tuple[str, str]


class Matrix(ScrollView, can_focus=True):
    """Only rows with a pair that changed are painted again. A click moves the cursor, a click on the pair under it opens it, as Enter does."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"matrix--head", "matrix--cursor"}
    DEFAULT_CSS = """
    Matrix {
        background: $background;
        color: $foreground;
        overflow-x: auto;
        overflow-y: auto;
        scrollbar-size-horizontal: 1;
        scrollbar-size-vertical: 1;
        & > .matrix--head { background: $background; color: $text-muted; }
        & > .matrix--cursor { background: $panel; color: $foreground; }
        &:focus > .matrix--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = plane("First column", "Last column")

    @dataclass
    class Selected(Message):
        """Enter, or a click on the cell under the cursor, where there is a pair."""

        link: Link

    class Highlighted(Message):
        """The cursor is somewhere else."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's word
        super().__init__(id=id)
        self._names: tuple[str, ...] = ()
        self._links: dict[Ends, Link] = {}
        self._metric = Metric.RTT
        self._at: Ends | None = None
        self._lattice: Lattice = lattice((), 80)
        self._cells: dict[Ends, Line] = {}
        self._rows: dict[int, Strip] = {}
        self._brushes: dict[str, Brush] = {}

    @property
    def metric(self) -> Metric:
        """What is shown."""
        return self._metric

    @metric.setter
    def metric(self, metric: Metric) -> None:
        if metric is not self._metric:
            self._metric = metric
            self._repaint()

    @property
    def names(self) -> tuple[str, ...]:
        """The sites, in their order."""
        return self._names

    @property
    def form(self) -> Cell:
        """What its cells have room for."""
        return self._lattice.cell

    @property
    def ends(self) -> Ends | None:
        """From where to where the cell under the cursor is."""
        return self._at

    @property
    def selected(self) -> Link | None:
        """The pair under the cursor."""
        return self._link(*self._at) if self._at else None

    def show(self, names: Sequence[str], links: Mapping[Ends, Link], changed: Collection[Ends]) -> None:
        """These sites and pairs; links: by the names of their ends as the fleet orders them. changed: the pairs that are not as before."""
        self._links = dict(links)
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._lay_out()
            if self._at is None or not set(self._at) <= set(names):
                first = next((ends for ends in links if set(ends) <= set(names)), None)
                self._point(first or ((names[0], names[0]) if names else None))
            self._repaint()
            return
        where = {name: row for row, name in enumerate(self._names)}
        for row in {where[from_] for from_, to in self._differing(changed) if from_ in where}:
            self._repaint_row(row)

    def _differing(self, changed: Collection[Ends]) -> Iterator[Ends]:
        """The cells that look different now; most changes of a figure are not seen."""
        for a, b in changed:
            for ends in ((a, b), (b, a)):
                if ends in self._cells:
                    before = self._cells[ends]
                    self._cells[ends] = self._drawn(*ends)
                    if self._cells[ends] != before:
                        yield ends

    def select(self, a: str, b: str) -> bool:
        """Moves the cursor to a pair; False where a site of it is not shown."""
        if not {a, b} <= set(self._names):
            return False
        self._point((a, b))
        return True

    def _link(self, a: str, b: str) -> Link | None:
        return self._links.get((a, b)) or self._links.get((b, a))

    # Painting

    def _lay_out(self) -> None:
        names = [plain(name) for name in self._names]
        self._lattice = lattice(names, max(1, self.size.width))
        if len(names) + 1 > self.size.height:  # the scrollbar takes a cell
            self._lattice = lattice(names, max(1, self.size.width - 1))
        self.virtual_size = Size(self._lattice.width, len(names) + 1)

    def _repaint(self) -> None:
        self._cells.clear()
        self._rows.clear()
        self.refresh()

    def _repaint_row(self, row: int) -> None:
        self._rows.pop(row, None)
        self.refresh_line(row + 1)

    def on_mount(self) -> None:
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()
        self._keep_in_sight()
        self._repaint()

    def notify_style_update(self) -> None:
        """Called by Textual when the theme or a style changes."""
        super().notify_style_update()
        self._brushes.clear()
        self._rows.clear()

    def watch_has_focus(self, _has_focus: bool) -> None:  # noqa: FBT001  Textual's signature
        super().watch_has_focus(_has_focus)
        self._brushes.clear()
        self._rows.clear()

    def render_line(self, y: int) -> Strip:
        scroll_x, scroll_y = self.scroll_offset
        width, head = self.size.width, self._lattice.head
        rich = self._brush("").base.rich_style
        row = -1 if y == 0 else y - 1 + scroll_y
        if row >= len(self._names) or not self._names:
            said = " no pairs of sites are watched" if y == 0 and not self._names else ""
            return self._brush("head").strip([(said, "")]).adjust_cell_length(width, rich)
        whole = self._row(row)
        strip = Strip.join([whole.crop(0, head), whole.crop(head + scroll_x, scroll_x + width)])
        return strip.adjust_cell_length(width, rich)

    def _row(self, row: int) -> Strip:
        strip = self._rows.get(row)
        if strip is None:
            strip = self._rows[row] = self._head() if row < 0 else self._whole(row)
        return strip

    def _head(self) -> Strip:
        found, brush = self._lattice, self._brush("head")
        spans: Line = [(" " * found.head, "")]
        for name, text in zip(self._names, found.columns, strict=True):
            wide = found.cell if found.cell in NUMBERED else found.cell - 1
            under = self._at is not None and name == self._at[1]
            spans += [(fitted(text, wide), "bold $accent" if under else ""), (" " * (found.cell - wide), "")]
        return brush.strip(spans)

    def _whole(self, row: int) -> Strip:
        found, from_ = self._lattice, self._names[row]
        under = self._at is not None and from_ == self._at[0]
        head = [(f" {fitted(found.rows[row], found.head - 2)} ", "bold $accent" if under else "")]
        drawn: list[Line] = [self._cell(from_, to) for to in self._names]
        at = self._names.index(self._at[1]) if under and self._at else len(drawn)
        plainly = self._brush("")
        return Strip(
            [
                *self._brush("head").segments(head),
                *plainly.segments(chain.from_iterable(drawn[:at])),
                *self._brush("cursor").segments(chain.from_iterable(drawn[at : at + 1])),
                *plainly.segments(chain.from_iterable(drawn[at + 1 :])),
            ]
        )

    def _cell(self, from_: str, to: str) -> Line:
        line = self._cells.get((from_, to))
        if line is None:
            line = self._cells[from_, to] = self._drawn(from_, to)
        return line

    def _drawn(self, from_: str, to: str) -> Line:
        form = self._lattice.cell
        if from_ == to:
            return [(fitted("·", form), "$text-disabled")]
        link = self._link(from_, to)
        return cell(link, self._metric, form, forward=link is None or link.a == from_)

    def _brush(self, name: str) -> Brush:
        brush = self._brushes.get(name)
        if brush is None:
            style = self.get_visual_style(f"matrix--{name}") if name else self.visual_style
            brush = self._brushes[name] = Brush(style, self._get_style)
        return brush

    # The cursor

    def _point(self, ends: Ends | None) -> None:
        if ends == self._at:
            return
        rows = {self._names.index(one[0]) for one in (self._at, ends) if one and one[0] in self._names}
        self._at = ends
        for row in (-1, *rows):
            self._repaint_row(row)
        if self.is_mounted:
            self.refresh_line(self.scroll_offset.y)  # the head, which does not scroll
            self._keep_in_sight()
        self.post_message(self.Highlighted())

    def _place(self) -> tuple[int, int]:
        if self._at is None or not set(self._at) <= set(self._names):
            return 0, 0
        return self._names.index(self._at[0]), self._names.index(self._at[1])

    def _keep_in_sight(self) -> None:
        if not self._names:
            return
        row, column = self._place()
        found, (left, top) = self._lattice, self.scroll_offset
        wide = self.size.width - found.head - (len(self._names) + 1 > self.size.height)
        tall = self.size.height - 1 - (found.width > self.size.width)
        x, y = column * found.cell, row
        across = x if x < left else x + found.cell - wide if x + found.cell > left + wide else left
        down = y if y < top else y - tall + 1 if y >= top + tall else top
        if (across, down) != (left, top):
            self.scroll_to(x=max(0, across), y=max(0, down), animate=False, force=True)

    def action_move(self, across: int, down: int) -> None:
        if self._names:
            row, column = self._place()
            last = len(self._names) - 1
            row, column = min(last, max(0, row + down)), min(last, max(0, column + across))
            self._point((self._names[row], self._names[column]))

    def action_page(self, by: int) -> None:
        self.action_move(0, by * max(1, self.size.height - 2))

    def action_edge(self, index: int) -> None:
        self.action_move(-len(self._names) if index == 0 else len(self._names), 0)

    def action_open(self) -> None:
        link = self.selected
        if link is not None:
            self.post_message(self.Selected(link))

    def on_click(self, event: events.Click) -> None:
        scroll_x, scroll_y = self.scroll_offset
        column = event.x if event.x < self._lattice.head else event.x + scroll_x
        place = self._lattice.at(column, event.y + scroll_y if event.y else 0)
        if place is None:
            return
        ends = (self._names[place[0]], self._names[place[1]])
        if ends == self._at:
            self.action_open()
        else:
            self._point(ends)
