"""What packets suffer from each group of machines to each other, as edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from microdc.topology.formats.model import Edge, Ledger


@dataclass(frozen=True, slots=True)
class Way:
    """What packets from one group to another suffer: ns, bit/s, percent; None for nothing said."""

    owd: int | None = None
    rate: int | None = None
    loss: float | None = None
    line: int = 0


Ways = Mapping[tuple[str, str], Way]
"""By source and target."""


def edges_of(groups: Sequence[str], ways: Ways, ledger: Ledger) -> Iterator[Edge]:
    """Two for each pair of groups of which something is said, one each way; what is not said is no delay."""
    for a, b in combinations(groups, 2):
        if (a, b) not in ways and (b, a) not in ways:
            continue
        for source, target in ((a, b), (b, a)):
            way = ways.get((source, target), Way())
            if way.owd is None:
                ledger.noted("no delay is stated: none is taken", f"{source} -> {target}")
            yield Edge(
                source, target, rate=way.rate, owd=way.owd or 0, loss=way.loss, directed=True, line=way.line
            )


def tell_detours(groups: Sequence[str], ways: Ways, ledger: Ledger) -> None:
    """Notes the pairs that are slower than a way round by other groups: a route takes the quickest, and they would not get what is asked."""
    cost = {
        frozenset((a, b)): _owd(ways, a, b) + _owd(ways, b, a)
        for a, b in combinations(groups, 2)
        if (a, b) in ways or (b, a) in ways
    }
    best, by = dict(cost), dict[frozenset[str], str]()
    for over in groups:  # Floyd and Warshall
        reached = [(name, best[pair]) for name in groups if (pair := frozenset((name, over))) in best]
        for (a, first), (b, second) in combinations(reached, 2):
            pair = frozenset((a, b))
            if a != b and pair in best and first + second < best[pair]:
                best[pair], by[pair] = first + second, over
            elif a != b and pair not in best:
                best[pair] = first + second
    for a, b in combinations(groups, 2):
        pair = frozenset((a, b))
        if pair in by and pair in cost:
            words = f"{a} - {b} ({cost[pair] / 1e6:g}ms there and back, {best[pair] / 1e6:g}ms by {by[pair]})"
            ledger.noted("slower than a way round, and routes take the way round", words)


def _owd(ways: Ways, a: str, b: str) -> int:
    return ways.get((a, b), Way()).owd or 0
