"""The files of an inventory: found, read and checked one by one, each against its own schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from microdc.documents.check import check
from microdc.documents.fields import Record
from microdc.documents.model import DocumentError, Problem, Where
from microdc.documents.reader import Document, read
from microdc.documents.site import SiteDocument
from microdc.documents.testbed import TestbedDocument

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Source(Generic[R]):
    """A document that satisfies its schema, and the text that it came from."""

    document: Document
    record: R

    def where(self, *path: str | int) -> Where:
        return self.document.where(*path)


@dataclass(slots=True)
class Files:
    """What an inventory directory holds, and everything wrong with single files.

    testbed: None where testbed.yaml is wrong. unread: names of the sites whose files are wrong, so that nobody
    complains about references to them.
    """

    directory: Path
    testbed: Source[TestbedDocument] | None = None
    sites: list[Source[SiteDocument]] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    @property
    def site_names(self) -> set[str]:
        return {source.record.site for source in self.sites} | self.unread


def read_files(directory: Path) -> Files:
    """Reads `testbed.yaml` and `sites/*.yaml`; does not stop at a file that is wrong."""
    files = Files(directory)
    top = directory / "testbed.yaml"
    if not directory.is_dir():
        files.problems.append(
            Problem(Where(directory), "there is no such directory", "name an inventory directory")
        )
        return files
    files.testbed = _read(top, TestbedDocument, files)
    for path in sorted((directory / "sites").glob("*.y*ml")):
        source = _read(path, SiteDocument, files)
        if source is None:
            files.unread.add(_site_name(path))
        else:
            files.sites.append(source)
    if not files.site_names:
        files.problems.append(
            Problem(
                Where(directory / "sites"),
                "holds no site",
                "write one file per site, such as sites/paris.yaml",
            )
        )
    return files


def _read(path: Path, model: type[R], files: Files) -> Source[R] | None:
    try:
        document = read(path)
        return Source(document, check(document, model))
    except DocumentError as error:
        files.problems += error.problems
        return None


def _site_name(path: Path) -> str:
    """The name that a site's file gives, wrong as the file is; its own name where that cannot be told."""
    try:
        return str(read(path).value.get("site", path.stem))
    except DocumentError:
        return path.stem
