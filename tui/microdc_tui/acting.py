"""Acts of the operator: from a choice in a menu over form, plan and yes to the end. Two of one subject never run at once."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from microdc_tui.actions.catalogue import offered
from microdc_tui.actions.model import Action
from microdc_tui.subject import Subject
from microdc_tui.world.ports import Answer

if TYPE_CHECKING:
    from microdc_tui.app import Face

KEPT = 500
"""Lines of narration that are kept of an act."""


@dataclass(eq=False)
class Act:
    """An act that runs, or ran. answer: None while it runs. Setting `stop` interrupts it as Ctrl-C does. told: lines so far, of which the last are kept.

    watch: called after each change, where somebody looks at it.
    """

    action: Action
    stop: Event | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    told: int = 0
    answer: Answer | None = None
    watch: Callable[[], None] | None = None


def command(action: Action) -> str:
    """What does the same on a command line."""
    return shlex.join(("microdc", *action.argv, "--yes"))


class Acts:
    """What is being done, by subject. app: asks, shows and does it."""

    def __init__(self, app: Face) -> None:
        self._app = app
        self.running: dict[str, Act] = {}

    def offered(self, subject: Subject) -> tuple[Action, ...]:
        """What can be done with a subject now; what cannot says why."""
        here = self.running.get(_machine(subject))
        busy = here.action.title if here else ""
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
        """Does it, and shows how it goes. What has been closed or begun since the menu was open is looked at again."""
        key = _machine(action.subject)
        refused = self._app.refusal or (
            f"{self.running[key].action.title} goes on with it" if key in self.running else ""
        )
        if refused:
            self._app.notify(refused, severity="warning")
            return
        from microdc_tui.widgets.progress import Progress  # noqa: PLC0415

        act = self.running[key] = Act(action)

        def tell(line: str) -> None:
            act.lines.append(line)
            act.told += 1
            self._app.tell(line, source=action.subject.name)
            _look(act)

        def ended(answer: Answer) -> None:
            act.answer = answer
            self.running.pop(key, None)
            problem = _gist(answer.problem.splitlines())
            self._app.tell(
                f"{command(action)}: {problem or 'done'}",
                source=action.subject.name,
                style="$error" if problem else "",
            )
            if act.watch is None:
                self._app.notify(
                    f"{action.subject.name}: {problem or 'done'}",
                    title=action.title,
                    severity="error" if problem else "information",
                )
            _look(act)

        act.stop = self._app.act(action.argv, tell, ended)
        self._app.push_screen(Progress(act))


def _machine(subject: Subject) -> str:
    """By what two acts are known to be on one thing: a node is the server that it runs on."""
    return f"server/{subject.name}" if subject.kind == "node" else subject.key


def _look(act: Act) -> None:
    if act.watch is not None:
        act.watch()


def _gist(lines: Sequence[str]) -> str:
    """The line that says most of a failure: that of the error."""
    return next((line for line in lines if line.startswith("Error: ")), lines[0] if lines else "")
