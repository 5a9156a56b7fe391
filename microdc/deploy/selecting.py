"""Which nodes are meant, by the words that name servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microdc.bmc.targets import selected
from microdc.deploy.operate import Deployment
from microdc.errors import InputError


@dataclass(frozen=True, slots=True)
class Meant:
    """names: of nodes, in the inventory's order. others: servers that were meant, too, and are never deployed."""

    names: tuple[str, ...]
    others: tuple[str, ...] = ()


def meant(deployment: Deployment, patterns: Sequence[str], labels: Sequence[str] = ()) -> Meant:
    """The nodes that are meant: a site or a rack stands for all its nodes, and a pattern with `=` is a label term; all where nothing is named.

    Raises InputError for a name or a label that nothing has, and where no node is among what is named.
    """
    if not patterns and not labels:
        return Meant(tuple(deployment.declared))
    found = selected(deployment.testbed, patterns, labels)
    named = {server.name for server in (*found.servers, *found.without)}
    names = tuple(name for name in deployment.declared if name in named)
    others = tuple(sorted(named - set(names)))
    if not names:
        first = deployment.without.get(
            others[0], "only servers that have `deploy: {address: ...}` are deployed"
        )
        raise InputError(f"no node is among {', '.join(others)}", where=deployment.testbed.name, hint=first)
    return Meant(names, others)
