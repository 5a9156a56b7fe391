"""The keys by which a cursor goes over something that has rows and columns."""

from __future__ import annotations

from textual.binding import Binding, BindingType


def plane(first: str, last: str) -> list[BindingType]:
    """Its actions are `move(across, down)`, `page(by)`, `edge(0 or -1)` and `open`. first, last: what the edges are, for the help."""
    return [
        Binding("left", "move(-1,0)", "Left", show=False),
        Binding("right", "move(1,0)", "Right", show=False),
        Binding("up,k", "move(0,-1)", "Up", show=False),
        Binding("down,j", "move(0,1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(0)", first, show=False),
        Binding("end,G", "edge(-1)", last, show=False),
        Binding("enter", "open", "Open", show=False),
    ]
