"""A site document as YAML text, in the form in which people write it: one NIC, one cable a line. Deterministic."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

_GROUPS = frozenset({"racks", "switches", "servers", "pdus"})
"""Mappings of racks and devices, which have lines of their own for each key."""
_LISTS = frozenset({"nics", "networks"})
"""Mappings that are written one entry a line. Every other one stands on one line."""


def write_site(data: Mapping[str, Any]) -> str:
    """The text of a document."""
    yaml = YAML()
    yaml.width = 10_000
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(_mapping(data, ()), stream)
    return stream.getvalue()


def _mapping(values: Mapping[str, Any], path: tuple[str, ...]) -> CommentedMap:
    mapping = CommentedMap()
    for key, value in values.items():
        if isinstance(value, Mapping):
            mapping[key] = _mapping(value, (*path, key))
        elif isinstance(value, list):
            mapping[key] = _list(value)
        else:
            mapping[key] = _scalar(value)
    if path and not (path[-1] in _GROUPS | _LISTS or _GROUPS.intersection(path[-2:-1])):
        mapping.fa.set_flow_style()
    return mapping


def _scalar(value: Any) -> Any:
    """Text with a colon in quotes: to YAML 1.1, which others still read, some MAC addresses are numbers."""
    return DoubleQuotedScalarString(value) if isinstance(value, str) and ":" in value else value


def _list(values: list[Any]) -> CommentedSeq:
    """A list of texts on one line; a list of mappings with one a line."""
    items = CommentedSeq(
        _mapping(item, ("item",)) if isinstance(item, Mapping) else _scalar(item) for item in values
    )
    if not any(isinstance(item, Mapping) for item in values):
        items.fa.set_flow_style()
    return items
