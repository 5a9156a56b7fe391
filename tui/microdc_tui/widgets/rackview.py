"""The racks of a site: as many side by side as there is room for, devices in their units, the cursor on a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from microdc.health.model import DeviceHealth
from microdc_tui.devices import glance, rackrow
from microdc_tui.devices.elevation import Frame
from microdc_tui.devices.racklayout import HEAD, RackLayout
from microdc_tui.filtering import Term, matches, parse
from microdc_tui.spans import DIM
from microdc_tui.widgets.brush import Brush


class RackView(ScrollView, can_focus=True):
    """Left and right go from rack to rack, and bring those in sight that have no room. Only devices that changed are painted again.

    A click moves the cursor, a click on the device under it opens it, as Enter does. A filter dims what it is not about: a rack keeps its units.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rackview--cursor"}
    DEFAULT_CSS = """
    RackView {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .rackview--cursor { background: $panel; color: $foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("left", "rack(-1)", "Rack to the left", show=False),
        Binding("right", "rack(1)", "Rack to the right", show=False),
        Binding("pageup,ctrl+b", "move(-10)", "Ten up", show=False),
        Binding("pagedown,ctrl+f", "move(10)", "Ten down", show=False),
        Binding("home,g", "move(-1000)", "Highest device", show=False),
        Binding("end,G", "move(1000)", "Lowest device", show=False),
        Binding("enter", "open", "Open", show=False),
    ]

    @dataclass
    class Selected(Message):
        """Enter, or a click on the device under the cursor."""

        key: str

    @dataclass
    class Highlighted(Message):
        """The cursor is on another device, or on none."""

        key: str | None

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's word
        super().__init__(id=id)
        self._lay = RackLayout((), 1)
        self._healths: dict[str, DeviceHealth] = {}
        self._first = 0  # the rack that is drawn leftmost
        self._cursor: str | None = None
        self._terms: tuple[Term, ...] = ()
        self._strips: dict[tuple[int, int], Strip] = {}  # by rack and line
        self._brushes: dict[bool, Brush] = {}

    # What there is

    @property
    def selected(self) -> str | None:
        """The key of the device under the cursor."""
        return self._cursor

    @property
    def matching(self) -> int:
        """Devices that the filter is about."""
        return sum(not self._apart(key) for key in self._lay.spots)

    @property
    def total(self) -> int:
        """Devices in all."""
        return len(self._lay.spots)

    def show(self, frames: Sequence[Frame], healths: Mapping[str, DeviceHealth]) -> None:
        """These racks with these devices."""
        before, self._healths = self._healths, dict(healths)
        if tuple(frames) != self._lay.frames:
            self._arrange(frames)
            return
        for key, health in healths.items():
            if before.get(key) != health:
                self._repaint(key)

    def filter(self, expression: str) -> None:
        """Dims the devices for which the expression does not hold (see microdc_tui.filtering)."""
        self._terms = parse(expression)
        self._strips.clear()
        self.refresh()

    def select(self, key: str) -> bool:
        """Moves the cursor to a device; False where it is in no rack here."""
        if key not in self._lay.spots:
            return False
        self._point(key)
        return True

    def _arrange(self, frames: Sequence[Frame]) -> None:
        room = max(1, self.size.width - 1)  # a cell for the scrollbar, so that nothing moves when it comes
        self._lay = RackLayout(frames, room)
        self._strips.clear()
        self.virtual_size = Size(room, self._lay.high)
        if self._cursor not in self._lay.spots:
            self._point(next(iter(self._lay.spots), None))
        self._first = self._lay.first(self._first, self._cursor)
        self.refresh()

    def _repaint(self, key: str | None) -> None:
        """A device, and the head of its rack, which sums its devices up."""
        spot = self._lay.spots.get(key or "")
        if spot is not None:
            across = (spot.rack - self._first) * self._lay.wide
            for line in (0, *spot.lines):
                self._strips.pop((spot.rack, line), None)
                self.refresh(Region(across, line - self.scroll_offset.y, self._lay.wide, 1))

    def _apart(self, key: str) -> bool:
        health = self._healths.get(key)
        if not self._terms or health is None:
            return False
        asked = {name.lower(): value.lower() for name, value in glance.labels(health).items()}
        said = " ".join((health.device.name, *asked.values(), glance.why(health).text)).lower()
        return not matches(self._terms, said, asked)

    # Painting

    def on_mount(self) -> None:
        self._arrange(self._lay.frames)

    def on_resize(self) -> None:
        self._arrange(self._lay.frames)
        self._keep_in_sight()

    def notify_style_update(self) -> None:
        """Called by Textual when the theme or a style changes."""
        super().notify_style_update()
        self._strips.clear()
        self._brushes.clear()

    def render_line(self, y: int) -> Strip:
        base = self._brush(under=False)
        line, lay = y + self.scroll_offset.y, self._lay
        if not lay.frames:
            said = [(" nothing of this site stands in a rack", DIM)] if y == 0 else []
            return base.strip(said).adjust_cell_length(self.size.width, base.base.rich_style)
        racks = range(self._first, min(len(lay.frames), self._first + lay.abreast))
        strips = [self._strip(rack, line) for rack in racks]
        return Strip.join(strips).adjust_cell_length(self.size.width, base.base.rich_style)

    def _strip(self, rack: int, line: int) -> Strip:
        strip = self._strips.get((rack, line))
        if strip is None:
            strip = self._strips[rack, line] = self._paint(rack, line)
        return strip

    def _paint(self, rack: int, line: int) -> Strip:
        base, wide, name = self._brush(under=False), self._lay.wide, self._lay.name
        frame, count = self._lay.frames[rack], len(self._lay.frames)
        if line == 0:
            place = f"← {rack + 1} of {count} →" if self._lay.abreast < count else ""
            return base.strip(rackrow.head(frame, self._healths, wide, place))
        if line < HEAD:
            return base.strip(rackrow.titles(name, wide))
        if line - HEAD >= len(frame.slots):
            return Strip.blank(wide, base.base.rich_style)
        slot = frame.slots[line - HEAD]
        key = slot.device.key if slot.device is not None else ""
        under = bool(key) and key == self._cursor
        told = rackrow.line(slot, self._healths.get(key), name, wide, under=under, apart=self._apart(key))
        return self._brush(under=under).strip(told)

    def _brush(self, *, under: bool) -> Brush:
        brush = self._brushes.get(under)
        if brush is None:
            style = self.get_visual_style("rackview--cursor") if under else self.visual_style
            brush = self._brushes[under] = Brush(style, self._get_style)
        return brush

    # The cursor

    def _point(self, key: str | None) -> None:
        if key == self._cursor:
            return
        before, self._cursor = self._cursor, key
        self._repaint(before)
        self._repaint(key)
        if key is not None and self.is_mounted:
            self._keep_in_sight()
        self.post_message(self.Highlighted(key))

    def _keep_in_sight(self) -> None:
        spot = self._lay.spots.get(self._cursor or "")
        if spot is None:
            return
        first = self._lay.first(self._first, self._cursor)
        if first != self._first:
            self._first = first
            self.refresh()
        top = 0 if spot.lines[0] == HEAD else spot.lines[0]  # with the highest device, the rack's head
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
        elif spot.lines[-1] >= self.scroll_offset.y + self.size.height:
            self.scroll_to(y=spot.lines[-1] - self.size.height + 1, animate=False, force=True)

    def action_move(self, by: int) -> None:
        self._point(self._lay.moved(self._cursor, by))

    def action_rack(self, by: int) -> None:
        self._point(self._lay.beside(self._cursor, by))

    def action_open(self) -> None:
        if self._cursor is not None:
            self.post_message(self.Selected(self._cursor))

    def on_click(self, event: events.Click) -> None:
        key = self._lay.at(self._first, event.x, event.y + self.scroll_offset.y)
        if key is not None and key == self._cursor:
            self.action_open()
        elif key is not None:
            self._point(key)
