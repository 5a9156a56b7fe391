"""The nodes of a testbed, to be worked with: what is declared of them, what is kept of them, and what acts on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from microdc.deploy.arming import Declared
from microdc.deploy.lifecycle import Patience
from microdc.deploy.model import NodeRecord
from microdc.deploy.ports import Image, World
from microdc.deploy.records import record_of
from microdc.deploy.working import Hands, Threads
from microdc.errors import InputError, MicrodcError
from microdc.store.pages import Book
from microdc.testbed.model import Testbed

FindImage = Callable[[str], Image | MicrodcError]
"""An image by its name, or why there is none to give."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The nodes of a testbed, to be worked with. declared: by name, in the inventory's order; world: what acts; key: of tokens."""

    testbed: Testbed
    book: Book
    world: World
    declared: Mapping[str, Declared]
    find_image: FindImage
    key: bytes = field(repr=False)
    patience: Patience = field(default_factory=Patience)
    hands: Hands = field(default_factory=Threads)
    without: Mapping[str, str] = field(default_factory=dict)

    def records(self, names: Iterable[str] | None = None) -> dict[str, NodeRecord]:
        """The nodes as they are now: of those that are declared, all or these. Raises InputError for one that is not.

        One at rest is of the site that the inventory has it at, wherever it was before; one that moves is of the site that is at it.
        """
        wanted = list(self.declared if names is None else names)
        rows = self.book.store.nodes.get(self.book.testbed, wanted)
        new = {name: NodeRecord(self.book.testbed, name, self.one(name).spec.site) for name in wanted}
        kept = {name: record_of(row) for name, row in rows.items()}
        here = {
            name: one if one.state.moving else replace(one, site=new[name].site) for name, one in kept.items()
        }
        return new | here

    def one(self, name: str) -> Declared:
        """A node. Raises InputError where it is not declared."""
        if name not in self.declared:
            hint = self.without.get(name, "only servers with `deploy: {address: ...}` are deployed")
            raise InputError(f"{name} is no node", hint=hint)
        return self.declared[name]
