"""How a value is written on one line of a document. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from ruamel.yaml import YAML

_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_./+ -]*(?<! )")
"""Text that needs no quotes in any place, if it does not look like a number, a date or a truth."""

Plain = str | int | float | bool | None | Mapping[str, "Plain"] | Sequence["Plain"]


def flow(value: Plain) -> str:
    """A value in one line; text in double quotes, which YAML has of JSON, unless it is plain and stays text."""
    if isinstance(value, str):
        return (
            value if _PLAIN.fullmatch(value) and _stays_text(value) else json.dumps(value, ensure_ascii=False)
        )
    if isinstance(value, Mapping):
        return f"{{{', '.join(entry(key, inner) for key, inner in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(flow, value))}]"
    return json.dumps(value)


def entry(key: str, value: Plain) -> str:
    """A key and its value in one line."""
    return f"{flow(key)}: {flow(value)}"


def _stays_text(value: str) -> bool:
    return isinstance(YAML(typ="safe", pure=True).load(value), str)
