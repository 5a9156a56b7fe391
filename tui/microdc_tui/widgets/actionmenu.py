"""What can be done with what is selected; what cannot says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from microdc_tui.actions.model import Action
from microdc_tui.subject import Subject
from microdc_tui.text import plain, said
from microdc_tui.widgets.dialog import Dialog, keys
from microdc_tui.widgets.pressing import pressable

if TYPE_CHECKING:
    from microdc_tui.app import Face

_LEAST = 3
"""Lines that the list has in any case: an entry, and that there are more."""


class ActionMenu(Dialog[Action | None]):
    """actions: in the order of the catalogue. The answer is the one that was chosen. Behind the closed lock `w` opens it from here.

    The cursor goes to every entry, also to those that cannot be chosen now: a list that is longer than the screen scrolls with it.
    """

    DEFAULT_CSS = """
    ActionMenu OptionList { border: none; padding: 0; margin: 1 0 0 0; height: auto; background: $surface; }
    ActionMenu OptionList:focus { border: none; background-tint: $foreground 0%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "open_lock", "Open the lock")]

    def __init__(self, subject: Subject, actions: tuple[Action, ...]) -> None:
        super().__init__()
        self._subject = subject
        self._actions = actions
        self._common = _common(actions)

    def compose(self) -> ComposeResult:
        title = Content.assemble(
            (plain(self._subject.name), "bold $accent"), (f"  {self._subject.kind}", "$text-muted")
        )
        with Vertical(classes="box"):
            yield Static(title, markup=False)
            if self._common:
                yield Static(pressable(said(self._common, "$warning"), "w"), markup=False)
            if self._actions:
                yield OptionList(*(_option(one, self._common) for one in self._actions), markup=False)
            else:
                yield Static(said("nothing can be done with it from here", "$text-muted"), markup=False)
            yield Static(self._foot(), classes="foot", markup=False)

    def on_mount(self) -> None:
        """The cursor begins on the first that can be done, or could be behind an open lock."""
        for menu in self.query(OptionList):
            free = (place for place, one in enumerate(self._actions) if not one.refused)
            menu.highlighted = next(free, 0)
            menu.focus()

    def on_resize(self, _: Resize) -> None:
        """The list takes what the lines around it leave, so that these are always seen."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        for menu in self.query(OptionList):
            box = self.query_one(".box", Vertical)
            others = sum(
                one.outer_size.height + one.styles.margin.height for one in box.children if one is not menu
            )
            around = box.gutter.height + menu.styles.margin.height
            menu.styles.max_height = max(_LEAST, self.size.height - others - around)
            menu.call_after_refresh(menu.scroll_to_highlight)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        action = self._actions[event.option_index]
        if not action.blocked:
            self.dismiss(action)
        else:
            self.query_one(".foot", Static).update(said(f"not now: {action.blocked}", "bold $warning"))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """What was said of another entry is not of this one."""
        event.stop()
        self.query_one(".foot", Static).update(self._foot())

    def action_open_lock(self) -> None:
        """Where the lock is what stands in the way; the menu comes again when it is open."""
        face = cast("Face", self.app)
        if not face.write and not face.world.readonly:
            self.dismiss(None)
            face.unlock(face.action_actions)

    def _foot(self) -> Content:
        return keys(("enter", "choose"), ("esc", "leave it"))


def _common(actions: tuple[Action, ...]) -> str:
    """Why none of them can be done, where that is the same for all; it is told once. Else the lock, which is before all."""
    reasons = {action.refused for action in actions}
    if len(reasons) == 1 and len(actions) > 1 and actions[0].refused:
        return actions[0].refused
    return next((action.locked for action in actions), "")


def _option(action: Action, common: str) -> Option:
    """What would work, but for the lock, looks as it will then; what would not is dim, and says why."""
    if action.refused:
        why = (plain(action.words), "$text-muted") if action.refused == common else _why(action)
        return Option(Content.assemble((f"  {action.title}", "$text-muted"), "\n    ", why))
    mark = ("! ", "$warning") if action.grave else ("  ", "")
    title = (action.title, "" if action.locked else "bold")
    return Option(Content.assemble(mark, title, "\n    ", (plain(action.words), "$text-muted")))


def _why(action: Action) -> tuple[str, str]:
    return f"not now: {plain(action.refused)}", "$text-muted italic"
