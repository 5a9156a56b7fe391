"""Machines that load their own loader again and again: each time it starts, it loads itself. Pure."""

from __future__ import annotations

import threading
from collections import deque

TIMES = 4
SECONDS = 300.0
"""So often within so long, without a script asked for between: no boot that goes well needs it more than twice."""


class Loops:
    """By node name. In a loop is who is given no loader any more, until it is armed anew or asks for its script. For several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looping: set[str] = set()
        self._loads: dict[str, deque[float]] = {}

    def looping(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._looping)

    def loaded(self, node: str, now: float) -> int:
        """A node was sent its loader. How often within the time, where that makes it a loop just now; else 0."""
        with self._lock:
            loads = self._loads.setdefault(node, deque(maxlen=TIMES))
            loads.append(now)
            if node in self._looping or len(loads) < TIMES or now - loads[0] > SECONDS:
                return 0
            self._looping.add(node)
            return len(loads)

    def over(self, node: str) -> bool:
        """It asked for its script, or begins anew. Whether it was in a loop."""
        with self._lock:
            self._loads.pop(node, None)
            was = node in self._looping
            self._looping.discard(node)
            return was
