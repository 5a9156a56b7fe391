"""Package repositories for nodes that have no other: what everybody outside this room calls."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from microdc.errors import ApplyError, InputError
from microdc.events import Step
from microdc.repository import apt, layout, sources
from microdc.repository.apt import ESSENTIAL
from microdc.repository.layout import check, load
from microdc.repository.locking import locked
from microdc.repository.model import Package, Repository, Sources, source_line
from microdc.repository.server import Server

__all__ = ["ESSENTIAL", "Server", "build", "check", "load", "source_line"]


def build(
    into: Path, packages: Iterable[str], *, given: Sources | None = None, installed: str = ""
) -> Generator[Step, None, Repository]:
    """A repository with these packages and all that they need, in a directory that is empty, or holds an older one.

    given: where packages come from; None for this machine's own sources. installed: the text of dpkg's status of the systems that are to be
    served: what they have is left out. Raises InputError, UnreachableError; RefusedError where the directory holds something else,
    ApplyError where it cannot be written.
    """
    wanted = list(dict.fromkeys(packages))
    if not wanted:
        raise InputError("no packages are named", hint="name packages, an --image or a --role")
    layout.refuse_foreign(into)
    root = apt.opened(given or sources.of_machine(), installed)
    yield from root.update()
    yield Step("working out what is needed", "started", " ".join(wanted[:8]))
    found = root.resolve(wanted)
    yield Step("working out what is needed", "done", done=len(found), unit="packages")
    yield from root.fetch(found, apt.pool())
    yield Step("writing the index", "started")
    made = _written(found, into)
    told = f"signed by {made.fingerprint[-16:]}"
    yield Step("writing the index", "done", told, done=made.size, total=made.size, unit="bytes")
    return made


def _written(packages: Sequence[Package], into: Path) -> Repository:
    """What is served holds at any moment: packages come before the index that names them, and go after it."""
    try:
        with locked(into):  # from now on it is known to be ours, also where the rest is cut off
            layout.place(packages, apt.pool(), into)
            layout.publish(packages, into, datetime.now(UTC))
            layout.sweep(packages, into)
            made = load(into)
            check(made)
            return made
    except OSError as error:
        what = f"the repository cannot be written: {error.strerror}"
        raise ApplyError(what, where=str(into), hint="what was served before still is") from None
