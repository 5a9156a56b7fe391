"""Recorded trees of real BMCs: a directory or tar archive of JSON documents -> documents by path.

Two layouts are met: `<path>/index.json`, and one flat directory in which a name is the path with `_` for `/`.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from microdc.errors import InputError
from microdc.lab.redfish.resources.paths import ROOT
from microdc.lab.redfish.world import Document

_FLAT = ROOT.replace("/", "_")


@cache
def load(place: Path) -> dict[str, Document | bytes]:
    """The documents of a recorded tree by path, without final slash; JSON parsed, XML as it is. Loaded once for all BMCs that show it.

    InputError where there is no service root in it.
    """
    try:
        found = dict(_documents(_archived(place) if place.is_file() else _files(place)))
    except (OSError, tarfile.TarError) as problem:
        raise InputError(f"the recorded tree cannot be read: {problem}", where=str(place)) from problem
    if ROOT not in found:
        raise InputError(
            "no Redfish service root is recorded there",
            where=str(place),
            hint=f"expected index.json or {_FLAT}.json",
        )
    return found


def _files(place: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    for file in sorted(place.rglob("*")):
        if file.is_file():
            yield PurePosixPath(file.relative_to(place)), file.read_bytes()


def _archived(place: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    with tarfile.open(place) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content:
                yield PurePosixPath(member.name), content.read()


def _documents(files: Iterator[tuple[PurePosixPath, bytes]]) -> Iterator[tuple[str, Document | bytes]]:
    """What has no path is left out: read-me files and the like. The service root lies at the top or one directory below."""
    kept = [(name, content) for name, content in files if name.suffix in {".json", ".xml"}]
    tops = sorted(
        (name.parent for name, _ in kept if name.name == "index.json"), key=lambda top: len(top.parts)
    )
    for name, content in kept:
        document = _parsed(content) if name.suffix == ".json" else content
        if document is None:
            continue
        if name.name.startswith(_FLAT):
            yield _flat_path(name.stem, document), document
        elif name.stem == "index" and name.is_relative_to(tops[0] if tops else ""):
            below = name.parent.relative_to(tops[0]) if tops else name.parent
            yield f"{ROOT}/{below}".removesuffix("/.").rstrip("/"), document


def _parsed(content: bytes) -> Document | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _flat_path(stem: str, document: Document | bytes) -> str:
    """The id that the document gives itself tells a `_` of the name from a `/`."""
    told = str(document.get("@odata.id", "")).rstrip("/") if isinstance(document, dict) else ""
    return told if told.replace("/", "_") == stem else stem.replace("_", "/")
