"""The names of panes on one line; a number or a click goes to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class TabLine(Static):
    """Where there is no room for all names, those far from the one that is shown are left out at the ends."""

    DEFAULT_CSS = """
    TabLine { height: 1; width: 100%; padding: 0 1; text-wrap: nowrap; text-overflow: clip; }
    """

    @dataclass
    class Chosen(Message):
        """A click on a name. index: its place."""

        index: int

    def __init__(self, titles: Sequence[str], *, id: str | None = None) -> None:  # noqa: A002  Textual's word
        super().__init__("", id=id, markup=False)
        self._titles = tuple(titles)
        self._current = 0
        self._edges: list[tuple[int, int, int]] = []  # from, to, index; in cells

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def choose(self, index: int) -> None:
        """Shows which pane is open."""
        self._current = index
        self._draw()

    def _draw(self) -> None:
        words = [f" {number} {title} " for number, title in enumerate(self._titles, 1)]
        first, last = self._window([cell_len(word) for word in words])
        parts, at = [], 0
        self._edges = []
        for index in range(first, last):
            style = "bold $accent reverse" if index == self._current else "$text-muted"
            parts.append(Content.styled(words[index], style))
            self._edges.append((at, at + cell_len(words[index]), index))
            at += cell_len(words[index])
        self.update(Content("").join(parts))

    def _window(self, widths: Sequence[int]) -> tuple[int, int]:
        """The names that are shown: all, or those around the open one that fit."""
        room = max(1, self.size.width)
        first, last = self._current, self._current + 1
        used = widths[self._current] if widths else 0
        while True:
            right = last < len(widths) and used + widths[last] <= room
            if right:
                used += widths[last]
                last += 1
            left = first > 0 and used + widths[first - 1] <= room
            if left:
                first -= 1
                used += widths[first]
            if not (left or right):
                return first, last

    def on_click(self, event: events.Click) -> None:
        at = event.x - self.styles.padding.left
        for start, end, index in self._edges:
            if start <= at < end:
                self.post_message(self.Chosen(index))
