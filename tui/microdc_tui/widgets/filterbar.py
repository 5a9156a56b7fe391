"""The line in which a filter is typed; it filters with each letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from microdc_tui.widgets.entry import Entry

LONGEST = 200
"""Characters of an expression: every letter filters all rows anew, and a page that was pasted is no filter."""


class FilterBar(Horizontal):
    """`/`, the expression, and how much is left. Hidden while there is no filter. Enter keeps the filter, Escape ends it."""

    DEFAULT_CSS = """
    FilterBar { height: 1; display: none; background: $panel; color: $foreground; }
    FilterBar.-open { display: block; }
    FilterBar > .slash { width: 3; color: $accent; text-style: bold; padding: 0 1; }
    FilterBar > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    FilterBar > Input:focus { border: none; background-tint: $foreground 0%; }
    FilterBar > .left { width: auto; color: $text-muted; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end", "End filter"),
        Binding("down,tab", "keep", "To the rows", key_display="enter"),
    ]

    @dataclass
    class Changed(Message):
        """The expression is another one."""

        value: str

    class Closed(Message):
        """The line is left: the focus goes back to what is filtered."""

    def __init__(self) -> None:
        super().__init__()
        self._input: Entry | None = (
            None  # made when it is first asked for: most screens are left without a filter
        )
        self._count = Static("", classes="left", markup=False)

    @property
    def is_open(self) -> bool:
        """Whether it is being typed in."""
        return self._input is not None and self._input.has_focus

    @property
    def value(self) -> str:
        """The expression."""
        return "" if self._input is None else self._input.value

    def begin(self, expression: str | None = None) -> None:
        """Shows the line and goes into it."""
        self.add_class("-open")
        if self._input is None:
            self._input = Entry(placeholder="word  !word  role=compute  site!=paris  down|degraded")
            self._input.max_length = LONGEST
            self.mount(Static("/", classes="slash", markup=False), self._input, self._count)
        if expression is not None:
            self._input.value = expression
        self._input.focus()

    def end(self) -> None:
        """No filter any more."""
        if self._input is not None:
            self._input.value = ""
        self.remove_class("-open")
        self.post_message(self.Closed())

    def count(self, left: str) -> None:
        """Shows how much the filter leaves."""
        self._count.update(left)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """The filter stays; the line too, so that nobody forgets it."""
        if not self.value:
            self.remove_class("-open")
        self.post_message(self.Closed())

    def action_end(self) -> None:
        self.end()
