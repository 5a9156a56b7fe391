"""PoPs of which nobody knows the place, such as the branches of a sea cable: taken out, what they join linked directly."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import combinations, count

from microdc.topology.formats.links import Nodes, lacking, least
from microdc.topology.formats.model import Edge, Ledger

MAX_AROUND = 12
"""Most neighbours of a PoP that is bypassed: each two of them get a link, and what joins more is no junction of a cable."""


def bypass(edges: Sequence[Edge], nodes: Nodes, ledger: Ledger) -> tuple[list[Edge], set[str]]:
    """The edges with each two neighbours of a PoP without a place linked, where a link of it lacks a length; and the ids of those PoPs.

    What it joins with one other only is no way between two: it stays as it is.
    """
    around: dict[str, dict[int, Edge]] = defaultdict(dict)
    found, numbers = dict(enumerate(edges)), count(len(edges))
    order = {name: place for place, name in enumerate(nodes)}
    for number, edge in found.items():
        around[edge.a][number] = around[edge.b][number] = edge
    gone: set[str] = set()
    queue = deque(name for name, node in nodes.items() if node.at is None)
    while queue:
        name = queue.popleft()
        mine = around[name]
        spokes = {_other(edge, name): edge for edge in reversed(mine.values())}
        if not any(lacking(edge, nodes) for edge in mine.values()) or not 1 < len(spokes) <= MAX_AROUND:
            continue
        ledger.repaired("it has no place: bypassed, its neighbours are linked with each other", nodes[name])
        gone.add(name)
        for number, edge in list(mine.items()):
            del found[number], around[edge.a][number], around[edge.b][number]
        for a, b in combinations(sorted(spokes, key=lambda name: order[name]), 2):
            if all(_other(edge, a) != b for edge in around[a].values()):
                number = next(numbers)
                new = _through(spokes[a], spokes[b], a, b)
                found[number] = around[a][number] = around[b][number] = new
        queue.extend(end for end in spokes if nodes[end].at is None)  # it may join two only now
    return list(found.values()), gone


def _other(edge: Edge, end: str) -> str:
    return edge.b if edge.a == end else edge.a


def _through(first: Edge, second: Edge, a: str, b: str) -> Edge:
    """Two links in a row as one."""
    km = first.km + second.km if first.km is not None and second.km is not None else None
    owd = _both_ways(first) + _both_ways(second) if first.owd is not None and second.owd is not None else None
    return Edge(
        a, b, first.label if first.label == second.label else "", least(first.rate, second.rate), km,
        None if owd is None else owd // 2, line=first.line,
    )  # fmt: skip


def _both_ways(edge: Edge) -> int:
    owd = edge.owd or 0
    return owd + (owd if edge.back is None else edge.back)
