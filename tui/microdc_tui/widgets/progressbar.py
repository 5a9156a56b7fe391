"""How far something has come, in one line of text. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

_FULL, _EMPTY = "━", "─"
PERCENT = 5
"""Cells of the figure behind a bar."""


def bar(share: float, width: int, *, style: str = "$accent") -> Content:
    """A bar of so many cells. share: 0..1; what lies beside is taken for the nearer end."""
    full = round(min(1.0, max(0.0, share)) * max(0, width))
    return Content.assemble((_FULL * full, style), (_EMPTY * (width - full), "$text-disabled"))


def progress(share: float | None, width: int) -> Content:
    """A bar and its figure, such as ━━━━━────  45 %, in so many cells; nothing where it is not known."""
    if share is None:
        return Content("")
    figure = f"{min(99, int(100 * share)) if share < 1 else 100:>3} %"
    if width <= PERCENT + 3:
        return Content(figure)
    return Content.assemble(bar(share, width - PERCENT - 1), " ", figure)


def track(steps: Sequence[str], current: str, width: int, *, failed: bool = False) -> Content:
    """Where in a row of steps something is: ✓ those behind it, ▶ (or ✗) the one that it is in, · those before it.

    All steps bear their names where there is room, else only the one that it is in, with its number.
    """
    if current not in steps:
        return Content("")
    at = steps.index(current)
    here = ("✗", "bold $error") if failed else ("▶", "bold $accent")
    marks = [("✓", "$success")] * at + [here] + [("·", "$text-muted")] * (len(steps) - at - 1)
    if sum(len(step) + 4 for step in steps) - 2 <= width:
        named = [(f"{mark} {step}", style) for (mark, style), step in zip(marks, steps, strict=True)]
        return Content("  ").join(Content.styled(text, style) for text, style in named)
    return Content.assemble(*marks, ("  " + current, here[1]), (f", {at + 1} of {len(steps)}", "$text-muted"))
