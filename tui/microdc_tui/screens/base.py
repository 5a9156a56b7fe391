"""What all screens have: the frame around them, one refresh a tick, a subject, a filter, questions that do not freeze it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from microdc_tui.subject import Subject
from microdc_tui.widgets.bars import Crumbs, Keys, Notice, Status
from microdc_tui.widgets.filterbar import FilterBar
from microdc_tui.widgets.logdrawer import LogDrawer
from microdc_tui.widgets.readable import Readable
from microdc_tui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from microdc.health.board import Board
    from microdc_tui.app import Face
    from microdc_tui.screens import ScreenEntry
    from microdc_tui.world.ports import Answer


class View(Readable[None]):
    """A screen of the app. A subclass gives `body`, `crumbs`, `refresh_view` and, where something can be selected, `subject`.

    Its name, title and hotkey stand in the table of screens (`microdc_tui.screens.SCREENS`), as `entry`. `about` is the subject that it
    was opened for, None where it was opened by its hotkey.
    """

    DEFAULT_CSS = """
    View { layout: vertical; background: $background; }
    View > .body { height: 1fr; }
    View > .foot { dock: bottom; height: auto; max-height: 75%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", priority=False),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("enter", "open_selected", "Open", show=False),
    ]
    HELP_TEXT: ClassVar[str] = ""
    """A sentence or two for the help of this screen."""

    entry: ScreenEntry | None = None

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__()
        self.about = about
        self._stops: list[Event] = []

    @property
    def app(self) -> Face:  # type: ignore[override]  # narrower than Textual's, which knows apps by their base only
        """The app, with its board, its world and all that it offers to screens."""
        return cast("Face", super().app)

    # What a subclass gives

    def body(self) -> ComposeResult:
        """The widgets between the head and the foot. One that is to fill the space has the class `body`."""
        yield from ()

    def crumbs(self) -> str:
        """The step of this screen in the way from the start to here: "sites", "barcelona", "bcn-c1"."""
        if self.about is not None:
            return self.about.name
        return self.entry.title.lower() if self.entry else ""

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:
        """Shows what the board has. Called once when the screen comes into sight, with all devices as changed, then at most once a tick

        while it is in sight, with the keys of the devices that changed (none where only time went by). Must be cheap.
        """

    def subject(self) -> Subject | None:
        """What is selected: what Enter opens and the menu of actions is about."""
        return None

    def filtered(self) -> VirtualTable | None:
        """The table that `/` filters: the first one, unless a subclass knows better."""
        return next(iter(self.query(VirtualTable)), None)

    def apply_filter(self, expression: str) -> str:
        """Filters what is shown. Returns how much is left, for the filter's line ("12 of 400"); "" where nothing can be filtered."""
        table = self.filtered()
        if table is None:
            return ""
        table.filter(expression)
        return f"{table.row_count} of {table.total}"

    # What a subclass may use

    def ask(self, argv: Sequence[str], then: Callable[[Answer], None]) -> None:
        """Asks by a command line in the background; `then` gets the answer in the UI's thread, unless this screen is closed by then."""
        self._stops = [stop for stop in self._stops if not stop.is_set()]
        self._stops.append(self.app.ask(argv, then))

    def open_subject(self) -> None:
        """Opens the screen that tells more of what is selected, where there is one."""
        subject = self.subject()
        if subject is not None:
            self.app.open_subject(subject)

    # The frame

    def compose(self) -> ComposeResult:
        yield Crumbs()
        yield Notice()
        yield from self.body()
        with Vertical(classes="foot"):  # docked: whatever a screen asks for, the lines at its foot are seen
            yield FilterBar()
            yield LogDrawer()
            yield Status()
            yield Keys()

    def on_screen_resume(self) -> None:
        self.app.show_view(self)

    def on_unmount(self) -> None:
        for stop in self._stops:
            stop.set()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Enter on a row opens its subject; a screen that means something else by it stops the message in a handler of its own table."""
        event.stop()
        self.open_subject()

    def action_open_selected(self) -> None:
        self.open_subject()

    def action_back(self) -> None:
        """Ends the filter where there is one, else goes back a step."""
        bar = self.query_one(FilterBar)
        if bar.is_open or bar.value:
            bar.end()
        else:
            self.app.action_step_back()

    def action_filter(self) -> None:
        if self.filtered() is None and type(self).apply_filter is View.apply_filter:
            self.notify("there is nothing to filter on this screen")
            return
        self.query_one(FilterBar).begin()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        self.query_one(FilterBar).count(self.apply_filter(event.value))

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        event.stop()
        table = self.filtered()
        if table is not None:
            table.focus()
        else:
            self.screen.focus_next()
