"""A document without aliases: what stands at the anchor is written out wherever an alias repeats it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from microdc.documents.flow import flow
from microdc.documents.nodes import composed
from microdc.documents.reader import parse


def spelled_out(text: str, *, where: str, ways: Sequence[Sequence[str]] | None = None) -> str:
    """The same document in which each value can be changed alone. Raises DocumentError where it is none.

    ways: only aliases that one of these paths of keys leads to or through are written out; the others stay.
    """
    value = parse(text.encode(), Path(where)).value
    root = composed(text)
    if root is None:
        return text
    anchored = sorted(_anchored(root, value), key=lambda one: one[0])
    made, done = [], 0
    for path, event in _aliases(text):
        if ways is None or any(tuple(way[: len(path)]) == path for way in ways):
            begin = event.start_mark.index
            repeated = [value for index, name, value in anchored if name == event.anchor and index < begin]
            made += [
                text[done:begin],
                flow(repeated[-1]),
            ]  # an anchor that is defined twice is the nearer one
            done = event.end_mark.index
    return "".join([*made, text[done:]])


def _aliases(text: str) -> Iterator[tuple[tuple[str, ...], AliasEvent]]:
    """Each alias, with the keys and numbers that lead to it; one that is a key itself has none of its own."""
    levels: list[_Level] = []
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            levels.pop()
        elif isinstance(event, NodeEvent):
            if levels:
                levels[-1].step(str(getattr(event, "value", "")))
            if isinstance(event, AliasEvent):
                yield tuple(level.at for level in levels), event
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                levels.append(_Level(isinstance(event, MappingStartEvent)))


@dataclass(slots=True)
class _Level:
    """A mapping or a sequence that is being read. at: the key of the value that comes, or its number; met: keys and values so far."""

    mapping: bool
    met: int = 0
    at: str = ""

    def step(self, text: str) -> None:
        """The next key or value; text: of a scalar."""
        if not self.mapping:
            self.at = str(self.met)
        elif self.met % 2 == 0:
            self.at = text
        self.met += 1


def _anchored(node: Node, value: Any) -> Iterator[tuple[int, str, Any]]:
    """Place, name and value of each anchor."""
    if node.anchor:
        yield node.start_mark.index, str(node.anchor), value
    if isinstance(node, ScalarNode):
        return
    if isinstance(node, MappingNode):
        for key, inner in node.value:
            yield from _anchored(key, key.value)
            yield from _anchored(inner, value[key.value])
        return
    for number, inner in enumerate(node.value):
        yield from _anchored(inner, value[number])
