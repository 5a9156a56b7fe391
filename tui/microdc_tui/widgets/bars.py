"""The lines above and below every screen. Each is one widget that paints one line, and only when its text is another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.widgets import Static

from microdc_tui.text import plain, said

if TYPE_CHECKING:
    from textual.binding import ActiveBinding

_APART = 2
"""Blank cells between two keys."""


class Line(Static):
    """One line of content, left and right; what does not fit of the left is cut."""

    DEFAULT_CSS = """
    Line { height: 1; width: 100%; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, *, classes: str = "") -> None:
        super().__init__("", markup=False, classes=classes)
        self._told: tuple[Content, Content, int] | None = None
        self._left = self._right = Content("")

    def tell(self, left: Content, right: Content = Content("")) -> None:  # noqa: B008  Content is a value
        """Shows these; paints nothing where they are as before."""
        self._left, self._right = left, right
        width = self.size.width  # of the content: the padding is outside of it
        told = (left, right, width)
        if self._told is None or self._told[2] != width or not _same(self._told, told):
            self._told = told
            self.update(_joined(left, right, width), layout=False)

    def on_resize(self) -> None:
        self.tell(self._left, self._right)


class Crumbs(Line):
    """The way from the start to here, and how the sites are, on the right."""

    DEFAULT_CSS = "Crumbs { background: $panel; color: $foreground; padding: 0 1; }"


class Notice(Line):
    """What keeps the screen from telling the truth: no inventory, a feed that ended, a screen that failed. Hidden where there is nothing."""

    DEFAULT_CSS = """
    Notice { background: $warning-muted; color: $text-warning; padding: 0 1; display: none; }
    Notice.-told { display: block; }
    """

    def notice(self, text: str) -> None:
        """Shows a line, "" hides it."""
        self.set_class(bool(text), "-told")
        self.tell(said(text))


class Status(Line):
    """Where the data comes from, how old it is, what is paused, locked, asked and dropped."""

    DEFAULT_CSS = "Status { background: $panel; color: $foreground; padding: 0 1; }"


class Keys(Line):
    """The keys that do something here and now, made from the bindings; each can be clicked."""

    DEFAULT_CSS = "Keys { background: $background; color: $text-muted; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._edges: list[tuple[int, int, str]] = []  # from, to, key; in cells

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.show_bindings())
        self.show_bindings()

    def show_bindings(self) -> None:
        """Reads the bindings again."""
        if self.is_mounted and self.screen.is_current:
            shown = [one for one in self.screen.active_bindings.values() if one.binding.show and one.enabled]
            shown.sort(
                key=lambda one: one.binding.action != "help"
            )  # it tells all the others: what is cut off is found there
            told = [self._key(one) for one in shown]
            self._edges, at = [], 0
            for active, words in zip(shown, told, strict=True):
                self._edges.append((at, at + words.cell_length, active.binding.key))
                at += words.cell_length + _APART
            self.tell(Content(" " * _APART).join(told))

    async def on_click(self, event: events.Click) -> None:
        """Does what the key does, also while something is typed that would take it."""
        at = event.x - self.styles.padding.left
        key = next((key for start, end, key in self._edges if start <= at < end), "")
        active = self.screen.active_bindings.get(key)
        if active is not None:
            event.stop()
            await self.app.run_action(active.binding.action, active.node)

    def _key(self, active: ActiveBinding) -> Content:
        binding = active.binding
        key = self.app.get_key_display(binding)
        return Content.assemble((plain(key), "$accent"), " ", plain(binding.description).lower())


def _same(a: tuple[Content, Content, int], b: tuple[Content, Content, int]) -> bool:
    return a[0].is_same(b[0]) and a[1].is_same(b[1])


def _joined(left: Content, right: Content, width: int) -> Content:
    room = width - right.cell_length
    if room < 12 or not right.cell_length:
        return left.truncate(width, ellipsis=True)
    return (
        left.truncate(room - 1, ellipsis=True).pad_right(max(1, room - min(left.cell_length, room - 1)))
        + right
    )
