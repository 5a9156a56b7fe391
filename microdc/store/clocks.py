"""The time: of the wall, and of the boot, which nobody can step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the clocks. wall: UTC. boot: which boot; "" where there is no boot clock. uptime: ns since it began."""

    wall: datetime
    boot: str = ""
    uptime: int = 0


class Clock(Protocol):
    """Something that tells the time."""

    def read(self) -> Reading: ...


class SystemClock:
    """The clocks of this machine. The boot clock goes on while the machine sleeps."""

    def read(self) -> Reading:
        return Reading(datetime.now(UTC), boot_id(), time.clock_gettime_ns(time.CLOCK_BOOTTIME))


@cache
def boot_id() -> str:
    """The running kernel's id of this boot; "" where it tells none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
