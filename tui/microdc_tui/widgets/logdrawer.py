"""The app's log, drawn out of the foot of any screen."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from microdc_tui.widgets.logpane import LogLine, LogPane


class LogDrawer(Vertical):
    """What the feed and the app have to tell. Closed at first; `l` opens it."""

    DEFAULT_CSS = """
    LogDrawer { height: 35%; min-height: 4; max-height: 16; display: none; }
    LogDrawer.-open { display: block; }
    LogDrawer > .title { height: 1; background: $panel; color: $text-muted; padding: 0 1; }
    """

    def compose(self) -> ComposeResult:
        yield Static("log · f follows · l closes", classes="title", markup=False)
        yield LogPane(maximum=2_000)

    def show(self, lines: Iterable[LogLine], *, opened: bool) -> None:
        """Opens or closes it; opened, it shows these lines."""
        self.set_class(opened, "-open")
        if opened:
            self.query_one(LogPane).replace(lines)

    def add(self, lines: Iterable[LogLine]) -> None:
        """More lines, where it is open."""
        if self.has_class("-open"):
            self.query_one(LogPane).write(lines)
