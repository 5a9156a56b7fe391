"""The ways of least delay over a topology, and of how many equal ones each was chosen."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from microdc.topology.model import Link, Topology

Weigh = Callable[[Link], int]
"""What a link costs, ns, the same both ways."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way from one PoP to another. pops: all that it passes, the ends included; links: one less.

    ways: how many ways cost the same. Which of them is taken is by fewer hops, then by name.
    """

    pops: tuple[str, ...]
    links: tuple[Link, ...]
    ways: int = 1

    def reverse(self) -> Route:
        return Route(self.pops[::-1], self.links[::-1], self.ways)


@dataclass(frozen=True, slots=True)
class Tree:
    """The ways from one PoP to all that can be reached.

    before: by PoP, the one before it and the link from there, nearest first. costs: by PoP. ways: how many cost the same.
    """

    source: str
    before: Mapping[str, tuple[str, Link]]
    costs: Mapping[str, int]
    ways: Mapping[str, int]

    def reaches(self, pop: str) -> bool:
        return pop in self.ways

    def to(self, pop: str) -> Route:
        """Raises KeyError for one that is not reached."""
        pops, links = [pop], []
        while pops[-1] != self.source:
            previous, link = self.before[pops[-1]]
            pops.append(previous)
            links.append(link)
        return Route(tuple(reversed(pops)), tuple(reversed(links)), self.ways[pop])


Neighbours = Mapping[str, list[tuple[str, int, Link]]]
"""By PoP: the PoPs next to it, what the link there costs, and the link."""


def neighbours(topology: Topology, weigh: Weigh) -> Neighbours:
    """What `shortest` walks over; made once for many ways."""
    found: dict[str, list[tuple[str, int, Link]]] = {pop: [] for pop in topology.pops}
    for _, link in sorted(topology.links.items()):
        cost = max(1, weigh(link))  # so that links without delay do not make ways without end equal
        found[link.a].append((link.b, cost, link))
        found[link.b].append((link.a, cost, link))
    return found


_COST = 1 << 20
"""A way is measured by one number: its cost in the upper bits, its hops in the lower, so that fewer hops decide among equals."""


def shortest(source: str, around: Neighbours) -> Tree:
    """The ways of least cost from one PoP (Dijkstra)."""
    found = {source: 0}
    ways = {source: 1}
    before: dict[str, tuple[str, Link]] = {}
    order: dict[str, tuple[str, Link]] = {}
    heap = [(0, source)]
    while heap:
        so_far, pop = heapq.heappop(heap)
        if so_far > found[pop]:
            continue  # a shorter way was found since
        if pop != source:
            if pop in order:
                continue
            order[pop] = before[pop]
        for other, cost, link in around[pop]:
            new = so_far + cost * _COST + 1
            old = found.get(other)
            if old is None or new // _COST < old // _COST:
                found[other], ways[other], before[other] = new, ways[pop], (pop, link)
                heapq.heappush(heap, (new, other))
            elif new // _COST == old // _COST:
                ways[other] += ways[pop]
                if new < old or (new == old and (pop, link.name) < (before[other][0], before[other][1].name)):
                    found[other], before[other] = new, (pop, link)
                    heapq.heappush(heap, (new, other))
    return Tree(source, order, {pop: total // _COST for pop, total in found.items()}, ways)
