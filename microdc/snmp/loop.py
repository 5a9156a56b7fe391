"""The one asyncio loop of the process, in a thread of its own, begun by the first who needs it.

One loop for all clients and not `asyncio.run` for each call: the sessions live on it between calls, and with them what SNMPv3 found out about the
agent (its engine id and clock, two packets each time), and so do pysnmp's engines, each of which takes some 0.3 s of computing to make.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_guard = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_END_SECONDS = 5.0


def run(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns or raises; it is cancelled where the waiting is interrupted. Not to be called from the loop itself."""
    future = asyncio.run_coroutine_threadsafe(work, _running())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def _running() -> asyncio.AbstractEventLoop:
    global _loop, _thread  # noqa: PLW0603  it is the process's
    with _guard:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            # a daemon: a process that ends must not wait for packets
            _thread = threading.Thread(target=_loop.run_forever, name="snmp", daemon=True)
            _thread.start()
            atexit.register(_end)
        return _loop


def _end() -> None:
    """Ends the loop in order, so that no task is destroyed while it is pending."""
    if _loop is None or _thread is None:
        return
    asyncio.run_coroutine_threadsafe(_cancel_all(), _loop).result(_END_SECONDS)
    _loop.call_soon_threadsafe(_loop.stop)
    _thread.join(_END_SECONDS)
    _loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
