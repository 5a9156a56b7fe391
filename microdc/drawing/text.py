"""Text in drawings: what may stand in it, and how much room it takes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_JOINERS = "\u200c\u200d"
"""Format characters that letters need; the others turn the direction of text, or are invisible."""

_EM: dict[str, float] = {
    **dict.fromkeys("ijl'|", 0.22),
    **dict.fromkeys("I.,:;!/\\[] ft", 0.29),
    **dict.fromkeys('r()-"', 0.34),
    **dict.fromkeys("cksvxyzJ", 0.51),
    **dict.fromkeys("w", 0.73),
    **dict.fromkeys("ABEKPSVXYFTLZ&", 0.68),
    **dict.fromkeys("CDGHNOQRU", 0.76),
    **dict.fromkeys("mM", 0.85),
    **dict.fromkeys("W@%–—", 0.97),
}
"""Widths of letters as shares of the font's size: a little more than those of the usual sans-serif fonts, so that boxes err to the wide side."""


def clean(text: str) -> str:
    """Text on one line with what XML forbids and a terminal obeys left out: control characters, lone surrogates, turns of direction."""
    return (text if text.isprintable() else "".join(_allowed(text))).strip()


def _allowed(text: str) -> Iterator[str]:
    for char in text:
        kind = unicodedata.category(char)
        code = ord(char)
        if char in "\t\n\r\v\f" or kind in {"Zl", "Zp"}:
            yield " "
        elif (
            kind in {"Cc", "Cs"}
            or (kind == "Cf" and char not in _JOINERS)
            or code & 0xFFFE == 0xFFFE
            or 0xFDD0 <= code <= 0xFDEF
        ):
            continue
        else:
            yield char


def pixels(text: str, size: float) -> float:
    """About how wide text is in a sans-serif font of this size, both in px; rather more than less."""
    return size * sum(
        _EM.get(char, 0.0 if not cells(char) else 1.0 if cells(char) == 2 else 0.58) for char in text
    )


def cells(text: str) -> int:
    """Columns of a terminal that text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(char) in {"Mn", "Me", "Cf"}
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )


def shortened(text: str, room: int, mark: str = "…") -> str:
    """Text in at most so many columns of a terminal; `mark` stands for what is cut off."""
    if cells(text) <= room:
        return text
    kept = ""
    for char in text:
        if cells(kept + char) > room - 1:
            break
        kept += char
    return kept.rstrip() + mark if room > 0 else ""


def wrapped(text: str, size: float, room: float) -> list[str]:
    """Text in lines no wider than `room` px, broken between words; a longer word has a line by itself."""
    lines: list[str] = []
    for word in text.split():
        if lines and pixels(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def counted(count: int, what: str) -> str:
    """How many of what: "1 line", "2 lines"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
