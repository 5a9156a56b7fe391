"""The names of what a machine is plugged in with. Pure."""

from __future__ import annotations

import hashlib


def tap_of(server: str, number: int) -> str:
    """The name of a server's tap: unique in its site, since a hash of the name is in it."""
    return f"t{hashlib.sha256(server.encode()).hexdigest()[:9]}-{number}"
