"""A few lines below a picture: what is to be said of that which is selected in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from microdc_tui.spans import Line, filled
from microdc_tui.widgets.brush import Brush


class Panel(Widget):
    """Paints only the lines that are not as before. What has no room is cut off: the most important lines come first."""

    DEFAULT_CSS = """
    Panel { background: $surface; color: $foreground; height: 1fr; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's word
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}
        self._brush: Brush | None = None

    @property
    def lines(self) -> Sequence[str]:
        """The text of what is shown."""
        return ["".join(text for text, _ in line) for line in self._lines]

    @property
    def room(self) -> tuple[int, int]:
        """Cells of a line, and lines."""
        return max(0, self.content_size.width), max(0, self.content_size.height)

    def show(self, lines: Sequence[Line]) -> None:
        """Shows these lines."""
        fresh = [list(line) for line in lines]
        count = min(max(len(fresh), len(self._lines)), self.content_size.height)
        before, self._lines = self._lines, fresh
        for number in range(count):
            if before[number : number + 1] != fresh[number : number + 1]:
                self._strips.pop(number, None)
                self.refresh(Region(0, number, self.outer_size.width, 1))

    def notify_style_update(self) -> None:
        """Called by Textual when the theme or a style changes."""
        super().notify_style_update()
        self._brush = None
        self._strips.clear()

    @dataclass
    class Resized(Message):
        """There is other room than what its lines were made for."""

        panel: Panel

    @dataclass
    class Clicked(Message):
        """A click on a line. cell: of its text."""

        panel: Panel
        line: int
        cell: int

        @property
        def control(self) -> Panel:
            """By this, `@on(Panel.Clicked, "#id")` knows whose it is."""
            return self.panel

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Clicked(self, event.y, event.x - self.styles.padding.left))

    def on_resize(self) -> None:
        self._strips.clear()
        self.refresh()
        self.post_message(self.Resized(self))

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        brush = self._brush
        if brush is None:
            brush = self._brush = Brush(self.visual_style, self._get_style)
        strip = self._strips.get(y)
        if strip is None:
            spans = self._lines[y] if y < len(self._lines) else []
            strip = self._strips[y] = brush.strip(filled(spans, width))
        return strip
