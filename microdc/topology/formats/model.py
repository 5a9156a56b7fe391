"""A graph as a file states it, whatever its format, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from microdc.errors import InputError
from microdc.topology.geo import Place

Format: TypeAlias = Literal["graphml", "gml", "sndlib", "enoslib"]
Act: TypeAlias = Literal["repaired", "dropped", "noted"]

MAX_BYTES = 4 * 10**6
"""Largest file read. The largest map of the Topology Zoo has 0.7 MB."""
MAX_DEPTH = 50
"""Deepest nesting of elements, lists or brackets."""
MAX_TEXT = 100_000
"""Longest text of one value, characters."""
MAX_PARTS = 15_000
"""Most nodes and edges together: more would not fit into a document (100,000 values)."""


@dataclass(frozen=True, slots=True)
class Span:
    """An edge as it is called before all labels are known: the ids of its ends, and what else marks it."""

    a: str
    b: str
    line: int = 0
    words: str = ""

    def between(self, labels: Mapping[str, str]) -> str:
        """For a reader: `Madrid - Lisboa, 'OC-3' (line 7)`. labels: of nodes by id."""
        ends = " - ".join(labels.get(end) or f"node {end}" for end in (self.a, self.b))
        return f"{ends}{f', {self.words}' if self.words else ''}{f' (line {self.line})' if self.line else ''}"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the document does not say as the file does. act: what was done; why: the reason; item: to what, in words or a Span."""

    act: Act
    why: str
    item: str | Span


@dataclass(frozen=True, slots=True)
class Node:
    """A node. label: as written, "" for none. at: as written, in degrees or not; None where nothing readable stands.

    external: belongs to somebody else; junction: a point where lines meet that is no PoP.
    """

    id: str
    label: str = ""
    at: Place | None = None
    external: bool = False
    junction: bool = False
    line: int = 0

    def __str__(self) -> str:
        name = self.label.strip() or f"node {self.id}"
        return f"{name} (line {self.line})" if self.line else name


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge between the nodes with ids a and b.

    label: as written. rate: bit/s. km: length as stated, of any sign. owd, jitter: ns. loss: percent. back: owd from b to a
    where it is another one. directed: says something only of packets from a to b. assumed: its length or delay is the user's, not the
    file's. None where the file states nothing.
    """

    a: str
    b: str
    label: str = ""
    rate: int | None = None
    km: float | None = None
    owd: int | None = None
    back: int | None = None
    jitter: int | None = None
    loss: float | None = None
    directed: bool = False
    assumed: bool = False
    line: int = 0

    @property
    def span(self) -> Span:
        return Span(self.a, self.b, self.line)


@dataclass(frozen=True, slots=True)
class Found:
    """A file's graph. title: what it calls itself; facts: what else it tells of itself, such as its date, in words."""

    file: Path
    form: Format
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    title: str = ""
    facts: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(slots=True)
class Ledger:
    """Remarks, in the order in which they come up."""

    remarks: list[Remark] = field(default_factory=list)

    def repaired(self, why: str, item: object) -> None:
        self._add("repaired", why, item)

    def dropped(self, why: str, item: object) -> None:
        self._add("dropped", why, item)

    def noted(self, why: str, item: object) -> None:
        self._add("noted", why, item)

    def _add(self, act: Act, why: str, item: object) -> None:
        self.remarks.append(Remark(act, why, item if isinstance(item, Span) else str(item)))


def broken(file: Path, line: int, what: str, hint: str = "") -> InputError:
    """The error for a file that cannot be read, with its place."""
    return InputError(what, where=f"{file}:{line}" if line else str(file), hint=hint)
