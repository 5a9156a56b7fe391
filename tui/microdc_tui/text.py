"""Text from outside, made safe to show: what a device, a document or a log says is shown as it stands and never obeyed."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from textual.content import Content

LONGEST = 2_000
"""Characters of one text that are shown at most; a line of a screen holds a tenth of that."""

_MARKS_IN_A_ROW = (
    3  # combining marks over one letter: no writing needs more, and a tower of them paints over other lines
)
_JOINERS = "\u200d\ufe0e\ufe0f"  # terminals do not agree on the width of what these join, so the parts are shown by themselves


@lru_cache(maxsize=16_384)
def plain(text: str) -> str:
    """The text on one line, with what would act on a terminal made visible.

    Control characters become their pictures (␛, ␊), what turns the direction of writing or has no width becomes ‹U+202E›.
    Letters of all scripts and emoji stay. Markup is not known here: give the result to `Content` or `Text`, which show it as it is.
    """
    if text.isascii() and text.isprintable() and len(text) <= LONGEST:
        return text
    shown: list[str] = []
    marks = 0
    for character in text[:LONGEST]:
        if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me"}:
            marks += 1
            if marks > _MARKS_IN_A_ROW:
                continue
        else:
            marks = 0
        shown.append(_visible(character))
    if len(text) > LONGEST:
        shown.append("…")
    return "".join(shown)


def said(text: object, style: str = "") -> Content:
    """Anything as content of a screen: plain, in a style of the theme such as "$warning" or "bold $accent"."""
    shown = plain(str(text))
    return Content.styled(shown, style) if style else Content(shown)


def typed(text: str) -> str:
    """What may stand in a line that is typed in: without what would act on a terminal, or has no width."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if _visible(character) in {character, " "})


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if character in _JOINERS:
        return ""
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    if category in {"Cc", "Cf", "Zl", "Zp", "Cn", "Co"}:
        return f"‹U+{code:04X}›"
    return " " if category == "Zs" else character
