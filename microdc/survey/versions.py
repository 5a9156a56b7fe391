"""Firmware versions as vendors write them, put in order. Pure."""

from __future__ import annotations

import re

_VERSION = re.compile(r"\d+(?:[.\-_ ]?[0-9a-z]+)*", re.IGNORECASE)
_DOTTED = re.compile(r"\d+(?:\.[0-9a-z]+)+", re.IGNORECASE)
_PIECE = re.compile(r"\d+|[a-z]+", re.IGNORECASE)


def below(found: str, lowest: str) -> bool | None:
    """Whether a version is lower than the lowest that is good enough; None where the two cannot be compared.

    Of text such as `U46 v2.10 (03/20/2020)` the first part with dots is the version, 2.10; numbers are compared as numbers, so that 2.10 is
    above 2.9. Versions of different make, such as `3.0` and `BKW-12`, cannot be compared.
    """
    one, other = _pieces(found), _pieces(lowest)
    if one is None or other is None:
        return None
    for a, b in zip(one, other, strict=False):
        if type(a) is not type(b):
            return None
        if a != b:
            return a < b  # type: ignore[operator]  # two numbers or two texts, as was just seen
    return len(one) < len(other) and any(other[len(one) :])


def _pieces(text: str) -> list[int | str] | None:
    match = _DOTTED.search(text) or _VERSION.search(text)
    if match is None:
        return None
    return [int(piece) if piece.isdigit() else piece.lower() for piece in _PIECE.findall(match[0])]
