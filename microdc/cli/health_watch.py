"""`microdc health --watch`: a table that stays in its place on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context, health_results, render
from microdc.cli.render import Table
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.cli.health_sources import Source, Watched
    from microdc.health.board import Alert, Board
    from microdc.health.stream import Record

_TICK = 1.0


def show(watched: Watched, stop: threading.Event, *, detailed: bool, count: int | None) -> Exit:
    """Shows it until somebody interrupts, or so many times; the exit code is that of the last."""
    from microdc.health.board import Board

    board, told = Board(), _pumped(watched.source, stop)
    ticks = 0
    try:
        with _shown(detailed=detailed) as paint:
            while count is None or ticks < count:
                records = _until(told, time.monotonic() + _TICK)
                at = health_results.now()
                board.apply(records, at)
                board.tick(at)
                paint(board, at)
                ticks += 1
    finally:
        stop.set()
    return health_results.verdict(board, detailed=detailed)


Told = queue.SimpleQueue["Record | Exception"]


def _pumped(source: Source, stop: threading.Event) -> Told:
    """The records of a source, taken by a thread of its own; last what ended them."""
    told: Told = queue.SimpleQueue()

    def take() -> None:
        try:
            for record in source.run(stop):
                told.put(record)
        except Exception as error:  # noqa: BLE001  whatever it is, it is told where it is waited for
            told.put(error)

    threading.Thread(target=take, name="feed", daemon=True).start()
    return told


def _until(told: Told, end: float) -> list[Record]:
    """All that comes until a moment. Raises what ended the records."""
    found: list[Record] = []
    while (left := end - time.monotonic()) > 0:
        try:
            one = told.get(timeout=left)
        except queue.Empty:
            break
        if isinstance(one, Exception):
            raise one
        found.append(one)
    return found


Paint = Callable[["Board", float], None]


@contextmanager
def _shown(*, detailed: bool) -> Iterator[Paint]:
    if context.settings().output.value == "table" and render.is_fancy(sys.stdout):
        from rich.console import Group
        from rich.live import Live

        with Live(auto_refresh=False, vertical_overflow="ellipsis") as live:

            def paint(board: Board, at: float) -> None:
                human = health_results.human(board, at, detailed=detailed)
                parts = [human] if isinstance(human, str | Table | render.Picture) else list(human)
                drawn = [render.rich_table(one) if isinstance(one, Table) else str(one) for one in parts]
                live.update(Group(*drawn), refresh=True)

            yield paint
    else:
        yield _Lines()


class _Lines:
    """What changed since it was looked at last, a line for each change of a device."""

    def __init__(self) -> None:
        self._newest: Alert | None = None

    def __call__(self, board: Board, at: float) -> None:
        del at
        new: list[Alert] = []
        for alert in board.alerts:
            if alert is self._newest:
                break
            new.append(alert)
        if new:
            self._newest = new[0]
        for alert in reversed(new):
            _line(alert)


def _line(alert: Alert) -> None:
    chosen = context.settings().output.value
    if chosen == "json":
        click.echo(json.dumps(render.document("HealthChange", _data(alert)), ensure_ascii=False))
    elif chosen == "yaml":
        click.echo("---")
        render.emit("HealthChange", _data(alert))
    else:
        clock = f"{datetime.fromtimestamp(alert.at).astimezone():%H:%M:%S}"
        why = f": {alert.why}" if alert.why else ""
        click.echo(f"{clock}  {alert.device:<28}  {alert.before} -> {alert.after}{why}")


def _data(alert: Alert) -> dict[str, Any]:
    return {
        "at": health_results.iso(alert.at),
        "device": alert.device,
        "from": alert.before,
        "to": alert.after,
        "why": alert.why or None,
    }
