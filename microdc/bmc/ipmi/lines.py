"""Lines that come through a descriptor, waited for no longer than wanted."""

from __future__ import annotations

import os
import select
import time

from microdc.bmc.ipmi.wire import LONGEST


class Lines:
    """The lines of a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._held = b""
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def next(self, seconds: float | None) -> bytes | None:
        """The next line; None where none comes in time. Raises EOFError at the end, or where a line is too long."""
        end = None if seconds is None else time.monotonic() + seconds
        while b"\n" not in self._held:
            left = None if end is None else max(0.0, end - time.monotonic()) * 1000
            if not self._poll.poll(left):
                return None
            data = os.read(self._descriptor, 4096)
            if not data or len(self._held) > LONGEST:
                raise EOFError
            self._held += data
        first, _, self._held = self._held.partition(b"\n")
        return first
