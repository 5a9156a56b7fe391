"""A line of history in one line of text."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from textual.content import Content

_STEPS = "▁▂▃▄▅▆▇█"
_GAP = "·"


def spark(
    values: Sequence[float | None],
    width: int,
    *,
    low: float | None = None,
    high: float | None = None,
    style: str = "$accent",
) -> Content:
    """The last `width` values as bars, the newest on the right; a moment without a value is a dot.

    low, high: what the lowest and the highest bar stand for; by default the least and the greatest value shown.
    """
    shown = list(values)[-width:] if width > 0 else []
    known = [value for value in shown if value is not None and isfinite(value)]
    if not known:
        return Content.styled(_GAP * len(shown), "$text-muted").pad_left(max(0, width - len(shown)))
    floor = min(known) if low is None else low
    ceiling = max(known) if high is None else high
    text = "".join(_bar(value, floor, ceiling) for value in shown)
    return Content.styled(text, style).pad_left(max(0, width - len(shown)))


def _bar(value: float | None, floor: float, ceiling: float) -> str:
    if value is None or not isfinite(value):
        return _GAP
    if ceiling <= floor:
        return _STEPS[0] if value <= floor else _STEPS[-1]
    # By halves, so that no difference is too great for a float.
    share = (min(max(value, floor), ceiling) / 2 - floor / 2) / (ceiling / 2 - floor / 2)
    return _STEPS[min(len(_STEPS) - 1, int(share * len(_STEPS)))]
