"""What all questions look like that lie over a screen."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from microdc_tui.widgets.pressing import pressable, pressed
from microdc_tui.widgets.readable import Readable

T = TypeVar("T")


class Dialog(Readable[T], ModalScreen[T], Generic[T]):
    """A box in the middle, as wide as there is room up to 100 columns. Escape leaves it without an answer."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > .box { width: 100; max-width: 100%; height: auto; max-height: 100%; background: $surface; padding: 1 2; }
    Dialog Static { width: 100%; }
    Dialog Input { border: none; height: 1; padding: 0 1; margin: 0 0 1 0; background: $panel; }
    Dialog Input:focus { border: none; background-tint: $foreground 0%; }
    Dialog .foot { margin: 1 0 0 0; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave it")]

    def action_leave(self) -> None:
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click on a key that is told is that key."""
        key = pressed(event)
        if key:
            event.stop()
            # By the app: of what this sends itself it would see nothing, since messages do not come back to who sent them.
            self.app.call_later(self.app.simulate_key, key)


_NAMES = {"esc": "escape", "→": "right"}
"""Keys that are called otherwise than they are told."""


def keys(*told: tuple[str, str]) -> Content:
    """A line of keys and what they do; in a dialog each can be clicked."""
    return Content("   ").join(
        pressable(Content.assemble((key, "bold $accent"), (f" {what}", "$text-muted")), _NAMES.get(key, key))
        for key, what in told
    )
