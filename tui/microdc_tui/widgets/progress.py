"""How an act goes: what it tells, and what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from microdc.errors import Exit
from microdc_tui.acting import Act, command
from microdc_tui.text import plain, said
from microdc_tui.widgets.dialog import Dialog, keys
from microdc_tui.widgets.logpane import LogLine, LogPane

if TYPE_CHECKING:
    from microdc_tui.app import Face

_RUNNING = keys(("esc", "stop it"), ("b", "leave it running"))
_ASKED = keys(("esc", "once more: stop it, as Ctrl-C does"), ("b", "leave it running"))
_STOPPING = said("it is being stopped: what it has begun it puts in order", "$warning")
_ENDED = keys(("esc", "close"))


class Progress(Dialog[None]):
    """Over the screen while an act runs. Escape twice stops it; closed, it goes on and its end is told."""

    DEFAULT_CSS = """
    Progress LogPane { height: 12; margin: 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "leave_running", "Leave it running"),
        Binding("enter", "close", "Close", show=False),
    ]

    def __init__(self, act: Act) -> None:
        super().__init__()
        self._act = act
        self._shown = 0
        self._asked = False

    def compose(self) -> ComposeResult:
        action = self._act.action
        with VerticalScroll(classes="box", can_focus=False):
            title = Content.assemble(
                (action.title.removesuffix(" …"), "bold $accent"), f"  {plain(action.subject.name)}"
            )
            yield Static(title, markup=False)
            shown = command(action, cast("Face", self.app).world.shared)
            yield Static(Content.assemble(("$ ", "$text-muted"), plain(shown)), markup=False)
            yield LogPane(maximum=1_000, sources=False)
            yield Static("", id="result", markup=False)
            yield Static(_RUNNING, id="foot", classes="foot", markup=False)

    def on_mount(self) -> None:
        self._act.watch = self._show
        self._show()

    def on_unmount(self) -> None:
        self._act.watch = None

    def action_leave(self) -> None:
        """Escape: closes what has ended; asks once, then stops what runs."""
        act = self._act
        if act.answer is not None:
            self.dismiss(None)
        elif not self._asked:
            self._asked = True
            self.query_one("#foot", Static).update(_ASKED)
        elif act.stop is not None:
            act.stop.set()
            self.query_one("#foot", Static).update(_STOPPING)

    def action_leave_running(self) -> None:
        self.dismiss(None)

    def action_close(self) -> None:
        if self._act.answer is not None:
            self.dismiss(None)

    def _show(self) -> None:
        if not self.is_mounted:
            return
        act = self._act
        count, self._shown = act.told - self._shown, act.told
        fresh = list(act.lines)[-count:] if count else []
        now = time.time()
        self.query_one(LogPane).write([LogLine(now, "", line) for line in fresh])
        if act.answer is not None:
            self.query_one("#result", Static).update(_result(act))
            self.query_one("#foot", Static).update(_ENDED)


def _result(act: Act) -> Content:
    answer = act.answer
    if answer is None or answer.code == Exit.OK:
        return said("✓ done", "bold $success")
    if answer.code == Exit.INTERRUPTED:
        return said("▲ interrupted", "bold $warning")
    return Content("\n").join(
        said(line, "$error") for line in (f"✗ exit code {answer.code}", *answer.problem.splitlines())
    )
