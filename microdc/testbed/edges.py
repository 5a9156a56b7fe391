"""What must hold of those who shape the WAN: each direction of each pair has somebody, and nobody two jobs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations

from microdc.documents.model import Problem, Where
from microdc.documents.site import EdgeRecord, SiteDocument
from microdc.testbed.files import Files, Source


@dataclass(frozen=True, slots=True)
class _Edge:
    """A server's edge, and the place of its description."""

    server: str
    record: EdgeRecord
    source: Source[SiteDocument]
    path: tuple[str, ...]

    def where(self, *path: str) -> Where:
        return self.source.where(*self.path, *path)


def _edges(source: Source[SiteDocument]) -> list[_Edge]:
    return [
        _Edge(name, server.edge, source, ("racks", rack_name, "servers", name, "edge"))
        for rack_name, rack in source.record.racks.items()
        for name, server in rack.servers.items()
        if server.edge is not None
    ]


def is_joined(source: Source[SiteDocument]) -> bool:
    """Whether the site takes part in the WAN."""
    return source.record.uplink is not None or bool(_edges(source))


def check_edges(files: Files) -> Iterator[Problem]:
    """A site has an uplink or servers with an edge, not both; no two edges are on one host."""
    emulators = files.testbed.record.emulators if files.testbed else {}
    taken: dict[tuple[str, str], _Edge] = {}
    for source in files.sites:
        for edge in _edges(source):
            if source.record.uplink is not None:
                yield Problem(
                    edge.where(),
                    f"{source.record.site} has an `uplink`, and its server {edge.server} an `edge`",
                    f"keep one of them: what it sends would be shaped twice; see {source.where('uplink')}",
                )
            if edge.server in emulators:
                what = f"{edge.server!r} is the name of an emulator too"
                yield Problem(edge.where(), what, "rename one of them: both shape")
            other = taken.setdefault(_host(edge.record), edge)
            if other is not edge:
                yield Problem(
                    edge.where("host"),
                    f"{edge.record.host} is the edge of {other.server} already",
                    f"a host has one edge; see {other.where('host')}",
                )


def _host(edge: EdgeRecord) -> tuple[str, str]:
    """What makes a host one of its own: the same address may be two hosts behind two jump hosts."""
    return edge.jump.host if edge.jump else edge.via or "", edge.host


def check_directions(files: Files) -> Iterator[Problem]:
    """Each direction of each emulated pair is shaped: where the target's uplink is, else by the source's servers."""
    if files.testbed is None:
        return
    joined = {source.record.site: source for source in files.sites if is_joined(source)}
    wan, named = files.testbed.record.wan, set[frozenset[str]]()
    for index, pair in enumerate(wan.pairs):
        named.add(frozenset(pair.between))
        if joined.keys() >= set(pair.between) and len(set(pair.between)) == 2:
            yield from _unshaped(joined, pair.between, files.testbed.where("wan", "pairs", index))
    if wan.default is not None:
        for two in combinations(joined, 2):
            if frozenset(two) not in named:
                yield from _unshaped(joined, list(two), files.testbed.where("wan", "default"))


def _unshaped(joined: dict[str, Source[SiteDocument]], pair: list[str], where: Where) -> Iterator[Problem]:
    for source, target in permutations(pair):
        if joined[target].record.uplink is None and not _edges(joined[source]):
            yield Problem(
                where,
                f"nobody shapes what {source} sends to {target}: {source} lies behind an emulator, {target} does not",
                f"give {target} an `uplink`, or give servers of {source} an `edge` in place of its own",
            )
