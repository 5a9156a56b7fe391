"""Where a node is in its life, by glyph, word and colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content

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


def tally(nodes: Iterable[Node]) -> Content:
    """How many are in each state, such as: 24 nodes   ✗ 1 failed   ▶ 3 deploying   ● 20 active."""
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.state or "unknown"] = counts.get(node.state or "unknown", 0) + 1
    total = sum(counts.values())
    told = [Content.styled(f"{total} node{'' if total == 1 else 's'}", "bold")]
    for state in sorted(counts, key=lambda one: (order(one), one)):
        glyph, word, style = SIGNS.get(state) or Sign("○", plain(state), "$text-muted")
        told.append(Content.styled(f"{glyph} {counts[state]} {word}", style))
    return Content("  ").join(told)
