"""Acts of the operator: from a choice in a menu over form, plan and yes to the end. Two that touch one thing never run at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from microdc_tui import commands
from microdc_tui.actions.catalogue import offered
from microdc_tui.actions.model import Action
from microdc_tui.actions.reach import reach
from microdc_tui.subject import Subject
from microdc_tui.world.ports import Answer

if TYPE_CHECKING:
    from microdc_tui.app import Face

KEPT = 500
"""Lines of narration that are kept of an act."""


@dataclass(eq=False)
class Act:
    """An act that runs, or ran. answer: None while it runs. Setting `stop` interrupts it as Ctrl-C does. told: lines so far, of which the last are kept.

    touches: what it is done to, by key. watch: called after each change, where somebody looks at it.
    """

    action: Action
    touches: frozenset[str] = frozenset()
    stop: Event | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    told: int = 0
    answer: Answer | None = None
    watch: Callable[[], None] | None = None


def command(action: Action, shared: Sequence[str] = ()) -> str:
    """What does the same on a command line. shared: what stands before the words of every command."""
    return commands.line((*action.argv, "--yes"), shared)


class Acts:
    """What is being done, by the subject that it was asked for. app: asks, shows and does it."""

    def __init__(self, app: Face) -> None:
        self._app = app
        self.running: dict[str, Act] = {}

    def offered(self, subject: Subject) -> tuple[Action, ...]:
        """What can be done with a subject now; what cannot says why."""
        touched = reach(subject, self._app.board)
        here = next((act for act in self.running.values() if act.touches & touched), None)
        busy = here.action.title.removesuffix(" …") if here else ""
        if here is not None and here.action.subject.name != subject.name:
            busy = f"{busy} of {here.action.subject.name}"
        return offered(subject, self._app.board, self._app.refusal, busy)

    def choose(self, action: Action | None) -> None:
        """Something was chosen: its fields are asked for, its plan is shown."""
        if action is None:
            return
        if action.fields:
            from microdc_tui.widgets.form import Form  # noqa: PLC0415  shown seldom, so loaded late

            self._app.push_screen(Form(action), self.choose)
            return
        from microdc_tui.widgets.confirm import Confirm  # noqa: PLC0415

        def decided(sure: bool | None) -> None:  # noqa: FBT001  as Textual calls it
            if sure:
                self.begin(action)

        self._app.push_screen(Confirm(action), decided)

    def begin(self, action: Action) -> None:
        """Does it, and shows how it goes. What has changed, been closed or begun since the menu was open is looked at again."""
        refused = self._stale(action)
        if refused:
            self._app.notify(refused, title=action.title.removesuffix(" …"), severity="warning")
            return
        from microdc_tui.widgets.progress import Progress  # noqa: PLC0415

        key = action.subject.key
        act = self.running[key] = Act(action, reach(action.subject, self._app.board))

        def tell(line: str) -> None:
            act.lines.append(line)
            act.told += 1
            self._app.tell(line, source=action.subject.name)
            _look(act)

        def ended(answer: Answer) -> None:
            act.answer = answer
            self.running.pop(key, None)
            self._told(act, _gist(answer.problem.splitlines()))
            _look(act)

        act.stop = self._app.act(action.argv, tell, ended)
        self._app.push_screen(Progress(act))

    def _stale(self, action: Action) -> str:
        """Why an action that was chosen a while ago is not to be done any more, "" where it still is."""
        now = next((one for one in self.offered(action.subject) if one.name == action.name), None)
        if now is None:
            return "it cannot be done any more: it is something else by now"
        if now.blocked:
            return f"not now: {now.blocked}"
        if action.argv[: len(now.argv)] != now.argv:
            return f"it has changed meanwhile: {now.title.removesuffix(' …')} is what can be done now; choose it again"
        return ""

    def _told(self, act: Act, problem: str) -> None:
        """The end goes into the log, and over the screen where nobody looks at the act."""
        action = act.action
        self._app.tell(
            f"{command(action, self._app.world.shared)}: {problem or 'done'}",
            source=action.subject.name,
            style="$error" if problem else "",
        )
        if act.watch is None:
            self._app.notify(
                f"{action.subject.name}: {problem or 'done'}",
                title=action.title,
                severity="error" if problem else "information",
            )


def _look(act: Act) -> None:
    if act.watch is not None:
        act.watch()


def _gist(lines: Sequence[str]) -> str:
    """The line that says most of a failure: that of the error."""
    return next((line for line in lines if line.startswith("Error: ")), lines[0] if lines else "")
