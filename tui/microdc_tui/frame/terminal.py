"""The terminal: asked to end by a signal, the app gives it back as it was."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from microdc.errors import Exit

if TYPE_CHECKING:
    from textual.app import App


def end_on_signals(app: App[int]) -> None:
    """SIGTERM and SIGHUP end the app as `q` does, with the exit code of something interrupted. Only a process's main thread can listen."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # under nohup
        with suppress(RuntimeError, ValueError):
            loop.add_signal_handler(number, app.exit, Exit.INTERRUPTED, Exit.INTERRUPTED)
