"""Edges of a file as links of a document: one for both ways, none from a PoP to itself, none twice."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TypeVar

from microdc.topology.formats.model import Edge, Ledger, Node, Span

T = TypeVar("T", int, float)

Nodes = Mapping[str, Node]
"""Nodes by id."""


def sound(edges: Iterable[Edge], nodes: Nodes, kept: Container[str], ledger: Ledger) -> list[Edge]:
    """Those between two different nodes that are kept, with lengths that are lengths."""
    found = []
    for edge in edges:
        item = edge.span
        if edge.a not in nodes or edge.b not in nodes:
            ledger.dropped("it ends at a node that the file does not have", item)
        elif edge.a == edge.b:
            ledger.dropped("it joins a PoP with itself", item)
        elif edge.a not in kept or edge.b not in kept:
            ledger.dropped("it leads to what is external", item)
        else:
            found.append(replace(edge, km=_length(edge.km, item, ledger)))
    return found


def _length(km: float | None, item: Span, ledger: Ledger) -> float | None:
    if km is None or (math.isfinite(km) and 0.001 <= km <= 100_000):
        return km
    if km == 0:
        ledger.repaired("a length of 0 km is not used", item)
    else:
        ledger.dropped(f"{km:g} km is no length", item)
    return None


def join_ways(edges: Sequence[Edge], ledger: Ledger) -> list[Edge]:
    """Directed edges, one each way, as one link. What differs is told: the round trip is kept, the lesser rate, the greater loss."""
    found: list[Edge] = []
    pairs: dict[frozenset[str], tuple[list[Edge], list[Edge]]] = {}
    for edge in edges:
        if not edge.directed:
            found.append(edge)
            continue
        there, back = pairs.setdefault(frozenset((edge.a, edge.b)), ([], []))
        (there if not there or there[0].a == edge.a else back).append(edge)
    for there, back in pairs.values():
        for one, other in zip_longest(there, back):
            edge = one or other
            if edge is None:
                continue
            item = edge.span
            if one is None or other is None:
                ledger.repaired("stated one way only: taken for both", item)
                found.append(replace(edge, directed=False))
            else:
                found.append(_joined(one, other, item, ledger))
    return found


def _joined(one: Edge, other: Edge, item: Span, ledger: Ledger) -> Edge:
    if any(getattr(one, key) != getattr(other, key) for key in ("rate", "km", "owd", "jitter", "loss")):
        why = "its two ways differ: the round trip is kept, the lesser rate and the greater length, jitter and loss hold both ways"
        ledger.repaired(why, item)
    owd = one.owd if one.owd is not None else other.owd
    return replace(
        one,
        rate=least(one.rate, other.rate),
        km=_most(one.km, other.km),
        owd=owd,
        back=other.owd if other.owd is not None and other.owd != owd else None,
        jitter=_most(one.jitter, other.jitter),
        loss=_most(one.loss, other.loss),
        directed=False,
    )


def least(a: int | None, b: int | None) -> int | None:
    """The lesser of two that may not be known; the other one where one is not."""
    return min((value for value in (a, b) if value is not None), default=None)


def _most(a: T | None, b: T | None) -> T | None:
    return max((value for value in (a, b) if value is not None), default=None)


def is_stated(edge: Edge) -> bool:
    """Whether the file itself says how long the link is, or how long packets take."""
    return edge.km is not None or edge.owd is not None


def lacking(edge: Edge, nodes: Nodes) -> bool:
    """Whether nothing says how long it is: neither the file nor the places of its ends."""
    return not is_stated(edge) and (nodes[edge.a].at is None or nodes[edge.b].at is None)


def merge(edges: Sequence[Edge], ledger: Ledger) -> list[Edge]:
    """Without those that say the same as one before between the same two PoPs."""
    seen: set[tuple[object, ...]] = set()
    found = []
    for edge in edges:
        numbers = (edge.rate, edge.km, edge.owd, edge.back, edge.jitter, edge.loss)
        key = (frozenset((edge.a, edge.b)), edge.label, *numbers)
        if key in seen:
            ledger.repaired("the same link again: one of them is kept", edge.span)
            continue
        seen.add(key)
        found.append(edge)
    return found
