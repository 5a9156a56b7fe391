"""What is told of an import: what was kept, and all that is not as in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from microdc.topology import labels
from microdc.topology.formats.model import Edge, Remark


@dataclass(frozen=True, slots=True)
class Group:
    """Remarks of one reason."""

    act: str
    why: str
    count: int
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a file. components: PoPs of each part that no link joins with another, largest first.

    unlimited: links without a capacity.
    """

    topology: str
    file: str
    form: str
    nodes: int
    edges: int
    pops: int
    links: int
    unlimited: int
    components: tuple[int, ...]
    remarks: tuple[Group, ...]


def components_of(edges: Iterable[Edge]) -> tuple[int, ...]:
    """PoPs in each part of the graph, largest first."""
    around: dict[str, list[str]] = {}
    for edge in edges:
        around.setdefault(edge.a, []).append(edge.b)
        around.setdefault(edge.b, []).append(edge.a)
    sizes, seen = [], set[str]()
    for start in around:
        if start in seen:
            continue
        seen.add(start)
        part = [start]
        for node in part:
            fresh = [other for other in dict.fromkeys(around[node]) if other not in seen]
            seen.update(fresh)
            part.extend(fresh)
        sizes.append(len(part))
    return tuple(sorted(sizes, reverse=True))


def grouped(remarks: Iterable[Remark], called: Mapping[str, str]) -> tuple[Group, ...]:
    """Remarks of one reason together; what was dropped first. called: labels by node id."""
    groups: dict[tuple[str, str], list[str]] = {}
    for remark in remarks:
        item = remark.item if isinstance(remark.item, str) else remark.item.between(called)
        groups.setdefault((remark.act, labels.words(remark.why)), []).append(labels.words(item))
    order = ("dropped", "repaired", "noted")
    found = [Group(act, why, len(items), tuple(items)) for (act, why), items in groups.items()]
    return tuple(sorted(found, key=lambda group: order.index(group.act)))
