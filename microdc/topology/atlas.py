"""Topologies by name, read when they are asked for: most commands need none, and reading one takes a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from microdc.documents.check import check, nearest
from microdc.documents.model import DocumentError, Problem
from microdc.documents.reader import Document, parse, read
from microdc.documents.topology import TopologyDocument
from microdc.errors import InputError
from microdc.topology.build import build
from microdc.topology.model import Topology

_CIRCLE = "includes itself"


class UnknownTopologyError(InputError, KeyError):
    """No topology has this name."""

    __str__ = InputError.__str__


class Atlas(Mapping[str, Topology]):
    """The topologies of some directories of files NAME.yaml; later directories shadow earlier ones.

    A name that is none raises UnknownTopologyError with the nearest, a wrong document DocumentError. A directory that does not exist
    is an empty one.
    """

    def __init__(self, *directories: Path) -> None:
        self.files = {
            file.stem: file for directory in directories for file in sorted(directory.glob("*.y*ml"))
        }
        self._read: dict[str, Topology | DocumentError] = {}

    def __getitem__(self, name: str) -> Topology:
        return self._topology(name, ())

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.files))

    def __len__(self) -> int:
        return len(self.files)

    def of_document(self, document: Document) -> Topology:
        """The topology of a document that need not be one of these; what it includes is."""
        return self._built(document, ())

    def problems(self, name: str) -> list[Problem]:
        """Everything wrong with one of these, and with what it includes."""
        try:
            self[name]
        except DocumentError as error:
            return list(error.problems)
        return []

    def _topology(self, name: str, within: tuple[str, ...]) -> Topology:
        if name not in self.files:
            hint = nearest(name, self.files) or "microdc topology list shows all"
            raise UnknownTopologyError(f"there is no topology {name!r}", hint=hint)
        if name not in self._read:
            try:
                self._read[name] = self._of_file(name, within)
            except DocumentError as error:
                if any(_CIRCLE in problem.what for problem in error.problems):
                    raise  # where it begins may be another's fault
                self._read[name] = error
        found = self._read[name]
        if isinstance(found, DocumentError):
            raise found
        return found

    def _of_file(self, name: str, within: tuple[str, ...]) -> Topology:
        document = read(self.files[name])
        topology = self._built(document, within)
        if topology.name != name:
            what = f"topology {topology.name!r} is in a file of another name"
            raise DocumentError([Problem(document.where("topology"), what, f"call it {topology.name}.yaml")])
        return topology

    def _built(self, document: Document, within: tuple[str, ...]) -> Topology:
        record = check(document, TopologyDocument)
        problems: list[Problem] = []
        included = {}
        for index, name in enumerate(record.include):
            where = document.where("include", index)
            if name in (*within, record.topology):
                chain = " -> ".join((*within, record.topology, name))
                problems.append(Problem(where, f"topology {name!r} {_CIRCLE}: {chain}"))
                continue
            try:
                included[name] = self._topology(name, (*within, record.topology))
            except UnknownTopologyError as unknown:
                problems.append(Problem(where, f"unknown topology {name!r}", unknown.hint))
            except DocumentError as error:
                problems += error.problems
        if problems:
            raise DocumentError(problems)
        return build(document, record, included)


def load_topology(file: Path, atlas: Atlas | None = None) -> Topology:
    """The topology of one file; what it includes is looked for beside it, or in the atlas. Raises DocumentError."""
    return (atlas or Atlas(file.parent)).of_document(read(file))


def parse_topology(data: bytes, name: Path, atlas: Atlas | None = None) -> Topology:
    """The topology of a document's bytes, called `name` in errors. Raises DocumentError."""
    return (atlas or Atlas()).of_document(parse(data, name))
