"""Changing single values of a YAML document. Pure: text in, text out, and every byte that no change touches stays the author's.

The document is parsed to know where its values stand; the text itself is then cut and put together, so that comments, quotes, odd
spaces and line ends survive. What comes out is read again and compared with what was meant: better no edit than a wrong one.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from microdc.documents.model import DocumentError
from microdc.documents.reader import parse
from microdc.errors import InputError

_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_./+ -]*(?<! )")
"""Text that needs no quotes in any place, if it does not look like a number, a date or a truth."""

Plain = str | int | float | bool | None | Mapping[str, "Plain"] | Sequence["Plain"]


@dataclass(frozen=True, slots=True)
class Change:
    """A value to be set at a path of keys; None takes the key away. Mappings on the way that are missing are added.

    before: keys of the same mapping before which a new one is put; without one of them there it becomes the last.
    """

    path: tuple[str, ...]
    value: Plain
    before: tuple[str, ...] = ()


def edit(text: str, changes: Sequence[Change], *, where: str) -> str:
    """The document with the changes made, in their order.

    Raises DocumentError where the document is none, and InputError where it has something else than a mapping on the way, or cannot be changed safely.
    """
    wanted = parse(text.encode(), Path(where)).value
    root, parsed = _root(text), text
    for change in changes:
        if text != parsed:
            root, parsed = _root(text), text
        if not _is_so(wanted, change):
            text = _made(text, root, change, where)
            _set(wanted, change)
    if _read_again(text, where) != wanted:
        hint = "make the change by hand"
        raise InputError("this document cannot be changed safely by a program", where=where, hint=hint)
    return text


def _read_again(text: str, where: str) -> object:
    try:
        return parse(text.encode(), Path(where)).value
    except DocumentError:
        return None


def difference(file: Path, before: str, after: str) -> str:
    """A unified diff of a document, "" where nothing differs."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), str(file), str(file), n=2
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


# -- where things stand


def _root(text: str) -> MappingNode:
    """Of a document that was parsed before."""
    node: MappingNode = YAML(typ="safe", pure=True).compose(text)
    return node


def _pair(node: MappingNode, key: str) -> tuple[ScalarNode, Node] | None:
    return next(((k, v) for k, v in node.value if isinstance(k, ScalarNode) and k.value == key), None)


def _last(node: Node, text: str) -> int:
    """The index behind the last character of a value: the end that the parser gives to a block lies behind the comments after it."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        return _pair_end(node.value[-1], text)
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _last(node.value[-1], text)
    begin, end = node.start_mark.index, node.end_mark.index
    return len(text[:end].rstrip()) if begin == end else max(begin, len(text[:end].rstrip()))


def _pair_end(pair: tuple[ScalarNode, Node], text: str) -> int:
    """The index behind a key and its value; an absent value stands, to the parser, where the next thing begins."""
    key, value = pair
    if value.start_mark.index == value.end_mark.index:
        return _colon(key, text) + 1
    return _last(value, text)


def _colon(key: ScalarNode, text: str) -> int:
    return text.index(":", key.end_mark.index)


def _line_end(text: str, index: int) -> int:
    """The index of the line's end, of what ends it the first character."""
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end


def _line_begin(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


# -- one change


def _made(text: str, root: MappingNode, change: Change, where: str) -> str:
    node, path = root, change.path
    for number, key in enumerate(path[:-1]):
        pair = _pair(node, key)
        if pair is None or _is_empty(pair[1]):
            if change.value is None:
                return text
            value = change.value
            for name in reversed(path[number + 1 :]):
                value = {name: value}
            return _put(text, node, key, value, ())
        if not isinstance(pair[1], MappingNode):
            told = ".".join(path[: number + 1])
            raise InputError(f"{told} is no mapping, so that {path[-1]!r} cannot be set in it", where=where)
        node = pair[1]
    if change.value is None:
        return _without(text, node, path[-1])
    return _put(text, node, path[-1], change.value, change.before)


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and str(node.tag).endswith(":null")


def _put(text: str, node: MappingNode, key: str, value: Plain, before: Sequence[str]) -> str:
    pair = _pair(node, key)
    if pair is not None:
        return _replaced(text, pair, value)
    words = _entry(key, value)
    follower = next((pair for name in before if (pair := _pair(node, name))), None)
    if node.flow_style:
        return _into_flow(text, node, words, follower)
    return _into_block(text, node, words, follower)


def _replaced(text: str, pair: tuple[ScalarNode, Node], value: Plain) -> str:
    """The value in the place of the old one; one that was a block begins on the key's line."""
    key, old = pair
    words = _flow(value)
    begin, end = old.start_mark.index, _pair_end(pair, text)
    block = isinstance(old, MappingNode | SequenceNode) and not old.flow_style
    if block or begin == old.end_mark.index:
        begin, words = _colon(key, text) + 1, f" {words}"
    return text[:begin] + words + text[end:]


def _into_flow(text: str, node: MappingNode, words: str, follower: tuple[ScalarNode, Node] | None) -> str:
    if follower is not None:
        place = follower[0].start_mark.index
        return f"{text[:place]}{words}, {text[place:]}"
    if node.value:
        place = _pair_end(node.value[-1], text)
        return f"{text[:place]}, {words}{text[place:]}"
    place = node.start_mark.index + 1
    return f"{text[:place]}{words}{text[place:]}"


def _into_block(text: str, node: MappingNode, words: str, follower: tuple[ScalarNode, Node] | None) -> str:
    """A line of its own: behind the one that comes before its follower, whose comments stay above it."""
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * node.value[0][0].start_mark.column
    keys = [key for key, _ in node.value]
    number = keys.index(follower[0]) if follower else len(keys)
    if number == 0:
        place = _line_begin(text, keys[0].start_mark.index)
        return f"{text[:place]}{indent}{words}{newline}{text[place:]}"
    place = _line_end(text, _pair_end(node.value[number - 1], text))
    return f"{text[:place]}{newline}{indent}{words}{text[place:]}"


def _without(text: str, node: MappingNode, key: str) -> str:
    pair = _pair(node, key)
    if pair is None:
        return text
    number = [name for name, _ in node.value].index(pair[0])
    begin, end = pair[0].start_mark.index, _pair_end(pair, text)
    if node.flow_style:
        if number + 1 < len(node.value):
            end = node.value[number + 1][0].start_mark.index
        elif number > 0:
            begin = _pair_end(node.value[number - 1], text)
        return text[:begin] + text[end:]
    if len(node.value) == 1:  # a block without keys is none: what is left is an empty mapping
        return f"{text[:begin]}{{}}{text[end:]}"
    end = text.find("\n", end) + 1 or len(text)
    return text[: _line_begin(text, begin)] + text[end:]


# -- how values are written, and what they mean


def _entry(key: str, value: Plain) -> str:
    return f"{_flow(key)}: {_flow(value)}"


def _flow(value: Plain) -> str:
    """A value in one line; text in double quotes, which YAML has of JSON, unless it is plain and stays text."""
    if isinstance(value, str):
        return (
            value if _PLAIN.fullmatch(value) and _stays_text(value) else json.dumps(value, ensure_ascii=False)
        )
    if isinstance(value, Mapping):
        return f"{{{', '.join(_entry(key, inner) for key, inner in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_flow, value))}]"
    return json.dumps(value)


def _stays_text(value: str) -> bool:
    return isinstance(YAML(typ="safe", pure=True).load(value), str)


def _is_so(content: Any, change: Change) -> bool:
    """Whether a document says already what a change would make it say."""
    for key in change.path[:-1]:
        if not isinstance(content, Mapping):
            return False
        content = content.get(key)
    return (
        isinstance(content, Mapping)
        and change.path[-1] in content
        and content[change.path[-1]] == change.value
    )


def _set(content: Any, change: Change) -> None:
    *way, last = change.path
    for key in way:
        if content.get(key) is None:
            if change.value is None:
                return
            content[key] = {}
        content = content[key]
    if change.value is None:
        content.pop(last, None)
    else:
        content[last] = deepcopy(change.value)
