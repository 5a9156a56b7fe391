"""One field of a JSON document, if it is what it should be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Document = Mapping[str, Any]
NOTHING: Document = {}


def text(data: Document, key: str, default: str = "") -> str:
    """A text; numbers as they are written."""
    value = data.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else default


def number(data: Document, key: str) -> float | None:
    """A finite number, None for anything else."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def count(data: Document, key: str, default: int = 0) -> int:
    """A whole number."""
    found = number(data, key)
    return default if found is None else int(found)


def moment(data: Document, key: str) -> float | None:
    """A moment in Unix seconds: samples tell it so, answers in ISO 8601, where one without an offset is UTC."""
    value = data.get(key)
    found = _unix(value) if isinstance(value, str) else number(data, key)
    return found if found is not None and 0 <= found < _END else None


def _unix(text: str) -> float | None:
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


_END = 253_370_764_800.0
"""The year 9999: later than this no calendar of Python goes."""


def part(data: Document, key: str) -> Document:
    """An object within it; an empty one for anything else."""
    value = data.get(key)
    return value if isinstance(value, Mapping) else NOTHING


def parts(data: Document, key: str) -> tuple[Document, ...]:
    """The objects of a list."""
    value = data.get(key)
    return tuple(one for one in value if isinstance(one, Mapping)) if isinstance(value, (list, tuple)) else ()


def texts(data: Document, key: str) -> tuple[str, ...]:
    """The texts of a list."""
    value = data.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, (list, tuple)) else ()
