"""Whether a MAC address may be another one mistyped, or that of another port of the same card. Pure."""

from __future__ import annotations

_NEIGHBOURS = 8
"""Ports of one card have addresses that follow each other: at most this far apart."""


def alike(one: str, other: str) -> bool:
    """One or two digits differ, two digits beside each other changed places, or one follows closely on the other. Not for the same one."""
    a, b = one.replace(":", ""), other.replace(":", "")
    if a == b or len(a) != 12 or len(b) != 12:
        return False
    differing = [index for index in range(12) if a[index] != b[index]]
    if len(differing) <= 2:
        return True
    return a[:6] == b[:6] and abs(int(a, 16) - int(b, 16)) <= _NEIGHBOURS
