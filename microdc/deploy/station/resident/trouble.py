"""What goes wrong in the program itself: told on standard error, which is a file of bounded size whatever others do to make it grow."""

from __future__ import annotations

import os
import stat
import sys
import traceback

MOST_BYTES = 1 << 20


def say(text: str) -> None:
    """A line. Where the file has grown too large it begins anew: what was told last matters most."""
    _make_room()
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def trace() -> None:
    """The exception that is being handled."""
    say(traceback.format_exc().rstrip())


def _make_room() -> None:
    try:
        handle = sys.stderr.fileno()
        there = os.fstat(handle)
        if stat.S_ISREG(there.st_mode) and there.st_size > MOST_BYTES:
            os.ftruncate(handle, 0)  # it is appended to
    except (OSError, ValueError):
        return  # it is no file: nothing grows
