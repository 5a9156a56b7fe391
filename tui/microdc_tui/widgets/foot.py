"""What is to be said in full of the row under the cursor: as many lines as that takes, up to a few."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

MOST = 4
"""Lines that it takes at most: what it stands under is more important."""


class Foot(Static):
    """Its height is set with its text, and not worked out by the layout: of two changes in a row that would keep the height of the first."""

    DEFAULT_CSS = """
    Foot { height: 0; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._told = Content()

    def tell(self, content: Content) -> None:
        """Shows this; paints nothing where it is as before."""
        if not content.is_same(self._told):
            self._told = content
            self.update(content, layout=False)
            self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        width = max(1, self.container_size.width - 2)  # its padding
        lines = self._told.get_height({}, width) if self._told else 0
        height = min(MOST, lines)
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
