"""Screens that are covered where the terminal has no room for them: what cannot be read cannot be acted on."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual import events
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from microdc_tui.widgets.toosmall import TooSmall

T = TypeVar("T")

SMALLEST = (40, 10)
"""Columns and rows below which no screen says anything useful."""
LEAVING = frozenset({"quit", "help_quit", "suspend_process"})
"""What an app does in any case."""


def too_small(size: Size) -> bool:
    """Whether a terminal has no room for any screen."""
    columns, rows = SMALLEST
    return size.width < columns or size.height < rows


class Readable(Screen[T], Generic[T]):
    """While it is covered the app does nothing by its keys. What had the focus before has it again after."""

    DEFAULT_CSS = """
    Readable { layers: default cover; }
    Readable.-small > * { display: none; }
    Readable.-small > TooSmall { display: block; }
    """
    _held: Widget | None = None
    _covered = False

    def on_resize(self, event: events.Resize) -> None:
        small = too_small(event.size)
        if small and not self.has_class("-small"):
            self._held = self.focused
            self._covered = True
            if not self.query(TooSmall):
                self.mount(TooSmall(*SMALLEST))
        self.set_class(small, "-small")
        if not small and self._covered:
            self._covered = False
            self.call_after_refresh(self._focus_again)

    def _focus_again(self) -> None:
        held, self._held = self._held, None
        if self.focused is None:
            self.set_focus(
                held if held is not None and held.is_attached else next(iter(self.focus_chain), None)
            )
