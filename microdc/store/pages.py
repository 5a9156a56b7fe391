"""Whose leave a change needs, and what is written down of it: the journal and the leases of one testbed, for one actor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from microdc.errors import MicrodcError, RefusedError
from microdc.store.model import Actor, Outcome

if TYPE_CHECKING:
    from microdc.store.operate import Store  # SQLAlchemy: only who opens a store pays for it


@dataclass(slots=True)
class Page:
    """The entry of what is going on. result: what is to be written down of how it came out; outcome: in a word, where nothing is raised."""

    entry: int
    result: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome = "done"


@dataclass(frozen=True, slots=True)
class Book:
    """The journal and the leases of one testbed, for one actor. inputs: gives the documents that a change follows from."""

    store: Store
    actor: Actor
    testbed: str
    inputs: Callable[[], Mapping[str, bytes]] = dict

    def ask_leave(self, resources: Sequence[str]) -> None:
        """Raises RefusedError where somebody else holds one of the resources, or what shares something with it."""
        self.store.leases.check(self.testbed, resources, self.actor.owner)

    @contextmanager
    def page(self, kind: str, summary: str, data: Mapping[str, Any]) -> Iterator[Page]:
        """Writes down that something begins, and how it came out. Nothing begins that cannot be written down."""
        page = Page(
            self.store.journal.begin(kind, self.actor, self.testbed, summary, data, inputs=self.inputs())
        )
        try:
            yield page
        except BaseException as problem:
            outcome: Outcome = "refused" if isinstance(problem, RefusedError) else "failed"
            if isinstance(problem, KeyboardInterrupt | GeneratorExit):
                outcome = "interrupted"
            told = str(problem) if isinstance(problem, MicrodcError) else type(problem).__name__
            try:
                self.store.journal.end(page.entry, outcome, {**page.result, "error": told})
            except MicrodcError as second:
                problem.add_note(f"nor could that be written down: {second}")
            raise
        self.store.journal.end(page.entry, page.outcome, page.result)
