"""The WAN of the inventory in force, with the store in which its changes are written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from microdc.cli import context, render
from microdc.cli.actor import actor

if TYPE_CHECKING:
    from microdc.testbed.model import Testbed
    from microdc.wan.ledger import Ledger
    from microdc.wan.operate import Wan

_RECENT = 50
"""Newest entries of the journal among which ours is looked for: others may act at the same time."""


@contextmanager
def open_ledger(testbed: Testbed, owner: str) -> Iterator[Ledger]:
    """The journal and the leases of a testbed. Raises InputError or UnreachableError where the store cannot be opened."""
    from microdc.store.operate import open_store
    from microdc.wan.inputs import documents
    from microdc.wan.ledger import Ledger

    settings = context.settings()
    with open_store(settings.store.value) as store:
        ledger = Ledger(store, actor(owner), testbed.name, partial(documents, settings.inventory_dir()))
        try:
            yield ledger
        except KeyboardInterrupt:
            _point_to_what_was_done(ledger)
            raise


def _point_to_what_was_done(ledger: Ledger) -> None:
    """Names the entry of what was interrupted: no result is printed of it, and some of it may have been done."""
    who = ledger.actor
    entries = ledger.store.journal.entries(ledger.testbed, last=_RECENT)
    mine = [entry.id for entry in entries if (entry.actor.pid, entry.actor.started) == (who.pid, who.started)]
    if mine:
        with suppress(OSError):  # the terminal may be gone
            render.note(f"What was asked and done until then: microdc log show {mine[-1]}")


@contextmanager
def open_wan_for(testbed: Testbed, owner: str) -> Iterator[Wan]:
    """The WAN of a testbed, to change it for somebody."""
    from microdc.wan.operate import open_wan

    with open_ledger(testbed, owner) as ledger, open_wan(testbed, ledger) as wan:
        yield wan
