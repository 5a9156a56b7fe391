"""A topology document as YAML text, in the form in which people write it: one PoP, one link a line. Deterministic."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from microdc.documents.reader import MAX_BYTES, MAX_VALUES
from microdc.errors import InputError

Value: TypeAlias = Any
"""Texts, numbers, lists and mappings of a document."""

_PLAIN = re.compile(r"[^\W\d_][\w ./()+-]*[\w)]|[^\W\d_]", re.UNICODE)
_DIGITS = re.compile(r"[0-9]+(\.[0-9]+)?(ns|us|ms|s|[kmg]?bit|%)")
_WORDS = frozenset({"null", "true", "false"})
_WIDTH = 110
_OWN_LINES = frozenset({"pops", "links", "sources"})


def write_topology(data: Mapping[str, Value]) -> str:
    """The text of a document whose keys and values are those of TopologyDocument. Raises InputError where it is too large to be read."""
    lines: list[str] = []
    for key, value in data.items():
        if key not in _OWN_LINES:
            lines += _entry(key, value, "")
            continue
        lines.append(f"{key}:")
        if not isinstance(value, Mapping):
            lines += [f"  - {_value(item)}" for item in value]
        elif key == "pops":
            width = max((len(_text(name)) for name in value), default=0) + 2
            lines += [f"  {f'{_text(name)}:'.ljust(width)}{_value(item)}" for name, item in value.items()]
        else:
            lines += [line for name, item in value.items() for line in _entry(name, item, "  ")]
    text = "\n".join(lines) + "\n"
    size, values = len(text.encode()), _count(data)
    if size > MAX_BYTES or values > MAX_VALUES:
        what = f"the document would have {size:,} bytes and {values:,} values"
        raise InputError(
            what, hint=f"at most {MAX_BYTES:,} and {MAX_VALUES:,} can be read: import a part of it"
        )
    return text


def _entry(key: str, value: Value, indent: str) -> list[str]:
    """A key and its value; a text that is long and plain is folded."""
    if (
        isinstance(value, str)
        and len(value) > _WIDTH
        and value == " ".join(value.split())
        and value.isprintable()
    ):
        folded = textwrap.wrap(value, _WIDTH, break_long_words=False, break_on_hyphens=False)
        return [f"{indent}{_text(key)}: >-", *(f"{indent}  {line}" for line in folded)]
    return [f"{indent}{_text(key)}: {_value(value)}"]


def _count(value: Value) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(map(_count, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return 1 + sum(map(_count, value))
    return 1


def _value(value: Value) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return number(value)
    return "[" + ", ".join(map(_value, value)) + "]"


def number(value: float) -> str:
    """At most six digits after the point (0.1 m of a latitude), and no exponent."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _text(value: str) -> str:
    """Bare where it can only be this text, also between brackets; else in double quotes."""
    bare = _PLAIN.fullmatch(value) or _DIGITS.fullmatch(value)
    if bare and value.lower() not in _WORDS and value.isprintable():
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else _escape(sign) for sign in quoted)


def _escape(sign: str) -> str:
    code = ord(sign)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
