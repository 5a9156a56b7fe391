"""What stands over all else that is told of a node: what it is, how far, and how fast. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from microdc_tui.devices.wording import size, span
from microdc_tui.nodes.signs import sign
from microdc_tui.readings.nodes import Node
from microdc_tui.text import plain
from microdc_tui.widgets.progressbar import progress, track

_BAR = 34
"""Cells of the progress of a node, with its figure."""


def head(node: Node, now: float) -> tuple[Content, Content]:
    """Its state, its image, and why it failed or rests; on the right how its phase goes."""
    parts = [sign(node.state)]
    if node.image:
        parts.append(Content(plain(node.image)))
    if node.attempt > 1:
        parts.append(Content.styled(f"attempt {node.attempt}", "$warning"))
    if node.state == "failed" and node.failure is not None:
        cause = (plain(node.failure.cause), "bold $error")
        parts.append(Content.assemble(cause, "  ", plain(node.failure.text)))
    elif node.note:
        parts.append(Content.styled(plain(node.note), "$text-muted"))
    return Content("   ").join(parts), Content.styled("   ".join(_pace(node, now)), "$text-muted")


def way(node: Node, width: int) -> Content:
    """How far it is in all, and the phases behind it and before it, in so many cells."""
    bar = Content("")
    if node.moving and node.progress is not None:
        remains = f"  {span(node.eta)} left" if node.eta is not None else ""
        bar = Content.assemble(progress(node.progress, _BAR), (remains, "$text-muted"), "   ")
    return bar + track(node.phases, node.phase, width - bar.cell_length, failed=node.state == "failed")


def _pace(node: Node, now: float) -> Iterator[str]:
    """What is written of the image and how fast, and how long the phase has lasted."""
    if not node.moving:
        return
    if node.done is not None and node.total is not None:
        rate = f" at {size(node.rate)}/s" if node.rate else ""
        yield f"{size(node.done)} of {size(node.total)}{rate}"
    if node.since is not None:
        yield f"in {plain(node.phase)} for {span(now - node.since)}"
