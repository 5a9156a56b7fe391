"""A history as bars of several lines. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

_STEPS = " ▁▂▃▄▅▆▇█"
_GAP = "·"
"""A moment of which nothing is known, on the lowest line."""


def bars(values: Sequence[float | None], width: int, height: int, ceiling: float) -> list[str]:
    """So many lines from the top, each `width` cells, the newest moment on the right. ceiling: what a bar of the full height stands for; greater values have it too."""
    shown = list(values)[-width:] if width > 0 else []
    columns = [_column(value, height, ceiling) for value in shown]
    before = " " * (width - len(columns))
    return [before + "".join(column[line] for column in columns) for line in range(height)]


def _column(value: float | None, height: int, ceiling: float) -> str:
    if value is None or not math.isfinite(value):
        return _GAP.rjust(height)
    share = min(1.0, max(0.0, value / ceiling)) if ceiling > 0 else 0.0
    eighths = max(1, round(share * height * 8))  # what is there is seen, if it is nothing
    return "".join(_STEPS[min(8, max(0, eighths - 8 * line))] for line in range(height - 1, -1, -1))
