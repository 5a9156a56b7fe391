"""Links by the names that people give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from microdc.documents.check import nearest
from microdc.errors import InputError
from microdc.topology.model import Link, Topology


def links_named(text: str, topologies: Iterable[Topology]) -> list[Link]:
    """The links of some topologies that TOPOLOGY/A:B or TOPOLOGY/NAME calls: all that lie between the two PoPs, in either order.

    Raises InputError, with the nearest, where there is none.
    """
    known: dict[str, Link] = {}
    for topology in topologies:
        known |= topology.links
    if text in known and known[text].name.count(":") == 0:
        return [known[text]]
    home, _, rest = text.partition("/")
    a, _, b = rest.partition(":")
    ends = frozenset(end if "/" in end else f"{home}/{end}" for end in (a, b))
    found = [link for link in known.values() if link.ends == ends]
    if not found:
        hint = _hint(text, known)
        raise InputError(f"there is no link {text!r}", hint=hint)
    return found


def _hint(text: str, known: dict[str, Any]) -> str:
    return nearest(text, known) or "write TOPOLOGY/POP:POP, such as nren-europe/paris:madrid"
