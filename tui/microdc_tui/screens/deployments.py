"""All nodes by state: what fails, what is on its way and how long it still takes, what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from microdc.health.model import Kind
from microdc_tui.nodes.rows import NARROW, WIDE, row
from microdc_tui.nodes.signs import order, tally
from microdc_tui.readings.nodes import Node, read
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject
from microdc_tui.widgets.bars import Line
from microdc_tui.widgets.fitted import FittedTable
from microdc_tui.widgets.rows import Column, Row

if TYPE_CHECKING:
    from microdc.health.board import Board
    from microdc.health.model import DeviceHealth


class Deployments(View):
    """What needs somebody stands first. Enter tells why a node is where it is."""

    DEFAULT_CSS = """
    Deployments > .tally { padding: 0 1; }
    """
    HELP_TEXT: ClassVar[str] = (
        "Nodes are servers that are deployed. What failed stands first, then what moves, then what rests. A filter knows their site, state, phase, "
        "image and cause: state=failed, phase=dhcp, !active."
    )

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._known: dict[str, Node] = {}
        self._heard: dict[str, DeviceHealth] = {}
        self._rows: dict[str, tuple[Node, tuple[Column, ...], Row]] = {}
        self._generation = -1

    def body(self) -> ComposeResult:
        yield Line(classes="tally")
        none = "no server of this inventory is deployed; docs/deploy.md tells how to declare it"
        yield FittedTable(WIDE, NARROW, lambda: self._show(self.app.now), id="nodes", empty=none)

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:
        """Only nodes that changed are read again; the times of those that move go on by themselves."""
        self._read(board, changed)
        self._show(now)

    def subject(self) -> Subject | None:
        name = self.query_one(FittedTable).selected
        node = self._known.get(f"{Kind.NODE}/{name}")
        return Subject("node", node.name, node.site) if node else None

    def _read(self, board: Board, changed: frozenset[str]) -> None:
        if self._generation != board.generation:
            self._generation = board.generation
            self._known, self._heard = {}, {}
        # In the order of the inventory where all of them come, and at their places later.
        for key in board.devices() if not self._known else changed:
            if key.startswith(f"{Kind.NODE}/") and key in board:
                health = board.device(key)
                if not _says_the_same(self._heard.get(key), health):
                    self._known[key] = read(health)
                self._heard[key] = health

    def _show(self, now: float) -> None:
        nodes = sorted(
            self._known.values(), key=lambda one: order(one.state)
        )  # else as the inventory has them
        table = self.query_one(FittedTable)
        rows = [self._row(node, table.columns, now) for node in nodes]
        self._rows = {one.key: (node, table.columns, one) for node, one in zip(nodes, rows, strict=True)}
        table.show(rows)
        self.query_one(".tally", Line).tell(tally(nodes))

    def _row(self, node: Node, columns: tuple[Column, ...], now: float) -> Row:
        """The row of before where nothing of it is otherwise: only what moves has times that go on."""
        kept = self._rows.get(node.name)
        if kept is not None and not node.moving and kept[0] == node and kept[1] is columns:
            return kept[2]
        return row(node, columns, now)


def _says_the_same(before: DeviceHealth | None, now: DeviceHealth) -> bool:
    """Whether nothing that is shown is otherwise: most nodes rest, and are heard of all the same."""
    if before is None or (before.state, before.trouble, before.reasons) != (
        now.state,
        now.trouble,
        now.reasons,
    ):
        return False
    return before.facts == now.facts and before.figures.get("progress") == now.figures.get("progress")
