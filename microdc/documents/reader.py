"""YAML text to plain values, with the line of each: text, numbers, true and false, lists and mappings.

YAML 1.2's core schema and no more: `on`, `no`, `010`, `1_000`, dates and MAC addresses stay text. What is
refused is said with its line: duplicate keys, tags, merge keys, recursive aliases, and aliases that expand
without end.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode
from ruamel.yaml.reader import ReaderError

from microdc.documents.model import DocumentError, Problem, Where

MAX_BYTES = 2 * 10**6
"""Largest document read. Parsing takes 5 to 10 s per MB; what a person writes has kilobytes."""
MAX_VALUES = 100_000
"""Most values a document may hold once its aliases are expanded: more is a mistake or an alias bomb."""
MAX_DEPTH = 50
"""Deepest nesting. The deepest document kind has about ten levels."""

Keys = tuple[str | int, ...]

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_STANDARD_TAG = "tag:yaml.org,2002:"
_TAGS = {
    _STANDARD_TAG + name
    for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp", "merge", "value")
}
"""Those that the parser gives by itself; all but the explicit `str` say nothing that the text does not."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file's value (a mapping at the top) and where each of its keys and list items stands."""

    file: Path
    value: dict[str, Any]
    lines: Mapping[Keys, int]

    def where(self, *path: str | int) -> Where:
        """The place of the value at `path`; of its nearest parent where the document does not have it."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return Where(self.file, line)
        return Where(self.file)


def read(file: Path) -> Document:
    """Reads a file. Raises DocumentError for one that cannot be read or is not a document."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DocumentError([Problem(Where(file), f"cannot be read: {reason}")]) from None
    return parse(data, file)


def parse(data: bytes, file: Path) -> Document:
    """Parses the bytes of a document; `file` is the name used in errors. Raises DocumentError."""
    node = _compose(_decode(data, file), file)
    builder = _Builder(file)
    value = builder.build(node, ())
    if not builder.problems and not isinstance(value, dict):
        builder.problem(node, "is not a mapping: a document starts with `key: value`")
    if builder.problems:
        raise DocumentError(builder.problems)
    return Document(file, value, builder.lines)


def _decode(data: bytes, file: Path) -> str:
    if len(data) > MAX_BYTES:
        size = f"is larger than {MAX_BYTES // 10**6} MB"
        raise DocumentError([Problem(Where(file), size, "is it the right file?")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Where(file, data.count(b"\n", 0, error.start) + 1)
        raise DocumentError([Problem(place, "is not UTF-8 text", "is it a binary file?")]) from None
    if "\0" in text:
        place = Where(file, text.count("\n", 0, text.index("\0")) + 1)
        raise DocumentError([Problem(place, "is not text: it holds a null byte", "is it a binary file?")])
    return text


def _compose(text: str, file: Path) -> Node:
    """The text as ruamel's nodes. Raises DocumentError."""
    parser = YAML(typ="safe", pure=True)
    parser.max_depth = MAX_DEPTH
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor defined twice is legal YAML
            node: Node | None = parser.compose(text)
    except ReaderError as error:
        place = Where(file, text.count("\n", 0, error.position) + 1)
        what = f"holds the control character U+{error.character:04X}"
        raise DocumentError([Problem(place, what, "is it a binary file?")]) from None
    except MarkedYAMLError as error:
        raise DocumentError([_syntax_problem(error, text, file)]) from None
    except (YAMLError, ArithmeticError, AssertionError, LookupError, RecursionError, ValueError) as error:
        # The parser's own slips on text that is not YAML: whatever it trips over, the file is at fault.
        what = f"is not YAML: {error or type(error).__name__}"
        raise DocumentError([Problem(Where(file), what)]) from None
    if node is None or (isinstance(node, ScalarNode) and not node.value and node.style is None):
        raise DocumentError(
            [Problem(Where(file), "is empty", "start with `site:`, `testbed:` or `profile:`")]
        )
    return node


def _syntax_problem(error: MarkedYAMLError, text: str, file: Path) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 0
    what = error.problem or error.context or "is not YAML"
    if "found another document" in what:
        return Problem(Where(file, line), "a second document starts here", "one file holds one document")
    if "<document start>" in what:
        return Problem(Where(file, line), "text stands here that belongs to no key", "write `key: value`")
    if "maximum depth" in what:
        return Problem(Where(file, line), f"is nested more than {MAX_DEPTH} levels deep")
    lines = text.splitlines()
    if 0 < line <= len(lines) and "\t" in lines[line - 1][: mark.column + 1]:
        return Problem(Where(file, line), "a tab stands in the indentation", "YAML indents with spaces")
    context = f" ({error.context}, line {error.context_mark.line + 1})" if error.context_mark else ""
    return Problem(Where(file, line), f"is not YAML: {what}{context}")


@dataclass(slots=True)
class _Builder:
    """Builds values from nodes, notes each one's line, and collects what is wrong."""

    file: Path
    lines: dict[Keys, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    values: int = 0
    open: set[int] = field(default_factory=set)

    def problem(self, node: Node, what: str, hint: str = "") -> None:
        self.problems.append(Problem(Where(self.file, node.start_mark.line + 1), what, hint))

    def build(self, node: Node, path: Keys) -> Any:
        self.values += 1
        if self.values > MAX_VALUES:
            hint = "aliases that repeat aliases grow without end" if node.anchor else ""
            self.problem(
                node, f"the document has more than {MAX_VALUES} values once aliases are expanded", hint
            )
            raise DocumentError(self.problems)
        self.lines.setdefault(path, node.start_mark.line + 1)
        if not self._tag_is_plain(node):
            return None
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if id(node) in self.open:
            self.problem(node, f"`&{node.anchor}` holds an alias of itself")
            return None
        self.open.add(id(node))
        try:
            return self._mapping(node, path) if isinstance(node, MappingNode) else self._list(node, path)
        finally:
            self.open.discard(id(node))

    def _tag_is_plain(self, node: Node) -> bool:
        if str(node.tag) in _TAGS:
            return True
        self.problem(node, f"the tag {node.tag} means nothing here", "write the value without it")
        return False

    def _list(self, node: Node, path: Keys) -> list[Any]:
        return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, path: Keys) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            line = key_node.start_mark.line + 1
            if key in mapping:
                self.problem(key_node, f"duplicate key {key!r}", f"first on line {self.lines[(*path, key)]}")
                continue
            self.lines[(*path, key)] = line
            mapping[key] = self.build(value_node, (*path, key))
        return mapping

    def _key(self, node: Node) -> str | None:
        if not isinstance(node, ScalarNode):
            self.problem(node, "a key is text, not a list or a mapping")
        elif not node.value:
            self.problem(node, "a key is empty")
        elif node.value == "<<" and node.style is None:
            self.problem(node, "merge keys (<<) are not part of YAML 1.2", "write the keys out")
        else:
            return str(node.value)
        return None


def _scalar(node: ScalarNode) -> str | int | float | bool | None:
    text = str(node.value)
    if node.style is not None or str(node.tag) == _STANDARD_TAG + "str":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text) and len(text) < 20:
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(value := float(text)):
        return value
    return text
