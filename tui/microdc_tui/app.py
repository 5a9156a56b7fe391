"""The app: what its keys do, on every screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import ClassVar

from textual.actions import ActionParseResult, parse
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen

from microdc_tui.acting import Acts, command
from microdc_tui.screens.base import View
from microdc_tui.shell import Shell
from microdc_tui.themes import THEMES
from microdc_tui.widgets.logdrawer import LogDrawer
from microdc_tui.widgets.readable import LEAVING, too_small


class Face(Shell):
    """The TUI over a world: see Shell for what screens use of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "actions", "Actions"),
        Binding("colon", "palette", "Go to", key_display=":"),
        Binding("ctrl+p", "palette", "Go to", show=False),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("p", "pause", "Pause"),
        Binding("l", "log", "Log"),
        Binding("w", "write_lock", "Lock"),
        Binding("t", "next_theme", "Theme", show=False),
        Binding("s", "save_screenshot", "Screenshot", show=False),
        Binding("q", "quit", "Quit"),
    ]

    @cached_property
    def acts(self) -> Acts:
        """What is being done, and what can be."""
        return Acts(self)

    async def action_quit(self) -> None:
        """Leaves; where something that was begun here goes on, after a question. Asked a second time, it does not ask back."""
        from microdc_tui.widgets.quitting import Quitting  # noqa: PLC0415  shown seldom, so loaded late

        running = [command(act.action, self.world.shared) for act in self.acts.running.values()]
        if not running or isinstance(self.screen, Quitting):
            self.exit()
            return

        def decided(sure: bool | None) -> None:  # noqa: FBT001  a screen's result
            if sure:
                self.exit()

        self.push_screen(Quitting(running, self.world.farewell), decided)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Every key with a meaning comes by here, whatever has the focus. Where a screen cannot be read nothing is done but to leave it."""
        name = parse(action)[1] if isinstance(action, str) else action[1]
        if name not in LEAVING and too_small(self.size):
            return False
        return await super().run_action(action, default_namespace, namespaces)

    def action_help(self) -> None:
        """All keys of this screen, from its bindings."""
        from microdc_tui.frame.help import Help  # noqa: PLC0415  shown seldom, so loaded late

        view = self.view
        if view is not None and not isinstance(self.screen, Help):
            self.push_screen(Help(view))

    def action_palette(self) -> None:
        """Everything by its name: screens, sites, devices, actions, themes."""
        from microdc_tui.frame.palette import Palette  # noqa: PLC0415

        if isinstance(self.screen, View):
            self.push_screen(Palette())

    def action_actions(self) -> None:
        """What can be done with what is selected."""
        from microdc_tui.widgets.actionmenu import ActionMenu  # noqa: PLC0415

        if isinstance(self.screen, View):
            subject = self.screen.subject()
            if subject is None:
                self.notify("nothing is selected here that something could be done with")
            else:
                self.push_screen(ActionMenu(subject, self.acts.offered(subject)), self.acts.choose)

    def action_write_lock(self) -> None:
        """Opens the lock after a confirmation, closes it at once."""
        if self.world.readonly:
            self.notify(self.world.readonly, severity="warning")
        elif self.write:
            self.write = False
            self.notify("the lock is closed")
        else:
            self.unlock()

    def unlock(self, then: Callable[[], None] | None = None) -> None:
        """Asks whether the lock is to be opened. then: what comes after it was."""
        from microdc_tui.widgets.confirm import OpenLock  # noqa: PLC0415

        def opened(sure: bool | None) -> None:  # noqa: FBT001  a screen's result
            self.write = bool(sure)
            if sure and then is not None:
                then()

        self.push_screen(OpenLock(), opened)

    def watch_write(self) -> None:
        if self.is_running:
            self.show_frame()

    def action_pause(self) -> None:
        """Holds the picture; what comes meanwhile waits, the newest of each device."""
        if self.paused_at is None:
            self.paused_at = self.world.now()
            self.world.hold(True)
        else:
            self.paused_at = None
            self.world.hold(False)
            self.tick()
        self.show_frame()

    def action_log(self) -> None:
        """Opens and closes the log at the foot of the screen."""
        self.log_open = not self.log_open
        view = self.view
        if view is not None:
            drawer = view.query_one(LogDrawer)
            drawer.show(self.log_lines, opened=self.log_open)

    def action_next_theme(self) -> None:
        """The next of our own themes; the palette has all."""
        names = [theme.name for theme in THEMES]
        here = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(here + 1) % len(names)]
        self.notify(f"theme {self.theme}")

    def action_step_back(self) -> None:
        """A step back; the first screen stays."""
        if len([one for one in self.screen_stack if isinstance(one, View)]) > 1:
            self.pop_screen()

    def action_back_to(self, depth: int) -> None:
        """Back to the view that is so deep in the way, 0 for the first: a click on a crumb."""
        while isinstance(self.screen, View) and len(self.views) > depth + 1:
            self.pop_screen()

    def action_open_view(self, name: str) -> None:
        """A screen by its hotkey."""
        if isinstance(self.screen, View):
            self.open_view(name)

    def action_save_screenshot(self) -> None:
        """Writes what is seen as an SVG into the working directory, or where that cannot be, says why."""
        try:
            path = self.save_screenshot(path=".")
        except OSError as problem:
            self.notify(f"no screenshot: {problem.strerror}: {problem.filename}", severity="error")
        else:
            self.notify(f"screenshot {path}")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """None of Textual's: our palette has its own."""
        del screen
        return ()
