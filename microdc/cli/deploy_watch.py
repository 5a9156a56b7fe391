"""How far nodes are while they are deployed: a table that stays in its place on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from microdc.cli import context, narrate, render
from microdc.cli.narrate import Narrator
from microdc.cli.render import Cell, Styled, Table
from microdc.events import Step

if TYPE_CHECKING:
    from rich.live import Live

    from microdc.deploy.pacing import Moved

R = TypeVar("R")
COLUMNS = ("node", "phase", "written", "rate", "left", "what")
STATE_STYLES = {
    "active": "green",
    "inspected": "green",
    "enrolled": "",
    "failed": "bold red",
    "maintenance": "yellow",
    "deploying": "cyan",
    "inspecting": "cyan",
    "cleaning": "cyan",
}
_BAR = 16
"""Characters of a bar."""


def watch(operation: Generator[Step, None, R]) -> R:
    """Runs an operation to its end and shows how far its nodes are, on stderr. Interrupted, it is closed, and the nodes go on by themselves."""
    with Board() as board, closing(operation):
        while True:
            try:
                step = next(operation)
            except StopIteration as end:
                result: R = end.value
                return result
            board(step)


@dataclass(slots=True)
class _Line:
    """What a node was last seen at. ended: "" while it moves."""

    moved: Moved
    said: str = ""
    ended: str = ""


class Board:
    """Takes steps as they come. What is of no node (the ramdisk, files on their way) is told as other commands tell it."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._fancy = render.is_fancy(sys.stderr) and context.settings().verbosity.value >= 0
        self._narrator = Narrator()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._fancy:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(file=sys.stderr, highlight=False), auto_refresh=False)
            self._live.start()
        else:
            self._narrator.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        else:
            self._narrator.__exit__(kind, error, trace)

    def __call__(self, step: Step) -> None:
        from microdc.deploy.pacing import Moved

        if isinstance(step, Moved) and step.node:
            self._lines[step.node] = _line(self._lines.get(step.node), step)
        if self._live is None:
            self._narrator(step)
        elif isinstance(step, Moved) and step.node:
            self._live.update(render.rich_table(self.table()), refresh=True)
        elif step.state in narrate.ENDS:
            self._live.console.print(narrate.line(step, None), markup=False)

    def table(self) -> Table:
        """All nodes, those that move with what is left."""
        return Table(COLUMNS, [_row(name, line) for name, line in self._lines.items()])


def _line(before: _Line | None, moved: Moved) -> _Line:
    said = moved.detail or (before.said if before and moved.state == "progress" else "")
    return _Line(moved, said, moved.state if moved.state in narrate.ENDS else "")


def _row(name: str, line: _Line) -> tuple[Cell, ...]:
    record = line.moved.record
    if line.ended or record is None or record.phase is None:
        state = str(record.state) if record else line.ended
        return name, Styled(state, STATE_STYLES.get(state, "")), None, None, None, line.said or None
    progress = record.progress if str(record.phase) == "work" else None
    written = rate = None
    if progress is not None and progress.total:
        written = bar(progress.done, progress.total)
        rate = f"{progress.rate / 1e6:.1f} MB/s" if progress.rate else None
    return name, Styled(str(record.phase), "cyan"), written, rate, left(line.moved.eta), line.said or None


def bar(done: int, total: int) -> str:
    """Such as ########........ 51 %."""
    share = min(1.0, done / total) if total else 0.0
    filled = round(share * _BAR)
    return f"{'#' * filled}{'.' * (_BAR - filled)} {100 * share:.0f} %"


def left(seconds: float | None) -> str | None:
    """A time that something still takes, roughly: 40 s, 3 min, 1 h 20 min."""
    if seconds is None:
        return None
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
