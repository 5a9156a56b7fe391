"""The questions before something is changed: whether the lock is to be opened, and whether a plan is to be carried out."""

from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from microdc.errors import Exit
from microdc_tui.acting import command
from microdc_tui.actions.model import Action
from microdc_tui.text import plain, said
from microdc_tui.widgets.dialog import Dialog, keys
from microdc_tui.widgets.entry import Entry
from microdc_tui.world.ports import Answer

if TYPE_CHECKING:
    from microdc_tui.app import Face

FRESH = 60.0
"""Seconds for which a plan holds; what was looked at before may be otherwise by now."""
_WAITING = "the plan is not there yet"
FIT = (Exit.OK, Exit.PENDING, Exit.LOCKED)
"""Exit codes of a plan after which the act may be asked for: nothing to do, something to do, something of it in the way."""


class OpenLock(Dialog[bool]):
    """Whether keys may change things from now on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "open", "Open it")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box", can_focus=False):
            yield Static(said("Open the lock?", "bold $accent"), markup=False)
            yield Static(
                said("Until w closes it again, actions change the lab: each still shows its plan and asks."),
                markup=False,
            )
            yield Static(keys(("y", "open it"), ("esc", "leave it closed")), classes="foot", markup=False)

    def action_open(self) -> None:
        self.dismiss(True)


class Confirm(Dialog[bool]):
    """Shows the plan of an action and the command line that does the same; `y` carries it out, or the name that is to be typed and Enter."""

    DEFAULT_CSS = """
    Confirm .plan { height: auto; max-height: 40vh; margin: 1 0; background: $background; padding: 0 1; }
    Confirm .plan Static { width: auto; min-width: 100%; }
    Confirm .plan { overflow-x: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "sure", "Do it"),
        Binding("c", "copy", "Copy the command"),
    ]

    def __init__(self, action: Action) -> None:
        super().__init__()
        self._action = action
        self._missing = _WAITING if action.plan else ""
        self._planned_at = 0.0
        self._anew = ""
        self._stop: Event | None = None

    def compose(self) -> ComposeResult:
        action = self._action
        with VerticalScroll(classes="box", can_focus=False):
            mark = ("! ", "bold $warning") if action.grave else ("", "")
            title = Content.assemble(
                mark, (action.title.removesuffix(" …"), "bold $accent"), f"  {plain(action.subject.name)}"
            )
            yield Static(title, markup=False)
            yield Static(said(action.words, "$text-muted"), markup=False)
            if action.plan:
                with VerticalScroll(classes="plan"):
                    yield Static(id="plan", markup=False)
            yield Static(Content.assemble(("$ ", "$text-muted"), plain(self._command)), markup=False)
            if action.typed:
                yield Static(said(f"This is all of {action.typed}. Type its name:", "$warning"), markup=False)
                yield Entry(id="typed")
            yield Static("", id="problem", markup=False)
            do = ("enter", "do it") if action.typed else ("y", "do it")
            copy = ("ctrl+o", "copy the command") if action.typed else ("c", "copy the command")
            yield Static(keys(do, copy, ("esc", "leave it")), classes="foot", markup=False)

    def on_mount(self) -> None:
        if self._action.typed:
            self._bindings.bind("ctrl+o", "copy", "Copy the command", priority=True)
            self.query_one("#typed", Input).focus()
        if self._action.plan:
            self._plan()

    def on_unmount(self) -> None:
        if self._stop is not None:
            self._stop.set()

    @property
    def _command(self) -> str:
        return command(self._action, cast("Face", self.app).world.shared)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip() == self._action.typed:
            self._decide()
        else:
            self._say(f"type {self._action.typed}, as it is written")

    def action_sure(self) -> None:
        if not self._action.typed:
            self._decide()

    def action_copy(self) -> None:
        """By the terminal's own clipboard, where it lets programs use it; the line can be read in any case."""
        self.app.copy_to_clipboard(self._command)
        self.notify("copied, where the terminal allows it")

    def _decide(self) -> None:
        if self._missing:
            self._say(self._missing)
        elif self._action.plan and time.monotonic() - self._planned_at > FRESH:
            self._anew = "the plan was old, and this one is of now: look at it once more"
            self._plan()
        else:
            self.dismiss(True)

    def _plan(self) -> None:
        self._missing = _WAITING
        self.query_one("#plan", Static).update(said("asking for the plan …", "$text-muted"))
        self._say("")
        self._stop = cast("Face", self.app).asking.ask(self._action.plan, self._planned, plan=True)

    def _planned(self, answer: Answer) -> None:
        if not self.is_mounted:
            return
        self._planned_at = time.monotonic()
        fits = answer.code in FIT
        self._missing = "" if fits else "there is no plan, so nothing is done"
        self._say(self._anew)  # no longer that it was not there yet
        lines = answer.narration or ("it told nothing",)
        style = "" if fits else "$error"
        self.query_one("#plan", Static).update(Content("\n").join(said(line, style) for line in lines))

    def _say(self, problem: str) -> None:
        self.query_one("#problem", Static).update(said(problem, "$error"))
