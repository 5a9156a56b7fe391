"""GML (Himsolt 1997): keys, numbers, texts and lists in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from microdc.topology.formats import attributes
from microdc.topology.formats.model import MAX_DEPTH, MAX_PARTS, MAX_TEXT, Edge, Found, Ledger, Node, broken

MAX_VALUES = 10 * MAX_PARTS
"""Most values and lists together: a node or an edge of the Topology Zoo has seven."""
_TOKEN = re.compile(r'[^\S\n]+|\n|#[^\n]*|"[^"]*"|[\[\]]|[^\s\[\]"#]+')
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|nan|inf(inity)?)", re.IGNORECASE)


class _Token(NamedTuple):
    text: str
    line: int


@dataclass(slots=True)
class _List:
    """What stands between two brackets: texts by key in lower case, and the lists in it, in order."""

    key: str
    line: int
    texts: dict[str, str] = field(default_factory=dict)
    lists: list[_List] = field(default_factory=list)

    def all(self, key: str) -> Iterator[_List]:
        return (item for item in self.lists if item.key == key)


def read_gml(data: bytes, file: Path) -> Found:
    """The first graph of a file. Raises InputError with the line."""
    ledger = Ledger()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        ledger.repaired("not UTF-8: read as Latin-1", file.name)
    top = _parse(text, file)
    graph = next(top.all("graph"), None)
    if graph is None:
        raise broken(file, 0, "has no `graph [ ... ]`", "is it GML? name another with --format")
    directed = graph.texts.get("directed") == "1"
    nodes = tuple(_node(item, file) for item in graph.all("node"))
    edges = tuple(_edge(item, file, ledger, directed=directed) for item in graph.all("edge"))
    facts = attributes.facts_of({"creator": top.texts.get("creator", ""), **graph.texts})
    return Found(file, "gml", nodes, edges, attributes.title_of(graph.texts), facts, tuple(ledger.remarks))


def _node(item: _List, file: Path) -> Node:
    if "id" not in item.texts:
        raise broken(file, item.line, "this node has no `id`")
    return attributes.node(item.texts["id"], item.texts, item.line)


def _edge(item: _List, file: Path, ledger: Ledger, *, directed: bool) -> Edge:
    for key in ("source", "target"):
        if key not in item.texts:
            raise broken(file, item.line, f"this edge has no `{key}`")
    ends = item.texts["source"], item.texts["target"]
    return attributes.edge(*ends, item.texts, item.line, ledger, directed=directed)


def _tokens(text: str, file: Path) -> Iterator[_Token]:
    line = at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # the only thing that matches nothing
            raise broken(file, line + 1, "a text starts here that never ends", 'close it with "')
        token = match[0]
        at = match.end()
        if not token.isspace() and not token.startswith("#"):
            yield _Token(token, line + 1)
        line += token.count("\n")


def _parse(text: str, file: Path) -> _List:
    """The whole file as one list. A loop, not a recursion: depth is what an enemy chooses."""
    stack = [_List("", 1)]
    tokens = _tokens(text, file)
    for number, (key, line) in enumerate(tokens):
        if number > MAX_VALUES:
            raise broken(file, line, f"has more than {MAX_VALUES:,} values", "import a part of it")
        if key == "]":
            if len(stack) == 1:
                raise broken(file, line, "a bracket closes here that none opened")
            closed = stack.pop()
            stack[-1].lists.append(closed)
            continue
        if key == "[" or key.startswith('"') or _NUMBER.fullmatch(key):
            raise broken(file, line, f"a key is expected here, not {key[:40]}")
        value = next(tokens, None)
        if value is None or value.text == "]":
            raise broken(file, line, f"`{key[:40]}` has no value")
        if value.text != "[":
            stack[-1].texts.setdefault(key.lower(), _scalar(value, key, file))
            continue
        if len(stack) > MAX_DEPTH:
            raise broken(file, line, f"is nested more than {MAX_DEPTH} levels deep")
        stack.append(_List(key.lower(), line))
    if len(stack) > 1:
        raise broken(file, stack[-1].line, f"the `{stack[-1].key[:40]} [` of this line is never closed")
    return stack[0]


def _scalar(value: _Token, key: str, file: Path) -> str:
    """A text without its quotes, or a number as it is written."""
    if len(value.text) > MAX_TEXT:
        raise broken(file, value.line, f"a value has more than {MAX_TEXT:,} characters")
    if value.text.startswith('"'):
        return value.text[1:-1]
    if _NUMBER.fullmatch(value.text):
        return value.text
    what = f"the value of `{key[:40]}` is neither a number, a text in quotes nor a list"
    raise broken(file, value.line, what)
