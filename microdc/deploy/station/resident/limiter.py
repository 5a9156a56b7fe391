"""How often the same is noted: a stranger that asks again and again must not push out of the log what matters."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from .place import boottime

QUIET_SECONDS = 10.0
_KEYS = 1024
_NEW_KEYS = 100
"""How many of different kinds are noted within that time: a stranger may show another MAC address each time."""


class Limiter:
    """The first of a kind is noted at once, the next after a while. Of more kinds than can be told apart the oldest is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: OrderedDict[Hashable, float] = OrderedDict()
        self._window, self._count = 0.0, 0

    def allows(self, *key: Hashable) -> bool:
        now = boottime()
        with self._lock:
            last = self._noted.get(key)
            if last is not None and now - last < QUIET_SECONDS:
                return False
            if now - self._window > QUIET_SECONDS:
                self._window, self._count = now, 0
            if self._count >= _NEW_KEYS:
                return False
            self._count += 1
            self._noted[key] = now
            self._noted.move_to_end(key)
            if len(self._noted) > _KEYS:
                self._noted.popitem(last=False)
            return True
