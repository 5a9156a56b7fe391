"""An entry of the journal: the command, what was to be done, and what came of it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from microdc_tui.readings.journal import read_page
from microdc_tui.screens.asked import Asked
from microdc_tui.widgets.pages import page
from microdc_tui.widgets.reader import Reader


class EntryView(Asked):
    """What is written down changes only while the entry is open."""

    DEFAULT_CSS = """
    EntryView > Reader { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "filter", "Search", key_display="/")]
    HELP_TEXT: ClassVar[str] = (
        "All that the journal has of one entry. / searches it, n and N go through what was found."
    )

    def body(self) -> ComposeResult:
        yield from self.age_line()
        yield Reader(id="page", classes="body")

    def crumbs(self) -> str:
        return f"entry {self._ident()}"

    def question(self) -> tuple[str, ...]:
        return ("log", "show", self._ident())

    def answered(self, data: Any) -> None:
        found = read_page(data)
        if found is None:
            self.problem = "the answer holds no entry"
        else:
            self.query_one(Reader).show(page(found))

    def apply_filter(self, expression: str) -> str:
        """A text is not filtered, but searched."""
        return self.query_one(Reader).search(expression)

    def _ident(self) -> str:
        return self.about.name if self.about else ""
