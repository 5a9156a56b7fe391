"""What is shown where a terminal has no room for a screen."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class TooSmall(Static):
    """Covers a screen that would not be readable. It goes when the terminal grows."""

    DEFAULT_CSS = """
    TooSmall {
        layer: cover; dock: top; width: 100%; height: 100%; display: none;
        background: $background; color: $text-muted; content-align: center middle; text-align: center;
    }
    """

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(Content(f"{columns}×{rows} or more, please"), markup=False)
