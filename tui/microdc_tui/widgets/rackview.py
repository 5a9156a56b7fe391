"""The racks of a site: as many side by side as there is room for, devices in their units, the cursor on a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from microdc.health.model import DeviceHealth
from microdc_tui.devices import glance, rackrow
from microdc_tui.devices.elevation import Frame, Slot
from microdc_tui.filtering import Term, matches, parse
from microdc_tui.spans import DIM
from microdc_tui.text import plain
from microdc_tui.widgets.brush import Brush

_HEAD = 2
"""Lines above the units: the rack's name, and the columns'."""


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
        &:focus > .rackview--cursor { background: $primary-muted; color: $foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("left,h", "rack(-1)", "Rack to the left", show=False),
        Binding("right,l", "rack(1)", "Rack to the right", show=False),
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
        self._frames: tuple[Frame, ...] = ()
        self._healths: dict[str, DeviceHealth] = {}
        self._first = 0  # the rack that is drawn leftmost
        self._cursor: str | None = None
        self._terms: tuple[Term, ...] = ()
        self._strips: dict[tuple[int, int], Strip] = {}  # by rack and line
        self._lines: dict[str, tuple[int, list[int]]] = {}  # device -> its rack, and its lines there
        self._brushes: dict[bool, Brush] = {}
        self._longest = 8

    # What there is

    @property
    def selected(self) -> str | None:
        """The key of the device under the cursor."""
        return self._cursor

    @property
    def frame(self) -> Frame | None:
        """The rack that the cursor is in."""
        return self._frames[self._rack] if self._frames else None

    @property
    def matching(self) -> int:
        """Devices that the filter is about."""
        return sum(not self._apart(key) for key in self._lines)

    @property
    def total(self) -> int:
        """Devices in all."""
        return len(self._lines)

    def show(self, frames: Sequence[Frame], healths: Mapping[str, DeviceHealth]) -> None:
        """These racks with these devices."""
        before, self._healths = self._healths, dict(healths)
        if tuple(frames) != self._frames:
            self._frames = tuple(frames)
            self._arrange()
            return
        for key, health in healths.items():
            if before.get(key) != health and key in self._lines:
                self._repaint(key)

    def filter(self, expression: str) -> None:
        """Dims the devices for which the expression does not hold (see microdc_tui.filtering)."""
        self._terms = parse(expression)
        self._strips.clear()
        self.refresh()

    def select(self, key: str) -> bool:
        """Moves the cursor to a device; False where it is in no rack here."""
        if key not in self._lines:
            return False
        self._point(key)
        return True

    # How it lies

    @property
    def _rack(self) -> int:
        return self._lines.get(self._cursor or "", (self._first, []))[0]

    @property
    def _abreast(self) -> int:
        return max(1, min(len(self._frames), self._room // rackrow.LEAST))

    @property
    def _room(self) -> int:
        return max(1, self.size.width - 1)  # a cell for the scrollbar, so that nothing moves when it comes

    @property
    def _wide(self) -> int:
        return min(rackrow.WIDEST if len(self._frames) > 1 else self._room, self._room // self._abreast)

    def _arrange(self) -> None:
        self._strips.clear()
        self._lines = {}
        for rack, frame in enumerate(self._frames):
            for line, slot in enumerate(frame.slots):
                if slot.device is not None:
                    self._lines.setdefault(slot.device.key, (rack, []))[1].append(line + _HEAD)
        names = [cell_len(plain(device.name)) for frame in self._frames for device in frame.devices]
        self._longest = max(8, min(18, max(names, default=8))) + 1
        self._first = max(0, min(self._first, len(self._frames) - self._abreast))
        tallest = max((len(frame.slots) for frame in self._frames), default=0)
        self.virtual_size = Size(self._room, tallest + _HEAD)
        if self._cursor not in self._lines:
            self._point(next(iter(self._lines), None))
        self.refresh()

    def _repaint(self, key: str) -> None:
        rack, lines = self._lines[key]
        self._strips.pop((rack, 0), None)
        across = (rack - self._first) * self._wide
        for line in lines:
            self._strips.pop((rack, line), None)
            self.refresh(Region(across, line - self.scroll_offset.y, self._wide, 1))
        self.refresh(Region(across, -self.scroll_offset.y, self._wide, 1))

    def _apart(self, key: str) -> bool:
        health = self._healths.get(key)
        if not self._terms or health is None:
            return False
        asked = {name.lower(): value.lower() for name, value in glance.labels(health).items()}
        said = " ".join((health.device.name, *asked.values(), glance.why(health).text)).lower()
        return not matches(self._terms, said, asked)

    # Painting

    def on_mount(self) -> None:
        self._arrange()

    def on_resize(self) -> None:
        self._arrange()
        self._keep_in_sight()

    def notify_style_update(self) -> None:
        """Called by Textual when the theme or a style changes."""
        super().notify_style_update()
        self._strips.clear()
        self._brushes.clear()

    def render_line(self, y: int) -> Strip:
        base = self._brush(under=False)
        line = y + self.scroll_offset.y
        if not self._frames:
            said = [(" nothing of this site stands in a rack", DIM)] if y == 0 else []
            return base.strip(said).adjust_cell_length(self.size.width, base.base.rich_style)
        racks = range(self._first, min(len(self._frames), self._first + self._abreast))
        strips = [self._strip(rack, line) for rack in racks]
        return Strip.join(strips).adjust_cell_length(self.size.width, base.base.rich_style)

    def _strip(self, rack: int, line: int) -> Strip:
        strip = self._strips.get((rack, line))
        if strip is None:
            strip = self._strips[rack, line] = self._paint(self._frames[rack], line)
        return strip

    def _paint(self, frame: Frame, line: int) -> Strip:
        base, wide = self._brush(under=False), self._wide
        if line == 0:
            return base.strip(rackrow.head(frame, self._healths, wide))
        if line == 1:
            return base.strip(rackrow.titles(self._longest, wide))
        if line - _HEAD >= len(frame.slots):
            return Strip.blank(wide, base.base.rich_style)
        slot = frame.slots[line - _HEAD]
        return self._slot(slot, wide)

    def _slot(self, slot: Slot, wide: int) -> Strip:
        key = slot.device.key if slot.device is not None else ""
        brush = self._brush(under=bool(key) and key == self._cursor)
        return brush.strip(
            rackrow.line(slot, self._healths.get(key), self._longest, wide, apart=self._apart(key))
        )

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
        for one in (before, key):
            if one in self._lines:
                self._repaint(one)
        if key is not None and self.is_mounted:
            self._keep_in_sight()
        self.post_message(self.Highlighted(key))

    def _keep_in_sight(self) -> None:
        rack, lines = self._lines.get(self._cursor or "", (0, []))
        if not lines:
            return
        first = min(max(self._first, rack - self._abreast + 1), rack)
        if first != self._first:
            self._first = first
            self.refresh()
        top = 0 if lines[0] == _HEAD else lines[0]
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
        elif lines[-1] >= self.scroll_offset.y + self.size.height:
            self.scroll_to(y=lines[-1] - self.size.height + 1, animate=False, force=True)

    def action_move(self, by: int) -> None:
        if self._frames:
            keys = [device.key for device in self._frames[self._rack].devices]
            here = keys.index(self._cursor) if self._cursor in keys else 0
            if keys:
                self._point(keys[max(0, min(len(keys) - 1, here + by))])

    def action_rack(self, by: int) -> None:
        """To the device of the next rack that stands nearest to the same height."""
        height = self._lines.get(self._cursor or "", (0, [0]))[1][0]
        rack = self._rack + by
        while 0 <= rack < len(self._frames):
            keys = [device.key for device in self._frames[rack].devices]
            if keys:
                self._point(min(keys, key=lambda key: abs(self._lines[key][1][0] - height)))
                return
            rack += by

    def action_open(self) -> None:
        if self._cursor is not None:
            self.post_message(self.Selected(self._cursor))

    def on_click(self, event: events.Click) -> None:
        rack = self._first + event.x // self._wide
        line = event.y + self.scroll_offset.y
        key = next(
            (key for key, (home, lines) in self._lines.items() if home == rack and line in lines), None
        )
        if key is None:
            return
        if key == self._cursor:
            self.action_open()
        else:
            self._point(key)
