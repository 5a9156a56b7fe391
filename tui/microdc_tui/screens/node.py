"""A node: how far it is, why it is there, what to try, and all that was seen of it in one timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.events import Resize

from microdc_tui.commands import meant
from microdc_tui.nodes.heads import head, way
from microdc_tui.readings.explanation import Explanation
from microdc_tui.readings.explanation import read as read_explanation
from microdc_tui.readings.nodes import Node, read
from microdc_tui.screens.asked import AskedText
from microdc_tui.subject import Subject
from microdc_tui.text import plain
from microdc_tui.widgets.bars import Line
from microdc_tui.widgets.causes import causes, commands
from microdc_tui.widgets.folding import fold
from microdc_tui.widgets.reader import Reader
from microdc_tui.widgets.timeline import timeline

if TYPE_CHECKING:
    from microdc.health.board import Board

_ROOM = 120
"""Cells from which on causes and timeline stand side by side."""


class NodeView(AskedText):
    """The timeline and the causes are what `microdc deploy explain` says; the head comes with the samples."""

    DEFAULT_CSS = """
    NodeView > .head, NodeView > .way { padding: 0 1; }
    NodeView > .body { layout: vertical; }
    NodeView #causes { height: auto; padding: 0 1; border-bottom: solid $panel; }
    NodeView #timeline { height: 1fr; padding: 0 1; }
    NodeView.-wide > .body { layout: horizontal; }
    NodeView.-wide #causes { width: 2fr; height: 1fr; border-bottom: none; border-right: solid $panel; }
    NodeView.-wide #timeline { width: 3fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open_selected", "Its server"),
        Binding("f", "follow", "Follow"),
        Binding("c", "consoles", "Console"),
        Binding("y", "copy", "Copy command"),
        Binding("n", "match(1)", "Next match", show=False),
        Binding("N", "match(-1)", "Match before", show=False),
    ]
    AUTO_FOCUS = "#timeline"
    SEARCHED = "#timeline"
    HELP_TEXT: ClassVar[str] = (
        "Above is how far the node is; the rest is what `microdc deploy explain` says: the causes that fit, the most certain first, each with what it rests on and what to try, "
        "and all that was seen of the node in one timeline. / searches the timeline, Enter goes to the server."
    )

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._node = Node(about.name if about else "", about.site if about else "")
        self._explanation: Explanation | None = None
        self._consoles = False
        self._stood: tuple[str, ...] = ()
        self._copied = -1

    def body(self) -> ComposeResult:
        yield Line(classes="head")
        yield Line(classes="way")
        yield from self.age_line()
        with Container(classes="body"):
            yield Reader(id="causes")
            yield Reader(id="timeline", follow=True)

    # What it is asked, and what is shown of the answer

    def question(self) -> tuple[str, ...]:
        return ("deploy", "explain", self._node.name)

    def every(self) -> float:
        """Often while something goes on; its BMC, its site and its switches are asked each time."""
        return 10.0 if self._node.moving else 60.0

    def answered(self, data: Any) -> None:
        self._explanation = read_explanation(data)
        if self._explanation is None:
            self.problem = "the answer tells nothing of this node"
        self._copied = -1
        self._show()

    def tells(self) -> Content:
        found = self._explanation
        if found is None:
            return Content("")
        some = len(found.causes)
        if found.healthy:
            return Content.styled("✓ nothing wrong", "$success")
        return Content.styled(
            f"{some} cause{'' if some == 1 else 's'} fit{'s' if some == 1 else ''} what was seen", "bold"
        )

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:
        """The head goes on by itself; what explains it is asked again where the node came further."""
        key = f"node/{self._node.name}"
        if key in board and (key in changed or not self._node.state):
            self._node = read(board.device(key))
        node = self._node
        stands = (node.state, node.phase, str(node.attempt))
        if self._stood and stands != self._stood:
            self.ask_now()
        self._stood = stands
        super().refresh_view(board, changed, now)
        self.query_one(".head", Line).tell(*head(node, now))
        line = self.query_one(".way", Line)
        line.display = node.moving or node.state == "failed"
        line.tell(way(node, self.size.width - 2))

    def _show(self) -> None:
        found = self._explanation
        if found is None:
            return
        reader = self.query_one("#causes", Reader)
        told = causes(found)
        reader.show(told)
        wide = self.has_class("-wide")
        rows = len(fold(told, max(1, self.size.width - 3)))
        reader.styles.height = None if wide else min(rows + 1, max(3, self.size.height * 2 // 5))
        self.reader.show(timeline(found, consoles=self._consoles, sources=self.size.width >= 60))

    def on_resize(self, event: Resize) -> None:
        """Side by side where there is room for both."""
        self.set_class(event.size.width >= _ROOM, "-wide")
        self._show()

    # Keys

    def subject(self) -> Subject | None:
        return Subject("node", self._node.name, self._node.site)

    def action_open_selected(self) -> None:
        """What tells more of a node is its server."""
        self.app.open_subject(Subject("server", self._node.name, self._node.site))

    def action_follow(self) -> None:
        self.reader.action_follow()

    def action_match(self, step: int) -> None:
        self.reader.action_match(step)

    def action_consoles(self) -> None:
        """Shows all that its console said, or only what means something."""
        self._consoles = not self._consoles
        self._show()

    def action_copy(self) -> None:
        """Copies the command that is to be tried first; each time the next one."""
        lines = commands(self._explanation) if self._explanation else ()
        if not lines:
            self.notify("there is no command to copy")
            return
        self._copied = (self._copied + 1) % len(lines)
        copied = meant(lines[self._copied], self.app.world.shared)
        self.app.copy_to_clipboard(copied)
        self.notify(plain(copied), title="Copied", markup=False)
