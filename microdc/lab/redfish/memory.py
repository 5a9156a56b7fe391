"""A machine that is no more than its state: under recorded trees, in tests, and where a thousand BMCs are to be measured."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from microdc.lab.redfish.world import Boot


@dataclass(frozen=True, slots=True)
class MemoryBoot:
    """A `Boot`."""

    target: str = "none"
    enabled: str = "disabled"
    mode: str = "bios"


class MemoryMachine:
    """A `Machine` in memory. starts: what each start booted from, oldest first; nmis: how many came while it was on."""

    def __init__(self, *, on: bool = False, mode: str = "bios", obeys: bool = True) -> None:
        self._lock = threading.RLock()
        self._on = on
        self._boot = MemoryBoot(mode=mode)
        self._obeys = obeys
        self.starts: list[str] = []
        self.nmis = 0

    def power(self) -> bool:
        return self._on

    def on(self) -> None:
        with self._lock:
            if self._on:
                return
            self._on = True
            self.starts.append(self._boot.target)
            if self._boot.enabled == "once":
                self._boot = replace(self._boot, target="none", enabled="disabled")

    def off(self) -> None:
        with self._lock:
            self._on = False

    def shutdown(self) -> None:
        if self._obeys:
            self.off()

    def reset(self) -> None:
        with self._lock:
            if self._on:
                self.off()
                self.on()

    def nmi(self) -> None:
        with self._lock:
            self.nmis += self._on

    def boot(self) -> MemoryBoot:
        return self._boot

    def set_boot(self, request: Boot) -> None:
        with self._lock:
            self._boot = MemoryBoot(request.target, request.enabled, request.mode)
