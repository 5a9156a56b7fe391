"""NetBox's values as text: a name, a slug, an object that has them, a choice with its label, a number with a fraction of none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from microdc.topology import labels

_LONGEST = 500
_NAMES = (
    "name",
    "model",
    "cid",
    "address",
    "prefix",
    "mac_address",
    "display",
    "value",
    "label",
    "slug",
    "vid",
)
_SLUGS = ("slug", "value", "name", "model", "display", "vid")
_TRUE = frozenset({"true", "1", "yes", "✔"})


def words(value: object) -> str:
    """A text, or a number, on one line of at most 500 characters; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return labels.words(str(value)[:_LONGEST]).strip("—").strip()


def title(value: Any) -> str:
    """What people call a thing; of a list, all of them."""
    return _first(value, _NAMES)


def slug(value: Any) -> str:
    """What programs call a thing."""
    return _first(value, _SLUGS)


def _first(value: Any, keys: Iterable[str]) -> str:
    if isinstance(value, Mapping):
        return next(filter(None, (words(value.get(key)) for key in keys)), "")
    if isinstance(value, list):
        return ", ".join(
            filter(None, (_first(item, keys) for item in value[:20] if not isinstance(item, list)))
        )
    return words(value)


def number(value: Any) -> str:
    """A number without a fraction of none: 38.0 is 38."""
    text = words(value)
    return text.partition(".")[0] if text.partition(".")[2].strip("0") == "" else text


def address(value: Any) -> str:
    """An IP address without its prefix length."""
    return title(value).partition("/")[0]


def flag(value: Any) -> bool:
    return value is True or words(value).lower() in _TRUE
