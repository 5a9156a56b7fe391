"""The WAN of the inventory in force, with the store in which its changes are written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from microdc.cli import context
from microdc.cli.actor import actor

if TYPE_CHECKING:
    from microdc.testbed.model import Testbed
    from microdc.wan.ledger import Ledger
    from microdc.wan.operate import Wan


@contextmanager
def open_ledger(testbed: Testbed, owner: str) -> Iterator[Ledger]:
    """The journal and the leases of a testbed. Raises InputError or UnreachableError where the store cannot be opened."""
    from microdc.store.operate import open_store
    from microdc.wan.inputs import documents
    from microdc.wan.ledger import Ledger

    settings = context.settings()
    with open_store(settings.store.value) as store:
        inputs = partial(documents, settings.inventory_dir())
        yield Ledger(store, actor(owner), testbed.name, inputs)


@contextmanager
def open_wan_for(testbed: Testbed, owner: str) -> Iterator[Wan]:
    """The WAN of a testbed, to change it for somebody."""
    from microdc.wan.operate import open_wan

    with open_ledger(testbed, owner) as ledger, open_wan(testbed, ledger) as wan:
        yield wan
