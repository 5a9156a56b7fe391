"""Where in a document's text a change has to be made. Pure: of the text's nodes only the places are used, so that all else stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from microdc.documents.flow import Plain, entry, flow


@dataclass(frozen=True, slots=True)
class Cut:
    """Characters begin..end of a text, and the words that take their place."""

    begin: int
    end: int
    words: str

    def touches(self, other: Cut) -> bool:
        return self.begin <= other.end and other.begin <= self.end


def cut(text: str, root: MappingNode, path: Sequence[str], value: Plain, before: Sequence[str]) -> Cut | None:
    """What makes `value` stand at a path of keys below the root; None where there is nothing to be taken away. Every value on the way is a mapping, or empty."""
    node = root
    for number, key in enumerate(path[:-1]):
        pair = _pair(node, key)
        if pair is None or not isinstance(pair[1], MappingNode):
            return None if value is None else _put(text, node, key, _nested(path[number + 1 :], value), ())
        node = pair[1]
    return _without(text, node, path[-1]) if value is None else _put(text, node, path[-1], value, before)


def _nested(keys: Sequence[str], value: Plain) -> Plain:
    for key in reversed(keys):
        value = {key: value}
    return value


def _put(text: str, node: MappingNode, key: str, value: Plain, before: Sequence[str]) -> Cut:
    pair = _pair(node, key)
    if pair is not None:
        return _replaced(text, pair, value)
    words = entry(key, value)
    follower = next((pair for name in before if (pair := _pair(node, name))), None)
    if node.flow_style:
        return _into_flow(text, node, words, follower)
    return _into_block(text, node, words, follower)


def _replaced(text: str, pair: tuple[ScalarNode, Node], value: Plain) -> Cut:
    """The value in the place of the old one; one that was a block begins on the key's line."""
    key, old = pair
    words = flow(value)
    begin, end = old.start_mark.index, _pair_end(pair, text)
    block = isinstance(old, MappingNode | SequenceNode) and not old.flow_style
    if block or begin == old.end_mark.index:
        begin, words = _colon(key, text) + 1, f" {words}"
    return Cut(begin, end, words)


def _into_flow(text: str, node: MappingNode, words: str, follower: tuple[ScalarNode, Node] | None) -> Cut:
    if follower is not None:
        place = follower[0].start_mark.index
        return Cut(place, place, f"{words}, ")
    if node.value:
        place = _pair_end(node.value[-1], text)
        return Cut(place, place, f", {words}")
    place = node.start_mark.index + 1
    return Cut(place, place, words)


def _into_block(text: str, node: MappingNode, words: str, follower: tuple[ScalarNode, Node] | None) -> Cut:
    """A line of its own: behind the one that comes before its follower, whose comments stay above it."""
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * node.value[0][0].start_mark.column
    keys = [key for key, _ in node.value]
    number = keys.index(follower[0]) if follower else len(keys)
    if number == 0:
        place = _line_begin(text, keys[0].start_mark.index)
        return Cut(place, place, f"{indent}{words}{newline}")
    place = _line_end(text, _pair_end(node.value[number - 1], text))
    return Cut(place, place, f"{newline}{indent}{words}")


def _without(text: str, node: MappingNode, key: str) -> Cut | None:
    pair = _pair(node, key)
    if pair is None:
        return None
    number = [name for name, _ in node.value].index(pair[0])
    begin, end = pair[0].start_mark.index, _pair_end(pair, text)
    if node.flow_style:
        if number + 1 < len(node.value):
            end = node.value[number + 1][0].start_mark.index
        elif number > 0:
            begin = _pair_end(node.value[number - 1], text)
        return Cut(begin, end, "")
    if len(node.value) == 1:  # a block without keys is none: what is left is an empty mapping
        return Cut(begin, end, "{}")
    end = text.find("\n", end) + 1 or len(text)
    return Cut(_line_begin(text, begin), end, "")


# -- where things stand


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
