"""GraphML, read with expat and nothing of a DTD: no entity of a file is ever expanded, no other file opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from microdc.topology.formats import attributes
from microdc.topology.formats.model import MAX_DEPTH, MAX_PARTS, MAX_TEXT, Edge, Found, Ledger, Node, broken

MAX_KEYS = 500
"""Most declared attributes. A file of the Topology Zoo has about 40."""


def read_graphml(data: bytes, file: Path) -> Found:
    """The graph of a file; nodes of graphs within nodes are nodes like others. Raises InputError with the line."""
    reader = _Reader(file)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refuse(*_: object) -> NoReturn:
        what = "has a DOCTYPE, which GraphML does not need and which can hold entities that grow without end"
        raise broken(file, parser.CurrentLineNumber, what, "remove it, if you trust the file")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = lambda name, given: reader.start(name, given, parser.CurrentLineNumber)
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        what = f"is not XML: {expat.ErrorString(error.code)}"
        raise broken(file, error.lineno, what) from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise broken(file, 1, f"cannot be read as XML: {error}") from None
    if not reader.graph_seen:
        raise broken(file, 0, "has no <graph>", "is it GraphML? name another with --format")
    top = reader.own
    return Found(
        file, "graphml", tuple(reader.nodes), tuple(reader.edges), attributes.title_of(top),
        attributes.facts_of(top), tuple(reader.ledger.remarks),
    )  # fmt: skip


_NEEDED: dict[str, tuple[str, ...]] = {"graph": (), "node": ("id",), "edge": ("source", "target")}


@dataclass(slots=True)
class _Element:
    """A graph, node or edge that is open. given: its XML attributes; texts: its data by the names that the keys declare."""

    kind: str
    given: dict[str, str]
    line: int
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Reader:
    """What expat tells, as nodes and edges."""

    file: Path
    ledger: Ledger = field(default_factory=Ledger)
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, dict[str, str]] = field(default_factory=dict)
    """By what the key is for: its name and text."""
    open: list[_Element] = field(default_factory=list)
    own: dict[str, str] = field(default_factory=dict)
    """Data of the outermost graph."""
    key: str = ""
    """The <key> or <data> that is open."""
    kind: str = ""
    words: list[str] = field(default_factory=list)
    size: int = 0
    depth: int = 0
    graph_seen: bool = False
    directed: list[bool] = field(default_factory=list)

    def start(self, name: str, given: dict[str, str], line: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise broken(self.file, line, f"is nested more than {MAX_DEPTH} levels deep")
        local = name.rpartition(" ")[2]
        if local == "key":
            self.key = self._given(given, "id", local, line)
            self.kind = given.get("for", "all")
            self.names[self.key] = given.get("attr.name", self.key).lower()
            if len(self.names) > MAX_KEYS:
                raise broken(self.file, line, f"declares more than {MAX_KEYS} keys")
        elif local == "data":
            self.key = self._given(given, "key", local, line)
        elif local in {"graph", "node", "edge"}:
            self._open(local, given, line)
        if local in {"data", "default", "NodeLabel", "EdgeLabel"}:
            self.words, self.size = [], 0

    def _open(self, kind: str, given: dict[str, str], line: int) -> None:
        if kind == "graph":
            self.graph_seen = True
            self.directed.append(given.get("edgedefault") == "directed")
        for attribute in _NEEDED[kind]:
            self._given(given, attribute, kind, line)
        self.open.append(_Element(kind, given, line))

    def _given(self, given: dict[str, str], attribute: str, element: str, line: int) -> str:
        if attribute not in given:
            raise broken(self.file, line, f"this <{element}> has no `{attribute}`")
        return given[attribute]

    def text(self, words: str) -> None:
        self.size += len(words)
        if self.size > MAX_TEXT:
            what = f"a text has more than {MAX_TEXT:,} characters"
            raise broken(self.file, self.open[-1].line if self.open else 0, what)
        self.words.append(words)

    def end(self, name: str) -> None:
        self.depth -= 1
        local = name.rpartition(" ")[2]
        text = "".join(self.words).strip()
        if local == "default" and self.key in self.names:
            self.defaults.setdefault(self.kind, {})[self.names[self.key]] = text
        elif (
            local in {"NodeLabel", "EdgeLabel"} and self.open
        ):  # yEd keeps what it shows inside its own elements
            self.open[-1].texts.setdefault("label", text)
        elif local == "data" and self.open:
            if text:
                self.open[-1].texts.setdefault(self.names.get(self.key, self.key.lower()), text)
        elif local in {"graph", "node", "edge"}:
            self._close(self.open.pop())
        self.words, self.size = [], 0

    def _close(self, element: _Element) -> None:
        if len(self.nodes) + len(self.edges) > MAX_PARTS:
            what = f"has more than {MAX_PARTS:,} nodes and edges together"
            raise broken(self.file, element.line, what, "import a part of it")
        texts: dict[str, str] = {}
        for kind in ("all", element.kind):
            texts |= self.defaults.get(kind, {})
        texts |= element.texts
        given = element.given
        if element.kind == "graph":
            self.directed.pop()
            self.own = {"label": given.get("id", ""), **texts} if not self.open else self.own
        elif element.kind == "node":
            texts.pop("id", None)
            self.nodes.append(attributes.node(given["id"], texts, element.line))
        else:
            directed = given.get("directed", str(bool(self.directed and self.directed[-1])).lower()) == "true"
            ends = given["source"], given["target"]
            self.edges.append(attributes.edge(*ends, texts, element.line, self.ledger, directed=directed))
