"""The app's log, drawn out of the foot of any screen."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import Vertical
from textual.widgets import Static

from microdc_tui.widgets.logpane import LogLine, LogPane


class LogDrawer(Vertical):
    """What the feed and the app have to tell. Closed at first; `l` opens it."""

    DEFAULT_CSS = """
    LogDrawer { height: 35vh; min-height: 4; max-height: 16; display: none; }
    LogDrawer.-open { display: block; }
    LogDrawer > .title { height: 1; background: $panel; color: $text-muted; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._pane: LogPane | None = None  # made when it is first opened

    def show(self, lines: Iterable[LogLine], *, opened: bool) -> None:
        """Opens or closes it; opened, it shows these lines."""
        self.set_class(opened, "-open")
        if not opened:
            return
        if self._pane is None:
            self._pane = LogPane(maximum=2_000)
            self._pane.replace(lines)
            self.mount(Static("log · f follows · l closes", classes="title", markup=False), self._pane)
        else:
            self._pane.replace(lines)

    def add(self, lines: Iterable[LogLine]) -> None:
        """More lines, where it is open."""
        if self._pane is not None and self.has_class("-open"):
            self._pane.write(lines)
