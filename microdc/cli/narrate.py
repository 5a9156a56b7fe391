"""Narration of long operations on stderr: moving lines on a terminal, one plain line a step elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import click

from microdc.cli import context, render
from microdc.events import Step

if TYPE_CHECKING:
    from rich.status import Status

R = TypeVar("R")
_EVERY = 5.0
"""Seconds between two plain lines of progress of one step: enough to see that it lives, few enough for a log."""


def watch(operation: Generator[Step, None, R]) -> R:
    """Runs an operation to its end, tells its steps on stderr, and returns what it returns.

    Where they cannot be told, or somebody interrupts, the operation is ended here, while all that it needs is still open.
    """
    with Narrator() as narrator, closing(operation):
        while True:
            try:
                step = next(operation)
            except StopIteration as end:
                result: R = end.value
                return result
            narrator(step)


class Narrator:
    """Tells steps as they come; a context manager, so that a terminal's moving line ends also on failure."""

    def __init__(self) -> None:
        self._quiet = context.settings().verbosity.value < 0
        self._fancy = render.is_fancy(sys.stderr)
        self._began: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if self._fancy and not self._quiet:
            from rich.console import Console

            self._status = Console(file=sys.stderr, highlight=False).status("")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, step: Step) -> None:
        if self._quiet:
            return
        now = time.monotonic()
        if step.state == "started":
            self._began[step.what] = self._told[step.what] = now
        if self._status is not None:
            self._move(self._status, step, now)
        elif step.state != "progress" or now - self._told.get(step.what, now) >= _EVERY:
            self._told[step.what] = now
            click.echo(line(step, self._took(step, now)), err=True)
        if step.state in ENDS:
            self._began.pop(step.what, None)

    def _took(self, step: Step, now: float) -> float | None:
        return now - self._began[step.what] if step.state == "done" and step.what in self._began else None

    def _move(self, status: Status, step: Step, now: float) -> None:
        from rich.text import Text

        # as Text: in a plain string, words of a BMC in brackets, or an IPv6 address, are taken for markup
        if step.state in ENDS:
            status.console.print(line(step, self._took(step, now)), markup=False)
            waiting = [what for what in self._began if what != step.what]
            if waiting:
                status.update(Text(f"{waiting[-1]} ..."))
            else:
                status.stop()
        else:
            status.update(Text(line(step, None)))
            status.start()


ENDS = frozenset({"done", "skipped", "asked", "failed"})
"""States with which a step ends."""


def line(step: Step, took: float | None) -> str:
    """A step as one line, such as `fetch the kernel: done, 61.2 MB (3.1 s)`."""
    parts: list[str] = [step.state] if step.state in ENDS else []
    if step.done is not None:
        parts.append(_count(step))
    if step.detail:
        parts.append(step.detail)
    text = f"{step.what}: {', '.join(parts)}" if parts else f"{step.what} ..."
    return (
        f"{text} ({took:.1f} s)" if took is not None and took >= 0.1 else text
    )  # shorter ones are not worth a number


def _count(step: Step) -> str:
    done, total = step.done or 0, step.total
    if step.unit == "bytes":
        megabytes = f"{done / 1e6:.1f} MB"
        return f"{megabytes} of {total / 1e6:.1f} MB" if total and step.state == "progress" else megabytes
    counted = f"{done} of {total}" if total is not None else f"{done}"
    return f"{counted} {step.unit}".strip()
