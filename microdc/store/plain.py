"""Data as both databases can keep it: JSON, without what PostgreSQL's JSONB and text refuse."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any


def plain_text(value: str) -> str:
    """Text without NUL, which PostgreSQL refuses, and without bytes that were no UTF-8."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def plain(value: object) -> Any:
    """JSON of a value: dataclasses become their fields, NaN and infinity null, all that JSON does not know its text."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {plain_text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, AbstractSet):
        return [plain(item) for item in sorted(value, key=str)]
    return plain_text(str(value))
