"""What can be done with what is selected; what cannot says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from microdc_tui.actions.model import Action
from microdc_tui.subject import Subject
from microdc_tui.text import plain, said
from microdc_tui.widgets.dialog import Dialog, keys

if TYPE_CHECKING:
    from microdc_tui.app import Face


class ActionMenu(Dialog[Action | None]):
    """actions: in the order of the catalogue. The answer is the one that was chosen. Behind the closed lock `w` opens it from here."""

    DEFAULT_CSS = """
    ActionMenu OptionList { border: none; padding: 0; margin: 1 0 0 0; height: auto; max-height: 60vh; background: $surface; }
    ActionMenu OptionList:focus { border: none; background-tint: $foreground 0%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "open_lock", "Open the lock")]

    def __init__(self, subject: Subject, actions: tuple[Action, ...]) -> None:
        super().__init__()
        self._subject = subject
        self._actions = actions

    def compose(self) -> ComposeResult:
        title = Content.assemble(
            (plain(self._subject.name), "bold $accent"), (f"  {self._subject.kind}", "$text-muted")
        )
        common = _common(self._actions)
        with VerticalScroll(classes="box", can_focus=False):
            yield Static(title, markup=False)
            if common:
                yield Static(said(common, "$warning"), markup=False)
            if self._actions:
                yield OptionList(*(_option(one, common) for one in self._actions), markup=False)
            else:
                yield Static(said("nothing can be done with it from here", "$text-muted"), markup=False)
            yield Static(keys(("enter", "choose"), ("esc", "leave it")), classes="foot", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._actions[event.option_index])

    def action_open_lock(self) -> None:
        """Where the lock is what stands in the way; the menu comes again when it is open."""
        face = cast("Face", self.app)
        if not face.write and not face.world.readonly:
            self.dismiss(None)
            face.unlock(face.action_actions)


def _common(actions: tuple[Action, ...]) -> str:
    """Why none of several can be done, where that is the same for all; it is told once."""
    reasons = {action.refused for action in actions}
    return reasons.pop() if len(reasons) == 1 and len(actions) > 1 else ""


def _option(action: Action, common: str) -> Option:
    mark = ("! ", "$warning") if action.grave and not action.refused else ("  ", "")
    told = action.words if common else action.refused or action.words
    content = Content.assemble(mark, action.title, "\n    ", (plain(told), "$text-muted"))
    return Option(content, disabled=bool(action.refused))
