"""Screens of one device: a head, panes with a table each, what the selected row says in full, and what was asked when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize

from microdc.health.model import DeviceHealth
from microdc_tui.devices import glance, overview
from microdc_tui.devices.asking import Questions
from microdc_tui.devices.pane import Line, Pane, Scene, dim
from microdc_tui.devices.telling import in_full, refused, words_of
from microdc_tui.glyphs import sign
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject, SubjectKind
from microdc_tui.text import plain, said
from microdc_tui.widgets.bars import Line as Bar
from microdc_tui.widgets.filterbar import FilterBar
from microdc_tui.widgets.foot import Foot
from microdc_tui.widgets.table import VirtualTable
from microdc_tui.widgets.tabline import TabLine

if TYPE_CHECKING:
    from microdc.health.board import Board

_SERIES = 60
"""Points of history that a curve shows at most."""


def numbered(panes: Sequence[Pane]) -> list[BindingType]:
    """Keys of panes: their numbers."""
    return [
        Binding(str(number), f"open_pane({number - 1})", pane.title, show=False)
        for number, pane in enumerate(panes, 1)
    ]


class Panes(View):
    """A subclass names its kind of device, its panes and their keys (`numbered`). What is polled is shown at once; the rest is asked when its pane is first opened."""

    DEFAULT_CSS = """
    Panes > .device { padding: 0 1; }
    Panes > .asked { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "ask_again", "Ask again"),
        Binding("y", "copy_command", "Copy command", show=False),
        Binding("tab", "pane(1)", "Next pane", key_display="Tab"),
        Binding("right_square_bracket", "pane(1)", "Next pane", show=False),
        Binding("left_square_bracket,shift+tab", "pane(-1)", "Pane before", show=False),
    ]
    KIND: ClassVar[SubjectKind] = "server"
    PANES: ClassVar[tuple[Pane, ...]] = ()

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._device = about.name if about is not None else ""
        self._now = 0.0
        self._at = 0
        self._lines: dict[str, Line] = {}
        self._health: DeviceHealth | None = None
        self._questions = Questions(self._device, self.ask, lambda: self.app.now, self._again)
        self._opened: set[str] = set()
        self._cursors: dict[str, str | None] = {}

    # What is shown

    def body(self) -> ComposeResult:
        yield Bar(classes="device")
        yield TabLine([pane.title for pane in self.PANES])
        table = VirtualTable(self.pane.columns, id="pane", empty=self.pane.empty)
        table.add_class("body")
        yield table
        yield Foot()
        yield Bar(classes="asked")

    def on_mount(self) -> None:
        self._table.focus()

    @property
    def pane(self) -> Pane:
        """The one that is open."""
        return self.PANES[self._at]

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#pane", VirtualTable)

    def subject(self) -> Subject | None:
        """What actions are about: the device itself, unless the selected row is about something else."""
        line = self._lines.get(self._table.selected or "")
        return self.about if line is None or line.about is None else line.about

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:
        """Shows the pane anew where something that it tells of has changed, else only how old it is."""
        self._now = now
        key = f"{self.KIND}/{self._device}"
        self._health = board.device(key) if key in board else None
        self._head()
        if self._health is not None:
            fresh = self.pane.id not in self._opened
            if fresh:
                self._open()
            if fresh or self.pane.live or (self.pane.polled and changed):
                self._show()
        self._tell()

    def _open(self) -> None:
        """Asks what the pane needs when it is opened for the first time."""
        scene = self._scene()
        if scene is not None:
            self._opened.add(self.pane.id)
            if self.pane.needed(scene):
                self._questions.ask(self.pane.questions(scene.health.device))

    def _scene(self) -> Scene | None:
        if self._health is None:
            return None
        board, key = self.app.board, self._health.device.key
        return Scene(
            self._health,
            self._now,
            self._questions.told,
            lambda other: board.device(other) if other in board else None,
            lambda figure: board.series(key, figure, count=_SERIES, until=self._now),
            board.devices,
            max(20, self.app.size.width - 4),
            board.fleet.problems,
        )

    def _show(self) -> None:
        scene = self._scene()
        if scene is not None:
            lines = self.pane.lines(scene)
            self._lines = {line.key: line for line in lines}
            nothing = self._nothing()
            if nothing != self._table.empty:
                self._table.empty = nothing
                self._table.refresh()
            self._table.show([line.row() for line in lines])
            self._more()

    def _nothing(self) -> str:
        asked = self._asked()
        if any(question in self._questions.pending for question in asked):
            return "asking ..."
        return "it could not be told, see below" if self._questions.refusals(asked) else self.pane.empty

    def _again(self) -> None:
        if self.is_mounted:
            self._show()
            self._tell()

    # The lines around it

    def _head(self) -> None:
        head = self.query_one(".device", Bar)
        if self._health is None:
            known = "the inventory has no" if self.app.board.fleet.devices else "nothing is known yet of"
            head.tell(Content.styled(f"○ {known} {self.KIND} {plain(self._device)}", "$warning"))
            return
        health = self._health
        parts = [sign(health.state), Content.styled(plain(health.device.name), "bold")]
        word = glance.power_word(health)
        parts += [overview.power(word)] if word else []
        reason = glance.why(health)
        parts += [said(reason.text, reason.style)] if reason.text else []
        head.tell(Content("   ").join(parts), overview.age(health, self._now))

    def _asked(self) -> dict[str, tuple[str, ...]]:
        return dict(self.pane.questions(self._health.device)) if self._health is not None else {}

    def _tell(self) -> None:
        told = words_of(self._questions, self._asked(), self._now)
        self.query_one(".asked", Bar).tell(Content("   ").join(told))

    def _more(self) -> None:
        """Refusals first; else what the row under the cursor says in full."""
        asked = self._asked()
        line = self._lines.get(self._table.selected or "")
        told = [refused(one) for one in self._questions.refusals(asked)[:2]]
        if line is not None and (line.more or line.leads):
            told.append(in_full(line))
        elif not told:
            told = [dim(f"mind: {plain(note)}") for note in self._questions.notes(asked)[:2]]
        self.query_one(Foot).tell(Content("\n").join(told))

    def on_resize(self, _: Resize) -> None:
        """Curves are as long as there is room for."""
        if self._health is not None:
            self._show()

    # What keys do

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self._more()

    def on_tab_line_chosen(self, event: TabLine.Chosen) -> None:
        event.stop()
        self.action_open_pane(event.index)

    def open_subject(self) -> None:
        """Enter goes to what the row under the cursor leads to, such as the switch at the other end of a cable."""
        line = self._lines.get(self._table.selected or "")
        if line is not None and line.leads is not None:
            self.app.open_subject(line.leads)

    def action_pane(self, by: int) -> None:
        self.action_open_pane((self._at + by) % len(self.PANES))

    def action_open_pane(self, index: int) -> None:
        if index >= len(self.PANES) or index == self._at:
            return
        table = self._table
        self._cursors[self.pane.id] = table.selected
        self._at = index
        table.show(())
        table.use(self.pane.columns)
        self.query_one(TabLine).choose(index)
        self.refresh_view(self.app.board, frozenset({self._device}), self.app.now)
        self._show()
        table.select(self._cursors.get(self.pane.id) or "")
        bar = self.query_one(FilterBar)
        bar.count(self.apply_filter(bar.value))

    def action_ask_again(self) -> None:
        asked = self._asked()
        if not asked:
            self.notify("this pane shows what is polled: there is nothing to ask")
            return
        self._questions.ask(asked, again=True)
        self._tell()

    def action_copy_command(self) -> None:
        """The command line that tells on stdout what this pane shows."""
        asked = self._asked() or {"health": ("health", f"{self.KIND}/{self._device}")}
        commands = [self.app.command(argv) for argv in asked.values()]
        self.app.copy_to_clipboard("\n".join(commands))
        self.notify(plain("   ".join(commands)), title="Copied", markup=False)
