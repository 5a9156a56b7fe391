"""`microdc health --feed`: all that is polled, as lines for a program that shows it, or for a file."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING

from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.health.stream import Record

_LOOK = 500
"""Milliseconds after which it is looked whether the reading continues."""


def feed(records: Generator[Record, None, None], stop: threading.Event) -> Exit:
    """Writes records until there are no more, or nobody reads them any longer: who started this may be gone, with nothing said."""
    from microdc.health.stream import encode

    out = sys.stdout.fileno()
    threading.Thread(target=_watch, args=(out, stop), name="reader", daemon=True).start()
    with closing(records):
        for record in records:
            try:
                _write(out, f"{encode(record)}\n".encode("ascii"))
            except BrokenPipeError:
                break
    return Exit.OK


def _write(out: int, line: bytes) -> None:
    while line:
        line = line[os.write(out, line) :]


def _watch(out: int, stop: threading.Event) -> None:
    """Ends it when the other end of a pipe is closed, also while there is nothing to be written."""
    poll = select.poll()
    poll.register(out, 0)
    while not stop.is_set():
        if any(event & (select.POLLERR | select.POLLNVAL) for _, event in poll.poll(_LOOK)):
            stop.set()
