"""What lies under the app's keys: one board, one world, a stack of views, one tick."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event

from textual.app import App
from textual.css.query import NoMatches
from textual.filter import ANSIToTruecolor
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.reactive import reactive

from microdc.health.board import Board
from microdc_tui.asking import Answered, Asking, Tell, Then, Told
from microdc_tui.commands import line
from microdc_tui.feed import Batch, Feed
from microdc_tui.frame import status, terminal
from microdc_tui.frame.ascii import AsciiFilter
from microdc_tui.glyphs import ascii_only
from microdc_tui.screens import SCREENS, ScreenEntry
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject
from microdc_tui.text import plain
from microdc_tui.themes import DEFAULT, THEMES, rich_styles, solid
from microdc_tui.widgets.bars import Crumbs, Notice, Status
from microdc_tui.widgets.logdrawer import LogDrawer
from microdc_tui.widgets.logpane import LogLine
from microdc_tui.world.ports import World

TICK = 1.0
"""Seconds between two refreshes: as often as a device is polled at the most."""
INTAKES = 4
"""How often in a tick what came is taken in: a key then waits for a part of it at most, not for all of a large fleet."""
LOG_LINES = 2_000


class Shell(App[int]):
    """The TUI over a world, without its keys. clock: of this machine; the world has its own for what it tells.

    What screens use: `board`, `world`, `now`, `ask`, `act`, `open_subject`, `open_view`, `refusal`, `tell`.
    """

    ENABLE_COMMAND_PALETTE = False  # our own provider stands in its place, see action_palette
    TITLE = "microdc"
    ALLOW_SELECT = False  # the mouse moves the cursor; a terminal selects text with Shift held
    CSS = """
    * {
        scrollbar-size: 1 1;
        scrollbar-color: $foreground 25%;
        scrollbar-color-hover: $foreground 40%;
        scrollbar-color-active: $accent;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        scrollbar-corner-color: $background;
    }
    Toast { background: $panel; color: $foreground; padding: 0 1; border-left: outer $accent; }
    """
    write: reactive[bool] = reactive(False)
    """Whether the lock is open."""
    log_open: reactive[bool] = reactive(False)
    """Whether screens show the log at their foot."""

    class Arrived(Message):
        """Something came after nothing had: the first picture need not wait for the tick."""

    def __init__(
        self,
        world: World,
        *,
        write: bool = False,
        theme: str = "",
        start: str = "",
        clock: Callable[[], float] = time.time,
        tick: float = TICK,
    ) -> None:
        super().__init__()
        self.world = world
        self.board = Board()
        self.clock = clock
        self.feed = Feed(clock, self._wake)
        self.asking = Asking(self, world)
        self.log_lines: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.paused_at: float | None = None
        self._moment: float | None = None
        self._changed: frozenset[str] = frozenset()
        self.failure = ""
        self.dropped = 0
        self._tick = tick
        self._start = start
        self._began = False
        self._generation = 0
        self._wanted_theme = theme or DEFAULT
        # All our colours are true ones: looking through every line for a terminal's own sixteen is work for nothing.
        self._filters = [one for one in self._filters if not isinstance(one, ANSIToTruecolor)]
        self.ascii = ascii_only()
        if self.ascii:
            self._filters.append(AsciiFilter())
        for one in THEMES:
            self.register_theme(one)
        self.set_reactive(Shell.write, write and not world.readonly)

    # What screens use

    @property
    def now(self) -> float:
        """The time of what is shown: the world's when it was taken in last, or when the operator paused. What is shown between two intakes is of one moment."""
        if self.paused_at is not None:
            return self.paused_at
        return self.world.now() if self._moment is None else self._moment

    def ask(self, argv: Sequence[str], then: Then) -> Event:
        """Asks by a command line in the background; `then` gets the answer in the UI's thread. The event that is returned gives it up."""
        return self.asking.ask(argv, then)

    def act(self, argv: Sequence[str], tell: Tell, then: Then) -> Event:
        """Acts by a command line in the background; narration and answer come in the UI's thread. The event interrupts the act."""
        return self.asking.act(argv, tell, then)

    def command(self, argv: Sequence[str]) -> str:
        """What does or tells the same on a command line, for this world."""
        return line(argv, self.world.shared)

    @property
    def refusal(self) -> str:
        """Why nothing may be changed now, "" where it may."""
        return self.world.readonly or ("" if self.write else "the lock is closed: w opens it")

    def open_subject(self, subject: Subject) -> None:
        """Opens the screen that tells more of a subject, on top of this one."""
        entry = next((one for one in SCREENS if subject.kind in one.subjects), None)
        if entry is None:
            self.notify(f"no screen tells more of a {subject.kind}")
        else:
            self._push(entry, subject)

    def open_view(self, name: str) -> None:
        """Goes to the screen of that name; the way back leads to the first one."""
        entry = next(one for one in SCREENS if one.name == name)
        home = SCREENS[0].name
        while len(self.screen_stack) > 1 and not (
            isinstance(self.screen, View)
            and self.screen.entry
            and self.screen.entry.name in {home, name}
            and self.screen.about is None
        ):
            self.pop_screen()
        here = self.screen
        if not (isinstance(here, View) and here.entry is not None and here.entry.name == name):
            self._push(entry, None)

    def tell(self, text: str, *, source: str = "app", style: str = "") -> None:
        """Writes a line into the app's log."""
        self._keep_lines([LogLine(self.clock(), source, text, style)])

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """As Textual's, but for markup: names of things are in what is told, and are shown as they stand."""
        del markup
        super().notify(plain(message), title=plain(title), severity=severity, timeout=timeout, markup=False)

    def get_css_variables(self) -> dict[str, str]:
        return solid(super().get_css_variables())

    # Life

    def on_mount(self) -> None:
        """Shows the first screen, then begins to be fed."""
        self.theme = self._wanted_theme if self._wanted_theme in self.available_themes else DEFAULT
        self._name_styles()
        self.theme_changed_signal.subscribe(self, lambda _: self._restyle())
        for entry in SCREENS:
            if entry.hotkey:
                self.bind(entry.hotkey, f"open_view({entry.name!r})", description=entry.title, show=False)
        terminal.end_on_signals(self)
        first = next((one for one in SCREENS if one.name == self._start), SCREENS[0])
        self._push(first, None)
        self.set_interval(self._tick / INTAKES, self.take_in)
        self.set_interval(self._tick, self.tick)
        self.world.start(self.feed.put, self.feed.say)

    async def on_unmount(self) -> None:
        """What runs for us is told to end, and waited for when the terminal has been given back: whoever started the app closes the world."""
        self.asking.end()
        self.world.end()

    def take_in(self) -> None:
        """Takes what came into the board. The one place from which it is changed."""
        if self.paused_at is not None:
            return
        batch = self.feed.take()
        now = self._moment = self.world.now()
        self.dropped += batch.lost_samples
        self._narrate(batch)
        self._began = self._began or bool(batch.records)
        self._changed |= self.board.apply(batch.records, now)
        self._tell_problems()

    def tick(self) -> None:
        """Shows what changed since the last one."""
        if self.paused_at is None:
            self.take_in()
            changed, self._changed = self._changed | self.board.tick(self.now), frozenset()
            view = self.view
            if view is not None:
                self._refresh(view, changed)
        self.show_frame()

    def _wake(self) -> None:
        self.post_message(self.Arrived())

    def on_shell_arrived(self) -> None:
        """The first records are shown at once, all later ones with the tick."""
        if not self._began:
            self.tick()

    def show_view(self, view: View) -> None:
        """A view came into sight: it shows all, and its frame what holds now."""
        self._refresh(view, frozenset(self.board.devices()))
        view.query_one(LogDrawer).show(self.log_lines, opened=self.log_open)
        self.show_frame()

    def show_frame(self) -> None:
        """The lines around the view in sight; each paints only if it has something else to say."""
        view = self.view
        if view is None or not view.is_mounted:
            return
        with suppress(NoMatches):  # while it is being composed
            view.query_one(Crumbs).tell(status.crumbs(self.views), status.totals(self.board, self.now))
            view.query_one(Notice).notice(status.notice(self))
            view.query_one(Status).tell(status.left(self), status.right(self))

    @property
    def views(self) -> list[View]:
        """The way from the first view to the one in sight."""
        return [one for one in self.screen_stack if isinstance(one, View)]

    @property
    def view(self) -> View | None:
        """The view in sight, also where a menu or a question lies over it."""
        return next((one for one in reversed(self.screen_stack) if isinstance(one, View)), None)

    def _refresh(self, view: View, changed: frozenset[str]) -> None:
        """A screen that cannot show something says so, and the app goes on."""
        try:
            view.refresh_view(self.board, changed, self.now)
        except Exception as error:  # noqa: BLE001  what a device tells must not end the app
            name = view.entry.title if view.entry else type(view).__name__
            failure = f"the screen {name} failed: {type(error).__name__}: {error}"
            if failure != self.failure:
                self.failure = failure
                for told in traceback.format_exc().rstrip().splitlines():
                    self.tell(told, style="$error")
        else:
            self.failure = ""

    def _push(self, entry: ScreenEntry, subject: Subject | None) -> None:
        """Where it is in the way already, it is gone back to: a way that goes round does not grow."""
        if any(view.entry == entry and view.about == subject for view in self.views):
            while not (
                isinstance(here := self.screen, View) and here.entry == entry and here.about == subject
            ):
                self.pop_screen()
            return
        view = entry.view(subject)
        view.entry = entry
        self.push_screen(view)

    def _narrate(self, batch: Batch) -> None:
        lines = [LogLine(at, "feed", text) for at, text in batch.lines]
        if batch.lost_lines:
            at = lines[0].at if lines else self.clock()
            lines.insert(0, LogLine(at, "app", f"{batch.lost_lines:,} lines were dropped here", "$warning"))
        if lines:
            self._keep_lines(lines)

    def _tell_problems(self) -> None:
        """What is wrong with an inventory goes into the log once, each time that it is read."""
        if self.board.generation != self._generation:
            self._generation = self.board.generation
            for problem in self.board.fleet.problems:
                self.tell(problem, source="inventory", style="$warning")

    def _keep_lines(self, lines: Sequence[LogLine]) -> None:
        self.log_lines.extend(lines)
        view = self.view
        if view is not None and view.is_mounted:
            with suppress(NoMatches):
                view.query_one(LogDrawer).add(lines)

    def _name_styles(self) -> None:
        theme = self.current_theme
        self.console.push_theme(rich_styles(self.theme_variables, theme.background or "#000000"))

    def _restyle(self) -> None:
        self.console.pop_theme()
        self._name_styles()
        view = self.view
        if view is not None:
            self._refresh(view, frozenset(self.board.devices()))

    # Messages from other threads

    def on_answered(self, event: Answered) -> None:
        self.asking.running.pop(event.number, None)
        if not event.unwanted.is_set():
            event.then(event.answer)
        self.show_frame()

    def on_told(self, event: Told) -> None:
        for told in event.lines():
            event.tell(told)
