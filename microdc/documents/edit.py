"""Changing single values of a YAML document: comments, order, quotes and all that is not meant stay as they are. Pure.

Lines that no change touches are kept byte for byte: the document is written once without and once with the changes, and only the
lines that differ between the two go into the author's text. New lines are indented in the usual way that is nearest to the author's.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from microdc.errors import InputError

_INDENTS = ((2, 4, 2), (2, 2, 0), (4, 6, 4), (4, 4, 0), (4, 4, 2))
"""Of a mapping, of a sequence, and of the dash within it, in spaces."""

Plain = str | int | float | bool | None | Mapping[str, "Plain"] | Sequence["Plain"]


@dataclass(frozen=True, slots=True)
class Change:
    """A value to be set at a path of keys; None takes the key away. before: keys of the same mapping before which a new one is put."""

    path: tuple[str, ...]
    value: Plain
    before: tuple[str, ...] = ()


def edit(text: str, changes: Sequence[Change], *, where: str) -> str:
    """The document with the changes made. Mappings on the way that are missing are added.

    Raises InputError where the document is no YAML, or has something else than a mapping on the way.
    """
    yaml = _hand(text, where)
    content = yaml.load(text)
    if not isinstance(content, CommentedMap):
        raise InputError("the document is no mapping", where=where)
    unchanged = _dump(yaml, content)
    for change in changes:
        _make(content, change, where)
    return _graft(text, unchanged, _dump(yaml, content))


def _graft(text: str, unchanged: str, changed: str) -> str:
    """The author's lines, but for those in which the two written forms differ; all of the new form where lines do not match one to one."""
    own, old, new = (whole.splitlines(keepends=True) for whole in (text, unchanged, changed))
    if len(own) != len(old):
        return changed
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    return "".join(
        line
        for kind, begin, end, first, last in matcher.get_opcodes()
        for line in (own[begin:end] if kind == "equal" else new[first:last])
    )


def difference(file: Path, before: str, after: str) -> str:
    """A unified diff of a document, "" where nothing differs."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), str(file), str(file), n=2
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _make(content: CommentedMap, change: Change, where: str) -> None:
    *way, last = change.path
    mapping = content
    for number, key in enumerate(way):
        if mapping.get(key) is None:
            if change.value is None:
                return
            mapping[key] = CommentedMap()
        mapping = mapping[key]
        if not isinstance(mapping, CommentedMap):
            path = ".".join(change.path[: number + 1])
            raise InputError(f"{path} is no mapping, so that {last!r} cannot be set in it", where=where)
    if change.value is None:
        mapping.pop(last, None)
    elif last in mapping:
        mapping[last] = change.value
    else:
        mapping.insert(_place(mapping, change.before), last, _commented(change.value))


def _place(mapping: CommentedMap, before: Sequence[str]) -> int:
    keys = list(mapping)
    return next((keys.index(key) for key in before if key in keys), len(keys))


def _commented(value: Plain) -> Any:
    """A small mapping is written in one line, as people write them."""
    if not isinstance(value, Mapping):
        return value
    made = CommentedMap(value)
    made.fa.set_flow_style()
    return made


def _hand(text: str, where: str) -> YAML:
    """The writer in whose hand the document changes least when nothing is changed."""
    try:
        ways = [(_distance(text, _dump(yaml, yaml.load(text))), yaml) for yaml in map(_yaml, _INDENTS)]
    except YAMLError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"not YAML: {reason}", where=where) from None
    return min(ways, key=lambda way: way[0])[1]


def _distance(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a.splitlines(), b.splitlines(), strict=False)) + abs(
        a.count("\n") - b.count("\n")
    )


@cache
def _yaml(indent: tuple[int, int, int]) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(*indent)
    return yaml


def _dump(yaml: YAML, content: Any) -> str:
    target = io.StringIO()
    yaml.dump(content, target)
    return target.getvalue()
