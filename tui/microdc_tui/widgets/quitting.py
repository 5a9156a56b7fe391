"""The question before the TUI is left while something that was begun in it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from microdc_tui.text import said
from microdc_tui.widgets.dialog import Dialog, keys


class Quitting(Dialog[bool]):
    """commands: what goes on, as command lines. farewell: what becomes of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "quit", "Quit")]

    def __init__(self, commands: Sequence[str], farewell: str) -> None:
        super().__init__()
        self._commands = tuple(commands)
        self._farewell = farewell

    def compose(self) -> ComposeResult:
        one = len(self._commands) == 1
        with VerticalScroll(classes="box", can_focus=False):
            yield Static(
                said(f"Quit while {'this goes' if one else 'these go'} on?", "bold $accent"), markup=False
            )
            for command in self._commands:
                yield Static(said(f"$ {command}"), markup=False)
            yield Static(said(f"Where you quit: {self._farewell}.", "$text-muted"), markup=False)
            yield Static(keys(("y", "quit"), ("esc", "stay")), classes="foot", markup=False)

    def action_quit(self) -> None:
        self.dismiss(True)
