"""Lines of spans as strips of a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.segment import Segment
from textual.strip import Strip
from textual.style import Style

from microdc_tui.spans import Span

Parse = Callable[[str | Style], Style]
"""From the theme's words to a style; a widget's `_get_style`."""


class Brush:
    """Paints on a background. One is made for each background and thrown away when the theme changes; styles are worked out once."""

    def __init__(self, base: Style, parse: Parse) -> None:
        self.base = base
        self._parse = parse
        self._styles: dict[str, Style] = {"": base}

    def segments(self, spans: Iterable[Span]) -> list[Segment]:
        """The spans in their colours."""
        return [Segment(text, self._style(style).rich_style) for text, style in spans if text]

    def strip(self, spans: Iterable[Span]) -> Strip:
        """A line of its own."""
        return Strip(self.segments(spans))

    def _style(self, words: str) -> Style:
        style = self._styles.get(words)
        if style is None:
            style = self._styles[words] = self.base + self._parse(words)
        return style
