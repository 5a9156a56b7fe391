"""The terminal: asked to end by a signal, the app gives it back as it was."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from microdc.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from textual.app import App

    Handler = Callable[[int, FrameType | None], object]


def end_on_signals(app: App[int]) -> None:
    """SIGTERM and SIGHUP end the app as `q` does, with the exit code of something interrupted. Only a process's main thread can listen."""
    loop = asyncio.get_running_loop()
    _begin_again_only_after_a_stop(loop)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # under nohup
        with suppress(RuntimeError, ValueError):
            loop.add_signal_handler(number, app.exit, Exit.INTERRUPTED, Exit.INTERRUPTED)


def _begin_again_only_after_a_stop(loop: asyncio.AbstractEventLoop) -> None:
    """Textual takes the terminal anew at every SIGCONT. One comes with the SIGHUP of a terminal that is gone: it would be read forever then."""
    stop, go_on = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)
    if not (callable(stop) and callable(go_on)):
        return  # no driver of a terminal
    stopped = False

    def stops(handler: Handler) -> None:
        nonlocal stopped
        stopped = True
        handler(signal.SIGTSTP, None)

    def goes_on(handler: Handler) -> None:
        nonlocal stopped
        if stopped:
            stopped = False
            handler(signal.SIGCONT, None)

    with suppress(RuntimeError, ValueError):
        loop.add_signal_handler(signal.SIGTSTP, stops, stop)
        loop.add_signal_handler(signal.SIGCONT, goes_on, go_on)
