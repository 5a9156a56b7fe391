"""Words found in what a command says. Pure."""

from __future__ import annotations

import re


def first(text: str, *patterns: str) -> str | None:
    """What the first pattern that fits a line has in its group; None where none fits."""
    for pattern in patterns:
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            return found.group(1)
    return None
