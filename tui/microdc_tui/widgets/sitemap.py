"""The sites where they are on the earth, and the pairs between them in the colours of their states."""

from __future__ import annotations

from collections.abc import Mapping

from textual.strip import Strip
from textual.widget import Widget

from microdc.drawing.model import Line, Node
from microdc.drawing.terminal_map import terminal_map
from microdc.health.model import Place, State
from microdc_tui.glyphs import GRAVITY, SIGNS
from microdc_tui.pairs.choosing import Drawn
from microdc_tui.pairs.link import Link
from microdc_tui.spans import DIM, filled
from microdc_tui.text import plain
from microdc_tui.widgets.brush import Brush

_QUIET = "55%"
"""Of its colour has a pair that is well, so that the others are seen."""


class Sitemap(Widget):
    """Drawn again only when a state, the selection or its size is another one."""

    DEFAULT_CSS = """
    Sitemap { background: $background; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's word
        super().__init__(id=id)
        self._shown: tuple[tuple[Node, ...], tuple[Line, ...], str, bool] = ((), (), "", False)
        self._strips: list[Strip] | None = None

    def show(
        self,
        found: Drawn,
        states: Mapping[str, State],
        selected: tuple[str, str] | None,
        *,
        ascii_only: bool = False,
    ) -> None:
        """Places with their sites' states, and the pairs between them. selected: a pair, which is drawn thick."""
        nodes = tuple(_node(place, states.get(place.name, State.UNKNOWN)) for place in found.places)
        lines = tuple(
            _line(link, selected=selected is not None and {link.a, link.b} == set(selected))
            for link in sorted(found.links, key=lambda one: -GRAVITY[one.state])
        )
        note = found.note
        fresh = (nodes, lines, note, ascii_only)
        if fresh != self._shown:
            self._shown = fresh
            self._strips = None
            self.refresh()

    def notify_style_update(self) -> None:
        """Called by Textual when the theme or a style changes."""
        super().notify_style_update()
        self._strips = None

    def on_resize(self) -> None:
        self._strips = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        strips = self._strips
        if strips is None:
            strips = self._strips = self._drawn()
        return strips[y] if y < len(strips) else Strip.blank(self.size.width, self.visual_style.rich_style)

    def _drawn(self) -> list[Strip]:
        width, height = self.size
        nodes, lines, note, ascii_only = self._shown
        brush = Brush(self.visual_style, self._get_style)
        if not any(node.at for node in nodes):
            text = " no site has coordinates: a topology with PoPs gives them"
            return [brush.strip(filled([(text, DIM)], width))]
        rows = terminal_map(nodes, lines, width, max(0, height - bool(note)), ascii=ascii_only)
        if note:
            rows += [[]] * (height - 1 - len(rows))
            rows.append([(" ", ""), (note, DIM)])
        return [brush.strip(filled(row, width)) for row in rows]


def _node(place: Place, state: State) -> Node:
    glyph, _, style = SIGNS[state]
    latitude, longitude = place.at or (None, None)
    return Node(place.name, plain(place.name), latitude, longitude, "site", mark=glyph, tone=style)


def _line(link: Link, *, selected: bool) -> Line:
    _, _, style = SIGNS[link.state]
    quiet = link.state is State.OK and not selected
    tone = f"{style} {_QUIET}" if quiet else f"bold {style}" if selected else style
    return Line(link.a, link.b, state="cut" if link.cut else "up", tone=tone, highlighted=selected)
