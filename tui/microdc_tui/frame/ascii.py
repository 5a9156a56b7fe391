"""For terminals that show ASCII only: each line, whoever made it, is turned into ASCII of the same width on its way out."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from microdc_tui.glyphs import ASCII

_BOX_CORNERS = range(0x250C, 0x2580)
_BLOCKS = range(0x2580, 0x25A0)
_BRAILLE = range(0x2800, 0x2900)


class AsciiFilter(LineFilter):
    """Textual applies it to every line before it is written."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002  Textual's signature
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(as_ascii(segment.text), segment.style)
            for segment in segments
        ]


@lru_cache(maxsize=4_096)
def as_ascii(text: str) -> str:
    """Text in ASCII, of the same width in cells."""
    return "".join(character if character.isascii() else _stand_in(character) for character in text)


def _stand_in(character: str) -> str:
    known = ASCII.get(character)
    if known is not None:
        return known
    code = ord(character)
    if code in _BOX_CORNERS:
        return "+"
    if code in _BLOCKS or code in _BRAILLE:
        return "#" if code != 0x2800 else " "
    return "?" * cell_len(character)
