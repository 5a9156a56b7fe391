"""A line in which something is typed."""

from __future__ import annotations

from textual.suggester import SuggestFromList
from textual.widgets import Input

from microdc_tui.text import typed


class Entry(Input):
    """Takes nothing that would act on the terminal, whether it is typed, pasted or suggested. It does not blink, which would paint twice a second for nothing."""

    def __init__(
        self,
        value: str = "",
        *,
        id: str | None = None,  # noqa: A002  Textual's word
        placeholder: str = "",
        suggestions: tuple[str, ...] = (),
    ) -> None:
        super().__init__(value, placeholder=placeholder, id=id, compact=True)
        self.cursor_blink = False
        self.suggest(suggestions)

    def suggest(self, choices: tuple[str, ...]) -> None:
        """Suggests these from now on, but for those that could not be typed."""
        self.suggester = SuggestFromList([choice for choice in choices if typed(choice) == choice])

    def validate_value(self, value: str) -> str:
        """Called by Textual with every new value."""
        return typed(value)
