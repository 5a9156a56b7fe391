"""A document without aliases: what stands at the anchor is written out wherever an alias repeats it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from microdc.documents.flow import flow
from microdc.documents.nodes import composed
from microdc.documents.reader import parse


def spelled_out(text: str, *, where: str) -> str:
    """The same document in which each value can be changed alone. Raises DocumentError where it is none."""
    value = parse(text.encode(), Path(where)).value
    root = composed(text)
    if root is None:
        return text
    anchored = sorted(_anchored(root, value), key=lambda one: one[0])
    made, done = [], 0
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            begin = event.start_mark.index
            repeated = [value for index, name, value in anchored if name == event.anchor and index < begin]
            made += [
                text[done:begin],
                flow(repeated[-1]),
            ]  # an anchor that is defined twice is the nearer one
            done = event.end_mark.index
    return "".join([*made, text[done:]])


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
