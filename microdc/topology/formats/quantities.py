"""Numbers with exponents that nobody means: printing or scaling one takes more memory than there is."""

from __future__ import annotations

import re

_LONG = re.compile(r"[0-9._][eE][+-]?[0_]*[1-9][0-9_]{2}")


def bounded(text: str) -> str:
    """The text. Raises ValueError where a number in it has an exponent of three digits or more."""
    if _LONG.search(text):
        raise ValueError(f"{text[:40]!r} is out of range")
    return text
