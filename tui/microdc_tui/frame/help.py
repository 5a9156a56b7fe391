"""The help: every key that works on the screen below, read from its bindings, and what the glyphs mean."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from microdc_tui.glyphs import SIGNS
from microdc_tui.screens import SCREENS
from microdc_tui.screens.base import View
from microdc_tui.text import plain
from microdc_tui.widgets.pressing import pressable, pressed
from microdc_tui.widgets.rows import fit

FILTER = (
    ("word", "rows that have it"),
    ("!word", "rows that have it not"),
    ("role=compute", "rows whose label is so; site=, rack=, state= ..."),
    ("site!=paris", "rows whose label is otherwise"),
    ("down|degraded", "one of these; more words narrow it further"),
)
_KEYS = 14
_CLOSE = "close"
"""No key of a screen: ends the help, and does nothing else."""
_UNUSED = {"screen.copy_text"}  # nothing can be selected with the mouse


class Help(ModalScreen[None]):
    """Lies over a view. Scrolls; any of Escape, `?` and `q` ends it. A click on a line does what its key does."""

    DEFAULT_CSS = """
    Help { align: center middle; background: $background 60%; }
    Help > VerticalScroll { width: 76; max-width: 100%; height: auto; max-height: 100%; background: $surface; padding: 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "dismiss", "Close")]

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view
        self._active = dict(view.active_bindings)

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(Content("\n").join(self._lines()), markup=False)

    def _lines(self) -> list[Content]:
        view = self._view
        title = view.entry.title if view.entry else type(view).__name__
        close = pressable(Content.assemble(("esc", "bold $accent"), (" close", "$text-muted")), _CLOSE)
        lines = [Content.assemble((title, "bold $accent"), "   ", close)]
        if view.HELP_TEXT:
            lines.append(Content.styled(plain(" ".join(view.HELP_TEXT.split())), "$text-muted"))
        keys = self._keys_by_owner()
        screens = [(one.hotkey, one.title, one.hotkey) for one in SCREENS if one.hotkey]
        parts = (
            ("This screen", keys["view"]),
            ("Everywhere", keys["app"]),
            ("Screens", screens),
            ("Filter", [(*one, "") for one in FILTER]),
            ("Moving about", keys["focus"]),
        )
        for name, told in parts:
            if told:
                lines += [
                    Content(""),
                    Content.styled(name, "bold"),
                    *(_line(*one) for one in told),
                ]
        lines += [Content(""), Content.styled("States", "bold")]
        lines += [
            Content.assemble("  ", (fit(sign.glyph, _KEYS), sign.style), (sign.word, sign.style))
            for sign in SIGNS.values()
        ]
        return lines

    def on_click(self, event: events.Click) -> None:
        key = pressed(event)
        if key:
            event.stop()
            self.dismiss()
            active = self._active.get(key)
            if active is not None:
                self.app.call_later(self.app.run_action, active.binding.action, active.node)

    def _keys_by_owner(self) -> dict[str, list[tuple[str, str, str]]]:
        """Keys as they are shown, what they do, and the first of them, by whose they are: of the widget that has the focus, of the view, of the app."""
        hotkeys = {one.hotkey for one in SCREENS if one.hotkey}
        groups: dict[str, dict[str, list[tuple[str, str]]]] = {"focus": {}, "view": {}, "app": {}}
        for key, active in self._active.items():
            binding = active.binding
            if not binding.description or binding.system or key in hotkeys or binding.action in _UNUSED:
                continue
            owner = "app" if active.node is self.app else "view" if active.node is self._view else "focus"
            shown = self.app.get_key_display(binding)
            names = groups[owner].setdefault(binding.description, [])
            if shown not in dict(names):
                names.append((shown, key))
        return {
            owner: [(" ".join(dict(keys)), told, keys[0][1]) for told, keys in found.items()]
            for owner, found in groups.items()
        }


def _line(shown: str, told: str, key: str) -> Content:
    words = Content.assemble("  ", (fit(plain(shown), _KEYS), "$accent"), plain(told))
    return pressable(words, key) if key else words
