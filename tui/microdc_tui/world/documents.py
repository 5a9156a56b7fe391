"""Whether the documents of an inventory are still those that a feed has read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Final

LOOK: Final = 2.0
"""Seconds from look to look. What was written counts when it stood still from one look to the next: files are written one after the other."""

DIRECTORIES: Final = ("sites", "profiles", "topologies")
"""Of an inventory; whatever lies below them is read, or may be."""

Stamp = frozenset[tuple[str, int, int]]


def directory_of(shared: Sequence[str]) -> Path | None:
    """The inventory that the words before every command name; None where they name none."""
    words = list(shared)
    return Path(words[words.index("-i") + 1]) if "-i" in words[:-1] else None


def stamp(directory: Path) -> Stamp:
    """The documents of an inventory by name, time of change and size; empty where there are none."""
    found: set[tuple[str, int, int]] = set()
    for path in (directory / "testbed.yaml", *_documents(directory)):
        try:
            state = path.stat()
        except OSError:  # not there, or gone since it was listed
            continue
        found.add((str(path.relative_to(directory)), state.st_mtime_ns, state.st_size))
    return frozenset(found)


def _documents(directory: Path) -> Iterator[Path]:
    # A directory may go while it is listed, or its disk fail: it is looked again.
    with suppress(OSError):
        for name in DIRECTORIES:
            yield from (directory / name).rglob("*.y*ml")


def watch(directory: Path, closing: Event, changed: Callable[[], None]) -> None:
    """Calls `changed` after each change, until `closing`. An inventory that is gone is none: what was read of it is watched on."""
    known = seen = stamp(directory)
    while not closing.wait(LOOK):
        now = stamp(directory)
        if now and now == seen and now != known:
            known = now
            changed()
        seen = now
