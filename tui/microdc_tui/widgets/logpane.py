"""Lines that come by: bounded, searched, followed, of one source or of all."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from microdc_tui.text import plain
from microdc_tui.widgets.rows import fit


@dataclass(frozen=True, slots=True)
class LogLine:
    """at: Unix seconds. source: who says it: a node, "feed", "app". style: of the theme, "" for plain text."""

    at: float
    source: str
    text: str
    style: str = ""


class LogPane(ScrollView, can_focus=True):
    """Shows the last lines and stays at the end while `follow` is on; scrolling up ends following, `f` or End begins it again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--time", "log--source", "log--text", "log--found"}
    DEFAULT_CSS = """
    LogPane {
        background: $background; color: $foreground; height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        & > .log--time { color: $text-muted; background: $background; }
        & > .log--source { color: $accent; background: $background; }
        & > .log--text { color: $foreground; background: $background; }
        & > .log--found { color: $foreground; background: $panel; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "Follow", show=False),
        Binding("end,G", "follow", "To the end, and follow", show=False),
        Binding("n", "found(1)", "Next found", show=False),
        Binding("N", "found(-1)", "Found before", show=False),
    ]

    def __init__(self, *, maximum: int = 5_000, id: str | None = None, sources: bool = True) -> None:  # noqa: A002
        super().__init__(id=id)
        self.follow = True
        self._lines: deque[LogLine] = deque(maxlen=maximum)
        self._shown: list[LogLine] | deque[LogLine] = self._lines
        self._source = ""
        self._sought = ""
        self._sources = sources
        self._laying = False  # it is scrolled by us, not by the reader

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """All lines that are kept."""
        return tuple(self._lines)

    def write(self, lines: Iterable[LogLine]) -> None:
        """Adds lines, the newest last; the oldest go when there are too many."""
        before = len(self._lines)
        self._lines.extend(lines)
        if self._source:
            self._shown = [line for line in self._lines if line.source == self._source]
        if self.is_mounted:
            self._lay(grown=len(self._lines) != before)

    def replace(self, lines: Iterable[LogLine]) -> None:
        """These lines and no others."""
        self._lines.clear()
        self.write(lines)

    def only(self, source: str) -> None:
        """Shows the lines of one source, "" for all."""
        self._source = source
        self._shown = [line for line in self._lines if line.source == source] if source else self._lines
        self._lay()

    def search(self, text: str) -> int:
        """Marks the lines that have the text and goes to the last of them. Returns how many there are; "" ends the search."""
        self._sought = text.lower()
        found = [
            index
            for index, line in enumerate(self._shown)
            if self._sought and self._sought in line.text.lower()
        ]
        if found:
            self.follow = False
            self._go(found[-1])
        self.refresh()
        return len(found)

    def action_found(self, by: int) -> None:
        here = self.scroll_offset.y
        found = [
            index
            for index, line in enumerate(self._shown)
            if self._sought and self._sought in line.text.lower()
        ]
        further = [index for index in found if (index > here if by > 0 else index < here)]
        if further:
            self._go(further[0] if by > 0 else further[-1])

    def action_follow(self) -> None:
        self.follow = True
        self._lay()

    def on_mount(self) -> None:
        self._lay()

    def on_resize(self) -> None:
        self._lay()

    def watch_scroll_y(self, old: float, new: float) -> None:
        """Textual tells where it was scrolled to: away from the end by the reader's hand ends following."""
        super().watch_scroll_y(old, new)
        if not self._laying:
            self.follow = round(new) >= self.max_scroll_y

    def _go(self, index: int) -> None:
        self.scroll_to(y=max(0, index - self.size.height // 2), animate=False, force=True)

    def _lay(self, *, grown: bool = True) -> None:
        if grown:
            self.virtual_size = Size(self.size.width, len(self._shown))
        if self.follow:
            self._laying = True
            self.scroll_to(y=max(0, len(self._shown) - self.size.height), animate=False, force=True)
            self._laying = False
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index = self.scroll_offset.y + y
        if index >= len(self._shown):
            return Strip.blank(width, self.rich_style)
        line = self._shown[index]
        found = bool(self._sought) and self._sought in line.text.lower()
        text_style = self.get_visual_style("log--found" if found else "log--text")
        if line.style:
            text_style += self._get_style(line.style)
        clock = time.strftime("%H:%M:%S", time.localtime(line.at))
        segments = [Segment(f" {clock} ", self.get_visual_style("log--time").rich_style)]
        left = width - 10
        if self._sources and left > 30:
            segments.append(
                Segment(fit(plain(line.source), 14) + " ", self.get_visual_style("log--source").rich_style)
            )
            left -= 15
        segments.append(Segment(fit(plain(line.text), max(1, left)), text_style.rich_style))
        return Strip(segments).crop_extend(0, width, self.rich_style)
