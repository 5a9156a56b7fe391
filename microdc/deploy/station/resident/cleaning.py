"""What strangers said, as what any database takes: no NUL, no half of a surrogate pair, no number that is none. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

DEEPEST = 16
"""Levels of lists and objects; what lies deeper is left out."""


def clean(value: object, depth: int = 0) -> object:
    """A value of JSON, made harmless."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= DEEPEST:
        return value if isinstance(value, (bool, int)) else None
    if isinstance(value, Mapping):
        return {str(clean(str(name))): clean(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(inner, depth + 1) for inner in value]
    return value
