"""A node as the row of a table."""

from __future__ import annotations

from textual.content import Content

from microdc_tui.devices.wording import span
from microdc_tui.nodes.signs import order, phase, sign
from microdc_tui.readings.nodes import Node
from microdc_tui.text import plain
from microdc_tui.widgets.progressbar import progress
from microdc_tui.widgets.rows import Cell, Column, Row

WIDE = (
    Column("node", "node", 16),
    Column("site", "site", 13),
    Column("is", "is", 13),
    Column("what", "image, or why"),
    Column("for", "for", 8, "right"),
    Column("attempt", "try", 3, "right"),
    Column("progress", "progress", 16),
    Column("left", "left", 8, "right"),
)
NARROW = (
    Column("node", "node", 14),
    Column("is", "is", 13),
    Column("what", "image, or why"),
    Column("progress", "progress", 11),
    Column("left", "left", 8, "right"),
)
"""For 80 cells."""


def row(node: Node, columns: tuple[Column, ...], now: float) -> Row:
    """What there is to tell of a node, in these columns; of one that moves its phase stands for its state. now: for how long it has been in it."""
    width = next((one.width for one in columns if one.id == "progress"), 0)
    moving = node.moving
    cells: dict[str, Cell] = {
        "node": plain(node.name),
        "site": plain(node.site),
        "is": phase(node) if moving and node.phase else sign(node.state),
        "for": span(now - node.since) if node.since is not None and moving else "",
        "progress": progress(node.progress, width) if moving else "",
        "left": left(node, now) if moving else "",
        "attempt": str(node.attempt) if node.attempt > 1 or moving else "",
        "what": what(node),
    }
    labels = {"site": node.site, "state": node.state, "phase": node.phase, "image": node.image}
    sorts: dict[str, float | str] = {
        "is": order(node.state),
        "progress": node.progress if node.progress is not None and moving else -1.0,
        "left": node.eta if node.eta is not None and moving else float("inf"),
        "for": now - node.since if node.since is not None and moving else -1.0,
    }
    if node.failure is not None:
        labels["cause"] = node.failure.cause
    return Row(node.name, tuple(cells[one.id] for one in columns), labels, sorts=sorts)


def left(node: Node, now: float) -> str:
    """How long it still takes, where that is known; else how long its phase may still take at the most."""
    if node.eta is not None:
        return span(node.eta)
    if node.deadline is None:
        return ""
    return f"< {span(node.deadline - now)}" if node.deadline > now else "late"


def what(node: Node) -> Content:
    """Why nothing is known of it now, why it failed or is kept out, else what it runs or is given."""
    if node.trouble:
        return Content.styled(f"▲ {plain(node.trouble)}", "$warning")
    if _failed(node) and node.failure is not None:
        failure = node.failure
        where = f"{plain(node.phase)}: " if node.phase else ""
        return Content.assemble(
            (plain(failure.cause or "failed"), "bold $error"),
            "  ",
            (where, "$text-muted"),
            plain(failure.text),
        )
    if node.note and not node.moving:
        return Content.assemble(
            plain(node.note), ("  " + plain(node.image), "$text-muted") if node.image else ""
        )
    return Content.assemble(plain(node.image), (f"  {plain(node.note)}", "$text-muted") if node.note else "")


def _failed(node: Node) -> bool:
    return node.state == "failed"
