"""Ways over a topology: the least delay, the same there and back, and how many are equal."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
import topologies
from hypothesis import given
from hypothesis import strategies as st

from microdc.documents.model import Where
from microdc.errors import InputError
from microdc.topology.atlas import Atlas, parse_topology
from microdc.topology.model import Link, Pop, Topology
from microdc.topology.routes import neighbours, shortest
from microdc.topology.selecting import links_named
from microdc.units import Delay

HERE = Where(Path("t.yaml"))


def made(links: list[tuple[str, str, int]]) -> Topology:
    found = {
        f"t/{n}": Link(f"t/{n}", f"t/{a}", f"t/{b}", HERE, measured=Delay(owd))
        for n, (a, b, owd) in enumerate(links)
    }
    names = {end for link in found.values() for end in link.ends}
    return Topology("t", "", "", {name: Pop(name, name, HERE) for name in names}, found, HERE)


def weight(link: Link) -> int:
    return link.owd or 0


def test_the_way_is_that_of_least_delay() -> None:
    topology = made([("a", "b", 10), ("b", "c", 10), ("a", "c", 30), ("c", "d", 5)])
    route = shortest("t/a", neighbours(topology, weight)).to("t/d")
    assert route.pops == ("t/a", "t/b", "t/c", "t/d")
    assert sum(map(weight, route.links)) == 25
    assert route.ways == 1


def test_equal_ways_are_counted_and_the_one_of_fewer_hops_is_taken() -> None:
    topology = made([("a", "b", 10), ("b", "d", 10), ("a", "c", 10), ("c", "d", 10), ("a", "d", 19)])
    assert shortest("t/a", neighbours(topology, weight)).to("t/d").ways == 1
    even = made([("a", "b", 10), ("b", "d", 10), ("a", "c", 10), ("c", "d", 10), ("a", "d", 20)])
    route = shortest("t/a", neighbours(even, weight)).to("t/d")
    assert (route.ways, route.pops) == (3, ("t/a", "t/d"))


def test_what_there_costs_and_back_counts_alike() -> None:
    """A link that is fast one way and slow the other is as far as their mean."""
    topology = made([("a", "b", 10), ("b", "c", 10), ("a", "c", 21)])
    assert shortest("t/a", neighbours(topology, weight)).to("t/c").pops == ("t/a", "t/b", "t/c")
    assert shortest("t/c", neighbours(topology, weight)).to("t/a").pops == ("t/c", "t/b", "t/a")


def test_what_no_link_reaches_is_not_there() -> None:
    tree = shortest("t/a", neighbours(made([("a", "b", 1), ("c", "d", 1)]), weight))
    assert tree.reaches("t/b")
    assert not tree.reaches("t/c")


graphs = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.integers(0, 4)).filter(
        lambda link: link[0] != link[1]
    ),
    min_size=1,
    max_size=12,
)


@given(graphs)
def test_ways_are_the_shortest_and_all_of_them_are_counted(links: list[tuple[str, str, int]]) -> None:
    """Held against all simple ways, written out. A link without delay costs a nanosecond."""
    topology = made(links)
    pops = sorted(topology.pops)
    tree = shortest(pops[0], neighbours(topology, weight))
    for target in pops[1:]:
        ways = list(simple_ways(topology, pops[0], target, ()))
        assert tree.reaches(target) == bool(ways)
        if not ways:
            continue
        costs = [sum(max(1, topology.links[name].owd) for name in way) for way in ways]  # type: ignore[operator]
        route = tree.to(target)
        assert sum(max(1, weight(link)) for link in route.links) == min(costs)
        assert route.ways == costs.count(min(costs))
        assert len(route.links) == min(len(w) for w, c in zip(ways, costs, strict=True) if c == min(costs))


def simple_ways(
    topology: Topology, at: str, target: str, used: tuple[str, ...], seen: frozenset[str] = frozenset()
) -> list[tuple[str, ...]]:
    if at == target:
        return [used]
    found = []
    for link in topology.links.values():
        if at in link.ends:
            (other,) = link.ends - {at}
            if other not in seen | {at}:
                found += simple_ways(topology, other, target, (*used, link.name), seen | {at})
    return found


def test_links_are_called_by_their_ends_or_by_their_name(tmp_path: Path) -> None:
    text = topologies.RING + "  - {between: [south, lone], name: second, km: 500}\n"
    ring = parse_topology(text.encode(), tmp_path / "ring.yaml")
    for ends in permutations(("south", "lone")):
        found = links_named(f"ring/{':'.join(ends)}", [ring])
        assert {link.name for link in found} == {"ring/south:lone", "ring/second"}
    assert [link.name for link in links_named("ring/second", [ring])] == ["ring/second"]
    for text in ("ring/south:lonne", "second", "ring/", "", "ring/a:b:c"):
        with pytest.raises(InputError, match="there is no link"):
            links_named(text, [ring])
    with pytest.raises(InputError) as caught:
        links_named("ring/seconde", [ring])
    assert "ring/second" in caught.value.hint


def test_links_of_an_included_topology_are_called_by_its_name(tmp_path: Path) -> None:
    island = """
    topology: island
    description: An island
    source: made up
    include: [ring]
    pops: {port: {at: [51, -1]}}
    links: [{between: [port, ring/north], km: 200}]
    """
    whole = Atlas(topologies.write(tmp_path, topologies.RING, island))["island"]
    assert [link.name for link in links_named("ring/east:north", [whole])] == ["ring/north:east"]
    assert [link.name for link in links_named("island/port:ring/north", [whole])] == [
        "island/port:ring/north"
    ]
