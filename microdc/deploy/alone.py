"""Two runs are never at one node: who else is at work, whether he is still there, and that this run is.

Whether a process of this machine runs can be seen. One of another machine tells through the store that it is there, and counts as gone when it has
told nothing for some minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from microdc.errors import InputError, RefusedError
from microdc.store.model import Actor, Entry
from microdc.store.nodes import Nodes
from microdc.store.pages import Book
from microdc.store.process import presence

KIND = "deploy"
"""What the journal calls moves of nodes."""
EVERY = timedelta(seconds=30)
"""How often a run tells that it is there."""
SILENT = timedelta(minutes=5)
"""A run of another machine that has told nothing for so long is gone: ten times as long as it takes, and longer than a store waits for anybody."""


@dataclass(slots=True)
class Presence:
    """That this run is there, which others of the same store see. entry: its own in the journal."""

    nodes: Nodes
    entry: int
    _next: datetime | None = None

    def tell(self, now: datetime) -> None:
        """Told where it is due."""
        if self._next is None or now >= self._next:
            self._next = now + EVERY
            self.nodes.tell_presence(self.entry)


def check_alone(book: Book, names: Iterable[str], *, take_over: bool = False) -> None:
    """Raises RefusedError where another microdc is at one of these nodes; closes what those began that are gone.

    take_over: of another machine's, nothing is waited for: whoever asks knows that it is gone.
    """
    wanted = set(names)
    for entry in book.store.journal.unfinished(book.testbed):
        shared = sorted(wanted & set(entry.data.get("nodes", ())))
        if (
            entry.kind != KIND
            or _same(entry.actor, book.actor)
            or _settled(book, entry, take_over and shared)
        ):
            continue
        if shared:
            who = f"{entry.actor.owner}, process {entry.actor.pid} on {entry.actor.host}"
            raise RefusedError(
                f"another microdc is at {', '.join(shared)}: {who}", hint=_hint(entry, shared[0])
            )


def _settled(book: Book, entry: Entry, taken_over: object) -> bool:
    """Whether the process of an entry is gone; then the entry is closed."""
    there = presence(entry.actor)
    if there == "gone":
        told = "the process was gone before it wrote this down"
    elif there == "running":
        return False
    elif taken_over:
        told = f"{book.actor.owner} took over from {entry.actor.host}"
    else:
        silence = book.store.nodes.silence(entry.id)
        if silence is None or silence < SILENT:
            return False
        told = f"nothing was heard from {entry.actor.host} for {silence.total_seconds() / 60:.0f} min"
    try:
        found = {"settled": f"{told}; microdc deploy status tells how the nodes are"}
        book.store.journal.end(entry.id, "interrupted", found)
    except InputError:  # it has ended meanwhile
        return True
    return True


def _hint(entry: Entry, node: str) -> str:
    if presence(entry.actor) == "running":
        return f"wait for it, or end that process; microdc deploy status {node} tells how far it is"
    minutes = f"{SILENT.total_seconds() / 60:.0f} min"
    return f"it counts as gone when it has told nothing for {minutes}; where you know that it is, --take-over goes on at once"


def _same(one: Actor, other: Actor) -> bool:
    """Whether two entries are of one process. A number names one on its own machine only."""
    return (one.host, one.pid, one.boot) == (other.host, other.pid, other.boot)
