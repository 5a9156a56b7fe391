"""What a person sees while nodes are deployed: one row a node that stays in its place, on a terminal that is one."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator
from dataclasses import replace

import pytest
from deploy_stories import BEGAN, RECORD

from microdc.cli.deploy_watch import Board, watch
from microdc.cli.render import Styled, plain_table
from microdc.deploy.model import NodeRecord, Phase, Progress, State
from microdc.deploy.pacing import Moved
from microdc.events import Step


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def moved(node: str, phase: Phase, *, said: str = "", eta: float | None = None, done: int = 0) -> Moved:
    progress = Progress(done, 1000, 250e6) if done else None
    record = replace(RECORD, name=node, phase=phase, since=BEGAN, progress=progress)
    return Moved(f"{node}: {phase}", "progress", said, done or None, node=node, record=record, eta=eta)


def ended(node: str, state: State, said: str) -> Moved:
    record: NodeRecord = replace(RECORD, name=node, state=state, phase=None)
    return Moved(node, "failed" if state is State.FAILED else "done", said, node=node, record=record)


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Called in a test, since pytest puts its own streams in place before each."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return stream


def test_each_node_has_a_row_with_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    with Board() as board:
        board(moved("a-c1", Phase.WORK, said="writes", eta=95.0, done=500))
        board(moved("a-c2", Phase.FIRMWARE, eta=240.0))
        board(moved("a-c1", Phase.WORK, eta=90.0, done=750))
        rows = [
            [str(cell.text if isinstance(cell, Styled) else cell) for cell in row]
            for row in board.table().rows
        ]
    assert rows == [
        ["a-c1", "work", f"{'#' * 12}{'.' * 4} 75 %", "250.0 MB/s", "2 min", "writes"],
        ["a-c2", "firmware", "None", "None", "4 min", "None"],
    ]
    assert "a-c2" in terminal.getvalue()


def test_a_node_that_came_to_its_end_shows_its_state(monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch)
    with Board() as board:
        board(moved("a-c1", Phase.WORK, done=500))
        board(ended("a-c1", State.FAILED, "is failed: its disk is broken"))
        shown = plain_table(board.table())
    assert "failed" in shown
    assert "its disk is broken" in shown
    assert "50 %" not in shown


def test_what_is_of_no_node_is_told_beside_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    with Board() as board:
        board(Step("building the ramdisk", "done"))
        assert board.table().rows == []
    assert "building the ramdisk: done" in terminal.getvalue()


def test_where_there_is_no_terminal_a_phase_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    def operation() -> Generator[Step, None, int]:
        yield Moved("a-c1: power", "started", node="a-c1", record=RECORD)
        yield ended("a-c1", State.ACTIVE, "is active")
        return 7

    assert watch(operation()) == 7
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == ["a-c1: power ...", "a-c1: done, is active"]


def test_an_operation_is_closed_where_the_watching_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []

    def operation() -> Generator[Step, None, int]:
        try:
            yield Step("x", "started")
        finally:
            closed.append(True)
        return 0

    def interrupted(self: Board, step: Step) -> None:
        del self, step
        raise KeyboardInterrupt

    monkeypatch.setattr(Board, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        watch(operation())
    assert closed == [True]
