"""What the commands about nodes share: which are meant, what is opened for them, and how a node is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from microdc.cli import bmc_servers, context, render
from microdc.cli.history import iso
from microdc.cli.ledger import open_ledger
from microdc.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from microdc.deploy.model import ImageRef, NodeRecord
    from microdc.deploy.operate import Deployment

F = TypeVar("F", bound=Callable[..., Any])

SELECTORS = """\b
Nodes are servers with `deploy` in their site's document, named as servers are:
  bcn-c1                  a node
  barcelona               all nodes of a site
  -l role=compute         all with this label
"""
selecting = bmc_servers.naming


@contextmanager
def opened(owner: str) -> Iterator[Deployment]:
    """The nodes of the inventory in force, with the store that knows them. Raises DocumentError, InputError and UnreachableError."""
    from microdc.deploy.operate import open_deployment
    from microdc.testbed.load import load

    testbed = load(context.settings().inventory_dir())
    with open_ledger(testbed, owner) as book:
        yield open_deployment(testbed, book)


def names_of(
    deployment: Deployment, selectors: Sequence[str], labels: Sequence[str], *, every: bool = False
) -> tuple[str, ...]:
    """The nodes that are meant; what is named and never deployed is told. every: all where none is named. Raises InputError."""
    from microdc.deploy.selecting import meant

    if not every and not selectors and not labels:
        raise click.UsageError("name a node, a rack or a site, or give -l; `microdc deploy status` shows all")
    found = meant(deployment, selectors, labels)
    if found.others and context.settings().verbosity.value > 0:
        render.note(f"Never deployed: {', '.join(found.others)}.")
    if not found.names:
        where = deployment.testbed.name
        hint = "write `deploy` into the site's document and into its servers: docs/deploy.md"
        raise InputError("there is no node in this inventory", where=where, hint=hint)
    return found.names


def named(names: Iterable[str]) -> str:
    """Such as: 3 nodes (a, b, c)."""
    every = list(names)
    return f"{len(every)} node{'' if len(every) == 1 else 's'} ({', '.join(every)})"


def data(record: NodeRecord) -> dict[str, Any]:
    """A node as programs read it. Times are UTC, sizes bytes."""
    failure, progress = record.failure, record.progress
    return {
        "node": record.name,
        "site": record.site,
        "state": record.state,
        "phase": record.phase,
        "action": record.action,
        "move": record.move,
        "attempt": record.attempt,
        "attempts": record.attempts,
        "image": image(record.image),
        "since": _moment(record.since),
        "deadline": _moment(record.deadline),
        "progress": None
        if progress is None
        else {"done": progress.done, "total": progress.total, "rate": progress.rate},
        "failure": None
        if failure is None
        else {
            "phase": failure.phase,
            "cause": failure.cause,
            "what": failure.text,
            "advice": failure.advice or None,
        },
        "host_keys": list(record.host_keys),
        "note": record.note or None,
    }


def image(ref: ImageRef | None) -> dict[str, Any] | None:
    """An image as programs read it."""
    return None if ref is None else {"name": ref.name, "digest": ref.digest, "size": ref.size}


def _moment(moment: datetime | None) -> str | None:
    return iso(moment) if moment is not None else None
