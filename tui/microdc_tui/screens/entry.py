"""An entry of the journal: the command, what was to be done, and what came of it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult

from microdc_tui.readings.journal import read_page
from microdc_tui.screens.asked import AskedText
from microdc_tui.subject import Subject
from microdc_tui.widgets.pages import page
from microdc_tui.widgets.reader import Reader


class EntryView(AskedText):
    """What is written down changes only while the entry is open."""

    DEFAULT_CSS = """
    EntryView > Reader { padding: 0 1; }
    """
    HELP_TEXT: ClassVar[str] = (
        "All that the journal has of one entry. / searches it, n and N go through what was found."
    )

    def body(self) -> ComposeResult:
        yield from self.age_line()
        yield Reader(id="text", classes="body")

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._over = False

    def every(self) -> float:
        """What is over stays as it was written down."""
        return float("inf") if self._over else super().every()

    def crumbs(self) -> str:
        return f"entry {self._ident()}"

    def question(self) -> tuple[str, ...]:
        return ("log", "show", self._ident())

    def answered(self, data: Any) -> None:
        found = read_page(data)
        if found is None:
            self.problem = "the answer holds no entry"
        else:
            self._over = found.entry.outcome != "open"
            self.reader.show(page(found))

    def _ident(self) -> str:
        return self.about.name if self.about else ""
