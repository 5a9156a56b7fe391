"""Where a node is in its life, by glyph, word and colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from textual.content import Content

from microdc_tui.devices.wording import span
from microdc_tui.glyphs import Sign
from microdc_tui.readings.nodes import Node
from microdc_tui.text import plain

SIGNS: Mapping[str, Sign] = {
    "failed": Sign("✗", "failed", "$error"),
    "deploying": Sign("▶", "deploying", "$accent"),
    "inspecting": Sign("▶", "inspecting", "$accent"),
    "cleaning": Sign("▶", "cleaning", "$accent"),
    "maintenance": Sign("■", "maintenance", "$secondary"),
    "enrolled": Sign("○", "enrolled", "$text-muted"),
    "inspected": Sign("●", "inspected", "$foreground"),
    "active": Sign("●", "active", "$success"),
}
"""In the order in which they are shown: what needs somebody first."""
_ORDER = {word: number for number, word in enumerate(SIGNS)}


def sign(state: str) -> Content:
    """Glyph and word; a state that is not known here by its word alone."""
    found = SIGNS.get(state)
    if found is None:
        return Content.styled(f"○ {plain(state) or 'unknown'}", "$text-muted")
    return Content.styled(f"{found.glyph} {found.word}", found.style)


def phase(node: Node) -> Content:
    """The phase of a node that moves, with the glyph and the colour of its state."""
    glyph, _, style = SIGNS.get(node.state) or Sign("○", "", "$text-muted")
    return Content.styled(f"{glyph} {plain(node.phase)}", style)


def order(state: str) -> int:
    """What needs somebody comes first."""
    return _ORDER.get(state, len(_ORDER))


def tally(nodes: Sequence[Node]) -> Content:
    """How many are in each state, and when the last that moves is there: 24 nodes  ✗ 1 failed  ▶ 3 deploying, 4 min left  ● 20 active."""
    counts = Counter(node.state or "unknown" for node in nodes)
    told = [Content.styled(f"{len(nodes)} node{'' if len(nodes) == 1 else 's'}", "bold")]
    for state in sorted(counts, key=lambda one: (order(one), one)):
        glyph, word, style = SIGNS.get(state) or Sign("○", plain(state), "$text-muted")
        told.append(Content.styled(f"{glyph} {counts[state]} {word}{_left(nodes, state)}", style))
    return Content("  ").join(told)


def _left(nodes: Sequence[Node], state: str) -> str:
    """Until all that move so are there; nothing where that is not known of each."""
    left = [node.eta for node in nodes if node.state == state and node.moving]
    known = [eta for eta in left if eta is not None]
    return f", {span(max(known))} left" if known and len(known) == len(left) else ""
