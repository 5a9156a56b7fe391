"""Lines of spans as strips of a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.strip import Strip
from textual.style import Style

from microdc.drawing.canvas import joined
from microdc_tui.spans import Span

Parse = Callable[[str | Style], Style]
"""From the theme's words to a style; a widget's `_get_style`."""


class Brush:
    """Paints on a background. One is made for each background and thrown away when the theme changes; styles are worked out once."""

    def __init__(self, base: Style, parse: Parse) -> None:
        self.base = base
        self._parse = parse
        self._styles: dict[str, RichStyle] = {"": base.rich_style}

    def segments(self, spans: Iterable[Span]) -> list[Segment]:
        """The spans in their colours."""
        known = self._styles
        return [
            Segment(text, known.get(style) or self._style(style)) for text, style in joined(spans) if text
        ]

    def strip(self, spans: Iterable[Span]) -> Strip:
        """A line of its own."""
        return Strip(self.segments(spans))

    def _style(self, words: str) -> RichStyle:
        style = self._styles[words] = (self.base + self._parse(words)).rich_style
        return style
