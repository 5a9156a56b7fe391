"""What can be done with what is selected; what cannot says why."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from microdc_tui.actions.model import Action
from microdc_tui.subject import Subject
from microdc_tui.text import plain, said
from microdc_tui.widgets.dialog import Dialog, keys


class ActionMenu(Dialog[Action | None]):
    """actions: in the order of the catalogue. The answer is the one that was chosen."""

    DEFAULT_CSS = """
    ActionMenu OptionList { border: none; padding: 0; margin: 1 0 0 0; height: auto; max-height: 24; background: $surface; }
    ActionMenu OptionList:focus { border: none; background-tint: $foreground 0%; }
    """

    def __init__(self, subject: Subject, actions: tuple[Action, ...]) -> None:
        super().__init__()
        self._subject = subject
        self._actions = actions

    def compose(self) -> ComposeResult:
        title = Content.assemble(
            (plain(self._subject.name), "bold $accent"), (f"  {self._subject.kind}", "$text-muted")
        )
        with VerticalScroll(classes="box", can_focus=False):
            yield Static(title, markup=False)
            if self._actions:
                yield OptionList(*map(_option, self._actions), markup=False)
            else:
                yield Static(said("nothing can be done with it from here", "$text-muted"), markup=False)
            yield Static(keys(("enter", "choose"), ("esc", "leave it")), classes="foot", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._actions[event.option_index])


def _option(action: Action) -> Option:
    mark = ("! ", "$warning") if action.grave and not action.refused else ("  ", "")
    told = action.refused or action.words
    content = Content.assemble(mark, action.title, "\n    ", (plain(told), "$text-muted"))
    return Option(content, disabled=bool(action.refused))
