"""Screens whose content is asked for by a command: when they come into sight, every ten seconds while they are, and by `r`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from microdc_tui.devices.wording import span
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject
from microdc_tui.text import plain
from microdc_tui.widgets.bars import Line
from microdc_tui.widgets.filterbar import FilterBar
from microdc_tui.widgets.reader import Reader

if TYPE_CHECKING:
    from microdc.health.board import Board
    from microdc_tui.world.ports import Answer

_FRESH = 2.0
"""Seconds for which an answer needs no other."""


class Asked(View):
    """A subclass gives `question` and `answered`, yields `age_line` in its body, and calls `ask_now` where it knows that the answer is another by now."""

    DEFAULT_CSS = """
    Asked > .age { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "ask_again", "Ask again")]

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self.answered_at: float | None = None
        """When it was answered last, by the world's clock."""
        self.problem = ""
        """Why it was not, "" where it was."""
        self._waits = False
        self._asked_at: float | None = None  # by the clock of this machine: a recording's may run faster

    # What a subclass gives

    def question(self) -> tuple[str, ...]:
        """The words of the command line."""
        raise NotImplementedError

    def answered(self, data: Any) -> None:
        """Shows an answer, a JSON document."""
        raise NotImplementedError

    def tells(self) -> Content:
        """What stands in front of the age of the answer, such as how many rows there are."""
        return Content("")

    def every(self) -> float:
        """Seconds from an answer to the next question."""
        return 10.0

    # The frame

    def age_line(self) -> ComposeResult:
        """The line that tells the age of the answer, or why there is none."""
        yield Line(classes="age")

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:  # noqa: ARG002
        """Asks where it is time to; what is shown grows older."""
        if self._asked_at is None or time.monotonic() - self._asked_at >= self.every():
            self.ask_now()
        self._tell()

    def on_screen_resume(self) -> None:
        """Whatever lay over it, an act may have made the answer another; the frame shows what there is."""
        if self._asked_at is not None and time.monotonic() - self._asked_at > _FRESH:
            self.ask_now()

    def action_ask_again(self) -> None:
        """Asks at once."""
        self.ask_now()

    def ask_now(self) -> None:
        """Asks, unless it is being asked already."""
        if self._waits:
            return
        self._waits = True
        self._asked_at = time.monotonic()
        self.ask(self.question(), self._take)
        self._tell()

    def _take(self, answer: Answer) -> None:
        self._waits = False
        self._asked_at = time.monotonic()
        if answer.data is None:
            self.problem = answer.problem or "the command printed nothing"
        else:
            self.problem, self.answered_at = "", self.app.now
            self.answered(answer.data)
        self._tell()

    def _tell(self) -> None:
        told = self.tells()
        left = [told] if told else []
        if self.problem:
            left.append(Content.styled(f"✗ {plain(self.problem)}", "$error"))
        right = []
        if self._waits:
            right.append("asking …")
        if self.answered_at is not None:
            right.append(f"{span(self.app.now - self.answered_at)} old")
        self.query_one(".age", Line).tell(
            Content("   ").join(left), Content.styled("  ".join(right), "$text-muted")
        )


class AskedText(Asked):
    """One whose answer is a text: it is not filtered, since what stands beside a line matters, but searched."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "filter", "Search", key_display="/")]
    SEARCHED: ClassVar[str] = "#text"
    """Which reader is."""

    def apply_filter(self, expression: str) -> str:
        return self.reader.search(expression)

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        """Back to the text; the frame would go on to the next widget."""
        event.prevent_default()
        event.stop()
        self.reader.focus()

    @property
    def reader(self) -> Reader:
        """The text that is searched."""
        return self.query_one(self.SEARCHED, Reader)
