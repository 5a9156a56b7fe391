"""From profile documents to impairments: bases are inherited, half of an rtt is taken, buffers become bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from microdc.documents.check import check, nearest
from microdc.documents.model import DocumentError, Problem, Where
from microdc.documents.profile import BothDirections, Direction, ProfileDocument
from microdc.documents.reader import Document, read
from microdc.impairment import Impairment
from microdc.units import Delay
from microdc.wan.direction import Values, impairment_of

TOPOLOGIES = "topologies"
"""The directory, below one of profiles, of documents of another kind."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A profile as its document gives it, before its base is laid under it."""

    document: Document
    record: ProfileDocument
    shadows: Where | None = None

    def given(self, side: str) -> Values:
        """What the document itself gives for the side "up" or "down"."""
        direction: Direction | None = self.record.both or getattr(self.record, side)
        if direction is None:
            return {}
        values = {
            key: value for key in Direction.model_fields if (value := getattr(direction, key)) is not None
        }
        if isinstance(direction, BothDirections) and direction.rtt is not None:
            values["owd"] = Delay(direction.rtt // 2)
        return values

    def where(self, side: str, *keys: str) -> Where:
        """The line of the first of the keys that the document gives for the side; else of the side itself."""
        top = "both" if self.record.both is not None else side
        for key in keys:
            if (top, key) in self.document.lines:
                return self.document.where(top, key)
        return self.document.where(top)


class Drafts(Mapping[str, Draft]):
    """The profile documents of some directories by name, and what becomes of them.

    unread: the names of profiles whose files are wrong, so that nobody complains about references to them.
    """

    def __init__(self, drafts: Mapping[str, Draft] | None = None) -> None:
        self._drafts = dict(drafts or {})
        self.unread: set[str] = set()

    def __getitem__(self, name: str) -> Draft:
        return self._drafts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._drafts)

    def __len__(self) -> int:
        return len(self._drafts)

    def copy(self) -> Drafts:
        return Drafts(self._drafts)

    def add(self, document: Document) -> str:
        """Takes a document in, over one of the same name, and returns its profile's name. Raises DocumentError."""
        record = check(document, ProfileDocument)
        below = self._drafts.get(record.profile)
        shadows = below.document.where() if below is not None else None
        self._drafts[record.profile] = Draft(document, record, shadows)
        return record.profile

    def add_directory(self, directory: Path) -> list[Problem]:
        """Takes in all `*.yaml` below a directory; returns what is wrong with them."""
        problems: list[Problem] = []
        own: dict[str, Where] = {}
        for file in sorted(directory.rglob("*.y*ml")):
            if TOPOLOGIES in file.relative_to(directory).parts[:-1]:
                continue
            try:
                name = self.add(read(file))
            except DocumentError as error:
                problems += error.problems
                self.unread.add(file.stem)
                continue
            where = self._drafts[name].document.where("profile")
            if name in own:
                problems.append(
                    Problem(where, f"profile {name!r} is described twice", f"first in {own[name]}")
                )
            own.setdefault(name, where)
        return problems

    def impairments(self, name: str) -> tuple[Impairment, Impairment]:
        """What the profile does up and down. Raises DocumentError."""
        values = self._values(name, ())
        problems: list[Problem] = []
        up, down = (self._impairment(name, side, values[side], problems) for side in ("up", "down"))
        if problems:
            raise DocumentError(problems)
        return up, down

    def _impairment(self, name: str, side: str, values: Values, problems: list[Problem]) -> Impairment:
        draft = self[name]
        impairment, found = impairment_of(values, draft.given(side), lambda *keys: draft.where(side, *keys))
        problems += found
        return impairment

    def _values(self, name: str, heirs: tuple[str, ...]) -> dict[str, Values]:
        """What is given for each side, the base's values below the profile's own."""
        draft = self[name]
        base = draft.record.base
        if base is None:
            return {side: draft.given(side) for side in ("up", "down")}
        where = draft.document.where("base")
        if base in (*heirs, name):
            chain = " -> ".join((*heirs, name, base))
            raise DocumentError([Problem(where, f"profile {base!r} is its own base: {chain}")])
        if base in self.unread:
            raise DocumentError([Problem(where, f"the base {base!r} cannot be read", "see its own errors")])
        if base not in self:
            raise DocumentError([Problem(where, f"unknown base {base!r}", nearest(base, self))])
        below = self._values(base, (*heirs, name))
        return {side: {**below[side], **draft.given(side)} for side in ("up", "down")}
