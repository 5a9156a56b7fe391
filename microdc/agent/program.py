"""The agent's program: the package `resident` as one file."""

from __future__ import annotations

import hashlib
from functools import cache

from microdc.host.bundle import bundle


@cache
def source() -> bytes:
    """The package `resident` as a zip file that any python3 runs; same sources, same bytes."""
    return bundle("microdc.agent.resident", "from resident.start import main\n\nmain()\n")


def file_name() -> str:
    """The name under which it lies on a host: another one for each version."""
    return f"agent-{hashlib.sha256(source()).hexdigest()[:12]}.pyz"
