"""The terminal has been given back, and something goes on: what becomes of it is told in plain lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from threading import Timer
from typing import TYPE_CHECKING, Final

from microdc_tui.world.ports import World

if TYPE_CHECKING:
    from microdc_tui.acting import Act

PATIENCE: Final = 0.7
"""Seconds of waiting that need no word."""


def close(world: World) -> None:
    """Ends a world. Where devices take their time to be logged out of, that is said."""
    waiting = Timer(PATIENCE, _say, ("logging out of what is polled; Ctrl-C does not wait for it",))
    waiting.daemon = True
    waiting.start()
    try:
        world.close()
    finally:
        waiting.cancel()


def tell(running: Iterable[Act], world: World) -> None:
    """What still runs, and what becomes of it."""
    for act in running:
        from microdc_tui.acting import command  # noqa: PLC0415  where acts run, it is loaded
        from microdc_tui.text import plain  # noqa: PLC0415

        _say(plain(f"{command(act.action, world.shared)}: {world.farewell}"))


def _say(line: str) -> None:
    with suppress(OSError, ValueError):  # the terminal may be what is gone
        sys.stderr.write(f"{line}\n")
