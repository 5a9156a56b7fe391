"""How a state is shown: always a glyph and a word beside the colour, so that nobody needs to see the colour."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from textual.content import Content

from microdc.health.model import State


class Sign(NamedTuple):
    """glyph: one cell wide. style: of the theme, as `Content` and `Text` take it."""

    glyph: str
    word: str
    style: str


SIGNS: Mapping[State, Sign] = {
    State.OK: Sign("●", "ok", "$success"),
    State.UNKNOWN: Sign("○", "unknown", "$text-muted"),
    State.DEGRADED: Sign("▲", "degraded", "$warning"),
    State.DOWN: Sign("✗", "down", "$error"),
    State.MAINTENANCE: Sign("■", "maintenance", "$secondary"),
}

GRAVITY: Mapping[State, int] = {
    State.DOWN: 0,
    State.DEGRADED: 1,
    State.UNKNOWN: 2,
    State.MAINTENANCE: 3,
    State.OK: 4,
}
"""For sorting: the gravest first."""

ASCII: Mapping[str, str] = {
    "●": "o", "○": "?", "▲": "!", "✗": "X", "■": "#", "◆": "*", "…": ".", "›": ">", "‹": "<", "→": ">", "←": "<",
    "↑": "^", "↓": "v", "↔": "=", "×": "x", "·": ".", "•": "*", "—": "-", "–": "-", "−": "-", "°": " ", "µ": "u",
    "✓": "v", "⏻": "P", "⏸": "=", "▶": ">", "▸": ">", "▾": "v", "▼": "v", "◀": "<", "│": "|", "┃": "|", "─": "-",
    "━": "=", "▁": "_", "▂": "_", "▃": ".", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "█": "#", "░": ".", "▒": ":",
    "▓": "%", "▏": "|", "▎": "|", "▍": "|", "▌": "|", "▋": "|", "▊": "#", "▉": "#", "▐": "|", "⚠": "!", "🔒": "[]",
    "\u00a0": " ",
}  # fmt: skip
"""What stands for a character in a terminal that shows ASCII only, of the same width; any other becomes question marks."""


def sign(state: State) -> Content:
    """Glyph and word of a state in its colour."""
    glyph, word, style = SIGNS[state]
    return Content.styled(f"{glyph} {word}", style)


def mark(state: State) -> Content:
    """The glyph alone, for where the word stands beside it already."""
    glyph, _, style = SIGNS[state]
    return Content.styled(glyph, style)


def ascii_only(environ: Mapping[str, str] | None = None) -> bool:
    """Whether the terminal's locale is not UTF-8: then only ASCII is written to it."""
    env = os.environ if environ is None else environ
    locale = next((env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), "")
    return "utf8" not in locale.lower().replace("-", "")
