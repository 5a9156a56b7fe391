"""Package repositories for nodes that have no other: what everybody outside this room calls."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from datetime import UTC, datetime
from pathlib import Path

from microdc.errors import InputError, RefusedError
from microdc.events import Step
from microdc.repository import apt, layout, sources
from microdc.repository.apt import ESSENTIAL
from microdc.repository.layout import check, load
from microdc.repository.model import Repository, Sources, source_line
from microdc.repository.server import Server

__all__ = ["ESSENTIAL", "Server", "build", "check", "load", "source_line"]


def build(
    into: Path, packages: Iterable[str], *, given: Sources | None = None, installed: str = ""
) -> Generator[Step, None, Repository]:
    """A repository with these packages and all that they need, in a directory that is empty, or holds an older one.

    given: where packages come from; None for this machine's own sources. installed: the text of dpkg's status of the systems that are to be
    served: what they have is left out. Raises InputError, UnreachableError; RefusedError where the directory holds something else.
    """
    wanted = list(dict.fromkeys(packages))
    if not wanted:
        raise InputError("no packages are named", hint="name packages, an --image or a --role")
    _refuse_foreign(into)
    root = apt.opened(given or sources.of_machine(), installed)
    yield from root.update()
    yield Step("working out what is needed", "started", " ".join(wanted[:8]))
    found = root.resolve(wanted)
    yield Step("working out what is needed", "done", done=len(found), unit="packages")
    yield from root.fetch(found, apt.pool())
    yield Step("writing the index", "started")
    layout.place(found, apt.pool(), into)
    fingerprint = layout.publish(found, into, datetime.now(UTC))
    made = load(into)
    check(made)
    yield Step(
        "writing the index",
        "done",
        f"signed by {fingerprint[-16:]}",
        done=made.size,
        total=made.size,
        unit="bytes",
    )
    return made


def _refuse_foreign(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        raise InputError("this is no directory", where=str(directory))
    ours = {"pool", "dists", "microdc.gpg"}
    foreign = (
        [entry.name for entry in directory.iterdir() if entry.name not in ours] if directory.exists() else []
    )
    if foreign:
        raise RefusedError(
            f"there is something else in this directory: {foreign[0]}",
            where=str(directory),
            hint="name an empty one",
        )
