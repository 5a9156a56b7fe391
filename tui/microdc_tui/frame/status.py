"""What the lines around a screen say. Pure but for reading the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.style import Style

from microdc.health.model import State
from microdc_tui.glyphs import GRAVITY, SIGNS
from microdc_tui.moments import clock
from microdc_tui.text import plain

if TYPE_CHECKING:
    from microdc.health.board import Board
    from microdc_tui.screens.base import View
    from microdc_tui.shell import Shell

MUTED = "$text-muted"


def crumbs(views: Sequence[View]) -> Content:
    """The way from the start to here; each step but the last can be clicked."""
    parts: list[Content] = []
    for depth, view in enumerate(views):
        name = plain(view.crumbs())
        if depth == len(views) - 1:
            parts.append(Content.styled(name, "bold"))
        else:
            parts.append(Content.styled(name, Style.from_meta({"@click": f"app.back_to({depth})"})))
    way = Content.styled(" › ", MUTED).join(parts)
    return Content.assemble(("microdc", "bold $accent"), (" › ", MUTED), way)


def totals(board: Board, now: float) -> Content:
    """How many sites are in each state, the gravest first, and the time."""
    counts: dict[State, int] = {}
    for site in board.sites(now):
        counts[site.state] = counts.get(site.state, 0) + 1
    parts = [
        Content.styled(f"{SIGNS[state].glyph} {counts[state]}", SIGNS[state].style)
        for state in sorted(counts, key=GRAVITY.__getitem__)
    ]
    return Content("  ").join([*parts, Content.styled(clock(now), MUTED)])


def left(app: Shell) -> Content:
    """The lock, the world and how it feeds us."""
    if app.world.readonly:
        lock = Content.styled("watch only", MUTED)
    elif app.write:
        lock = Content.styled("▲ WRITE", "bold $warning")
    else:
        lock = Content.styled("locked", MUTED)
    return Content.styled("  ·  ", MUTED).join([lock, Content(plain(app.world.title))])


def right(app: Shell) -> Content:
    """What is asked and dropped, and the age of what is shown."""
    parts: list[Content] = []
    if app.paused_at is not None:
        held = f"⏸ paused at {clock(app.paused_at)}, {app.feed.waiting} samples wait"
        parts.append(Content.styled(held, "bold $warning"))
    running = list(app.asking.running.values())
    if running:
        more = f" and {len(running) - 1} more" if len(running) > 1 else ""
        parts.append(Content.styled(f"… {plain(' '.join(running[0]))[:40]}{more}", "$accent"))
    lost = app.dropped + sum(app.board.dropped.values())
    if lost:
        parts.append(Content.styled(f"{lost:,} dropped", "$warning"))
    parts.append(age(app.board, app.world.now()))
    return Content.styled("  ·  ", MUTED).join(parts)


def age(board: Board, now: float) -> Content:
    """How old the newest sample of all is: a feed that stands still shows at once."""
    newest = max((one.at for one in board.devices().values() if one.at is not None), default=None)
    if newest is None:
        return Content.styled("○ no sample yet", MUTED)
    seconds = max(0.0, now - newest)
    style = "$success" if seconds < 5 else "$warning" if seconds < 30 else "$error"
    glyph = "●" if seconds < 5 else "▲" if seconds < 30 else "✗"
    return Content.styled(f"{glyph} {duration(seconds)} old", style)


def notice(app: Shell) -> str:
    """What keeps the screen from telling the truth, in a line; "" where there is nothing."""
    if app.failure:
        return f"✗ {app.failure} · l: the log"
    if app.world.trouble:
        return f"▲ {app.world.trouble}"
    problems = app.board.fleet.problems
    if problems:
        more = f" (and {len(problems) - 1} more · l: the log)" if len(problems) > 1 else ""
        return f"▲ {problems[0]}{more}"
    return ""


def duration(seconds: float) -> str:
    """Seconds in at most five cells: 0.4 s, 12 s, 3 min, 5 h, 2 d."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    for limit, unit, size in ((120, "s", 1), (7200, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"
