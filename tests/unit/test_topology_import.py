"""What becomes of a graph in a file of another format: what is kept, repaired, dropped, and that it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from microdc.errors import InputError
from microdc.topology.atlas import parse_topology
from microdc.topology.formats.detect import read_graph
from microdc.topology.formats.links import join_ways
from microdc.topology.formats.model import Edge, Ledger, Node
from microdc.topology.formats.places import check_places
from microdc.topology.formats.summary import Summary
from microdc.topology.formats.tidy import Options, tidy
from microdc.topology.model import Topology
from microdc.topology.write import write_topology
from microdc.units import MAX_RATE

DATA = Path(__file__).parents[1] / "data" / "topologies"


def convert(name: str, **options: Any) -> tuple[Topology, Summary]:
    """A file of tests/data/topologies, through the document's text and back."""
    return convert_bytes((DATA / name).read_bytes(), name, **options)


def convert_bytes(data: bytes, name: str = "x.gml", **options: Any) -> tuple[Topology, Summary]:
    document, summary = tidy(read_graph(data, Path(name)), Options("t", **options))
    topology = parse_topology(write_topology(document).encode(), Path("t.yaml"))
    assert (len(topology.pops), len(topology.links)) == (summary.pops, summary.links)
    return topology, summary


def gml(nodes: str, edges: str) -> bytes:
    return f"graph [\n{nodes}\n{edges}\n]".encode()


def told(summary: Summary, act: str, word: str) -> tuple[str, ...]:
    """The items of the one reason that holds a word."""
    (group,) = [group for group in summary.remarks if group.act == act and word in group.why]
    assert group.count == len(group.items)
    return group.items


TWO = """node [ id 1 label "A" Latitude 40 Longitude 0 ]
node [ id 2 label "B" Latitude 41 Longitude 0 ]"""


# -- PoPs


def test_labels_become_names_and_stay_as_titles() -> None:
    topology, _ = convert("traps.gml")
    titles = {name.partition("/")[2]: pop.title for name, pop in topology.pops.items()}
    assert titles == {
        "malaga": "Málaga", "c-n-lodz": 'C&N "Łódź"', "pop-2": "pop-2", "madrid": "Madrid", "madrid-2": "madrid",
        "pop-12": "12", "pop-7": "pop-7", "exchange": "Exchange", "pop-11": "東京", "lima": "Lima", "quito": "Quito",
    }  # fmt: skip
    assert topology.pops["t/exchange"].role == "external"
    assert topology.pops["t/malaga"].at == (36.72016, -4.42034)


def test_pops_that_cannot_stay_are_told_with_the_reason() -> None:
    _, summary = convert("traps.gml")
    assert told(summary, "dropped", "external and has no place") == ("GEANT (line 16)",)
    assert told(summary, "dropped", "not two numbers") == ("Broken (line 20)",)
    assert told(summary, "dropped", "no link reaches it") == ("Alone (line 18)",)
    assert told(summary, "dropped", "it has no place, and") == ("None (line 11)", "Broken (line 20)")
    assert (summary.nodes, summary.pops, summary.edges, summary.links) == (15, 11, 17, 10)
    assert summary.components == (9, 2)


def test_external_nodes_are_kept_or_dropped_as_the_user_says() -> None:
    kept, _ = convert("traps.gml", external="keep", missing_km=10)
    dropped, summary = convert("traps.gml", external="drop")
    assert {"t/geant", "t/exchange"} <= set(kept.pops)
    assert not {"t/geant", "t/exchange"} & set(dropped.pops)
    assert told(summary, "dropped", "it is external") == ("GEANT (line 16)", "Exchange (line 17)")


@pytest.mark.parametrize(
    ("place", "word"),
    [
        ("Latitude 91 Longitude 0", "not on the earth"),
        ("Latitude 0 Longitude 0", "0, 0"),
        ("Latitude 5", "two numbers"),
    ],
)
def test_a_coordinate_that_is_no_place_is_refused_for_that_pop(place: str, word: str) -> None:
    others = "\n".join(f'node [ id {n} label "P{n}" Latitude 4{n % 10} Longitude {n} ]' for n in range(1, 12))
    edges = "\n".join(f"edge [ source {n} target {n + 1} ]" for n in range(1, 11))
    data = gml(f'{others}\nnode [ id 99 label "Odd" {place} ]', f"{edges}\nedge [ source 1 target 99 ]")
    topology, summary = convert_bytes(data)
    assert "t/odd" not in topology.pops
    assert len(topology.pops) == 11
    assert told(summary, "dropped", word) == ("Odd (line 13)",)


@pytest.mark.parametrize(("total", "outside", "kept"), [(20, 1, 19), (20, 2, 18), (19, 2, 0), (20, 3, 0)])
def test_more_than_a_tenth_out_of_range_makes_a_drawing(total: int, outside: int, kept: int) -> None:
    nodes = [Node(str(n), at=(300.0 if n < outside else 40.0, 5.0)) for n in range(total)]
    ledger = Ledger()
    assert sum(1 for node in check_places(nodes, ledger) if node.at) == kept
    assert len(ledger.remarks) == total - kept


def test_pixels_are_no_places_and_the_error_says_what_to_do() -> None:
    with pytest.raises(InputError) as error:
        convert("pixels-sndlib.txt")
    assert "2 of 3 coordinates are no degrees" in error.value.what
    assert "microdc topology import pixels-sndlib.txt --missing-km 100" in error.value.hint


def test_an_assumed_length_is_the_users_and_the_document_says_so() -> None:
    topology, summary = convert("pixels-sndlib.txt", missing_km=50)
    links = list(topology.links.values())
    assert [link.km for link in links] == [50, 50]
    assert {pop.at for pop in topology.pops.values()} == {None}
    assert links[0].sources["length"] == "50 km assumed (--missing-km)"
    assert len(told(summary, "repaired", "50 km assumed")) == 2


def test_an_assumed_delay_only_stands_where_nothing_else_says_it() -> None:
    topology, _ = convert("traps.gml", missing_delay=2_000_000)
    assert topology.links["t/pop-2:junction-3"].measured == 2_000_000
    assert topology.links["t/lima:quito"].measured == 10_000_000
    assert topology.links["t/madrid:madrid-2"].measured is None
    assert topology.pops["t/junction-3"].role == "junction"


def test_pops_without_a_place_can_be_bypassed() -> None:
    topology, summary = convert("traps.gml", bypass=True)
    link = topology.links["t/c-n-lodz:pop-2" if "t/c-n-lodz:pop-2" in topology.links else "t/pop-2:c-n-lodz"]
    assert link.capacity == 155_520_000  # the least of the two that it stands for
    assert link.origin == "derived"
    assert told(summary, "repaired", "bypassed") == ("None (line 11)",)
    assert "t/broken" not in topology.pops  # it joins one other only


def test_a_chain_and_a_star_without_places_are_bypassed_whole() -> None:
    places = "\n".join(f'node [ id {n} label "P{n}" Latitude 4{n} Longitude {n} ]' for n in range(3))
    bare = "\n".join(f'node [ id {n} label "None" hyperedge 1 ]' for n in range(10, 14))
    joints = [(0, 10), (10, 11), (11, 12), (12, 1), (11, 13), (13, 2)]
    topology, _ = convert_bytes(
        gml(f"{bare}\n{places}", "\n".join(f"edge [ source {a} target {b} ]" for a, b in joints)), bypass=True
    )
    assert {link.ends for link in topology.links.values()} == {
        frozenset({"t/p0", "t/p1"}), frozenset({"t/p0", "t/p2"}), frozenset({"t/p1", "t/p2"}),
    }  # fmt: skip


def test_a_bypass_is_as_long_as_what_it_stands_for() -> None:
    nodes = (
        "\n".join(f'node [ id {n} label "P{n}" Latitude 4{n} Longitude 0 ]' for n in range(3))
        + "\nnode [ id 9 ]"
    )
    ways = [(0, 9, 10), (9, 0, 30), (1, 9, 5), (9, 1, 5)]
    edges = "\n".join(f'edge [ source {a} target {b} latency "{ms} ms" ]' for a, b, ms in ways)
    data = gml(f"directed 1 {nodes}", f"{edges}\nedge [ source 2 target 9 ]")
    topology, _ = convert_bytes(data, bypass=True)
    assert topology.links["t/p0:p1"].measured == 25_000_000  # 10 and 30, half of it one way, and 5
    assert topology.links["t/p0:p2"].measured is None

    edges = "edge [ source 0 target 9 km 200 ] edge [ source 9 target 1 km 300 ] edge [ source 9 target 2 ]"
    topology, _ = convert_bytes(gml(nodes, edges), bypass=True)
    assert topology.links["t/p0:p1"].km == 500


# -- links


def test_links_that_cannot_stay_are_told_with_the_reason() -> None:
    _, summary = convert("traps.gml")
    assert told(summary, "dropped", "with itself") == ("Madrid - Madrid (line 27)",)
    assert told(summary, "dropped", "node that the file does not have") == ('C&N "Łódź" - node 99 (line 38)',)
    assert told(summary, "dropped", "what is external") == ("None - GEANT (line 33)",)
    assert told(summary, "dropped", "-3 km is no length") == ('C&N "Łódź" - 東京 (line 37)',)
    lacking = told(summary, "dropped", "nothing states its length")
    assert [item.rpartition(" ")[2] for item in lacking] == ["31)", "32)", "36)"]


def test_the_same_link_twice_is_one_and_different_ones_get_names() -> None:
    topology, summary = convert("traps.gml")
    capacities = {name: link.capacity for name, link in topology.links.items() if "malaga" in name}
    assert capacities == {"t/madrid-malaga-1": 9_953_280_000, "t/madrid-malaga-2": 45_000_000}
    assert told(summary, "repaired", "the same link again") == ("Málaga - Madrid (line 24)",)


def test_speeds_that_say_more_than_one_thing_are_told() -> None:
    topology, summary = convert("traps.gml")
    assert told(summary, "noted", "two speeds: the file's own number") == ("Madrid - Málaga (line 25)",)
    assert told(summary, "noted", "lower bound") == ("madrid - 12 (line 28)",)
    assert told(summary, "noted", "its lower end") == ("12 - node 7 (line 29)",)
    assert told(summary, "noted", "states no speed") == ("Madrid - madrid, 'Lit Fibre' (line 26)",)
    assert topology.links["t/pop-12:pop-7"].capacity == 10**9
    assert summary.unlimited == 3


def test_a_speed_beyond_what_can_be_emulated_is_capped() -> None:
    topology, summary = convert("traps.gml")
    assert topology.links["t/pop-7:pop-2"].capacity == MAX_RATE
    assert told(summary, "repaired", "400gbit is taken") == ("pop-7 - pop-2",)


def test_lengths_and_delays_of_the_file_win_over_the_great_circle() -> None:
    link = convert("traps.gml")[0].links["t/lima:quito"]
    assert (link.km, link.measured, link.published_length) == (1500, 10_000_000, True)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("km 10", "as the crow flies"),
        ('latency "0.1ms"', "light in fibre"),
        ("km 0", "0 km"),
        ("km nan", "nan km"),
    ],
)
def test_what_light_cannot_do_is_not_taken(said: str, word: str) -> None:
    topology, summary = convert_bytes(gml(TWO, f"edge [ source 1 target 2 {said} ]"))
    (link,) = topology.links.values()
    assert link.origin == "derived"
    assert any(word in group.why for group in summary.remarks if group.act in {"dropped", "repaired"})


def test_a_length_without_a_unit_is_told_and_not_used() -> None:
    topology, summary = convert_bytes(gml(TWO, "edge [ source 1 target 2 length 400 ]"))
    assert next(iter(topology.links.values())).origin == "derived"
    assert told(summary, "noted", "`length` has no unit") == ("A - B (line 4)",)


def test_two_ways_that_differ_keep_their_round_trip() -> None:
    topology, summary = convert("directed.gml")
    link = topology.links["t/a:b"]
    assert link.measured == 20_000_000
    assert float(link.loss) == 2
    assert topology.links["t/b:c"].measured == 5_000_000
    assert told(summary, "repaired", "its two ways differ") == ("a - b (line 16)",)
    assert told(summary, "repaired", "one way only") == ("c - a (line 20)",)


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_ways_the_worse_holds_for_both(turned: bool) -> None:  # noqa: FBT001 - a parameter
    one = {"rate": 10**9, "km": 200.0, "jitter": 1000, "loss": 0.5}
    other = {"rate": 10**8, "km": 300.0, "jitter": 2000, "loss": 1.5}
    there, back = (other, one) if turned else (one, other)
    ledger = Ledger()
    edges = [Edge("a", "b", **there, directed=True), Edge("b", "a", **back, directed=True)]  # type: ignore[arg-type]
    (edge,) = join_ways(edges, ledger)
    assert (edge.rate, edge.km, edge.jitter, edge.loss) == (10**8, 300.0, 2000, 1.5)
    assert ["differ" in remark.why for remark in ledger.remarks] == [True]


@pytest.mark.parametrize("ways", [(2, 30), (30, 2)])
def test_light_bounds_the_round_trip_and_not_one_way_of_it(ways: tuple[int, int]) -> None:
    """1112 km are 5.4 ms one way."""
    nodes = TWO.replace("Latitude 41", "Latitude 50")
    edges = "edge [ source 1 target 2 latency_ms {} ]\nedge [ source 2 target 1 latency_ms {} ]"
    topology, _ = convert_bytes(gml(f"directed 1 {nodes}", edges.format(*ways)))
    assert next(iter(topology.links.values())).measured == 16_000_000
    topology, summary = convert_bytes(gml(f"directed 1 {nodes}", edges.format(*(way // 3.5 for way in ways))))
    assert next(iter(topology.links.values())).measured is None
    assert told(summary, "dropped", "light in fibre") == ("a - b",)


def test_speeds_that_the_attributes_of_a_link_say_differently_are_told() -> None:
    edges = """edge [ source 1 target 2 LinkLabel "10G" LinkType "OC-192" ]
edge [ source 1 target 2 LinkLabel "10 Gbps" LinkType "OC-3" ]
edge [ source 1 target 2 LinkLabel "1,544 Mbps" LinkType "T1" ]
edge [ source 1 target 2 LinkLabel "1,000 Mbps" ]
edge [ source 1 target 2 LinkLabel "2,5 Gbit/s" ]"""
    topology, summary = convert_bytes(gml(TWO, edges))
    assert [link.capacity for link in topology.links.values()] == [
        10**10,
        10**10,
        1_544_000,
        None,
        2_500_000_000,
    ]
    assert told(summary, "noted", "different speeds: 10gbit") == ("A - B, '10 Gbps', 'OC-3' (line 5)",)
    assert told(summary, "noted", "decimals or thousands: none") == ("A - B (line 7)",)
    assert told(summary, "noted", "that of decimals is") == ("A - B (line 8)",)


@pytest.mark.parametrize("key", ["packet_loss", "loss", "latency", "latency_ms", "jitter_ms"])
@pytest.mark.parametrize(
    "number", ["1e-9999999999999999999999", "1e-99999999999", "1E-1_000", "1e+999", "nan", "-inf"]
)
def test_a_number_that_nobody_means_is_dropped_with_the_reason(key: str, number: str) -> None:
    topology, summary = convert_bytes(gml(TWO, f'edge [ source 1 target 2 {key} "{number}" ]'))
    (link,) = topology.links.values()
    assert (link.measured, float(link.loss)) == (None, 0)
    (why,) = [group.why for group in summary.remarks if group.act == "dropped"]
    assert number in why


def test_a_file_without_a_link_is_refused() -> None:
    with pytest.raises(InputError, match="has no links"):
        convert_bytes(gml(TWO, ""))
    with pytest.raises(InputError, match="joins a PoP with itself") as error:
        convert_bytes(gml(TWO, "edge [ source 1 target 1 ]"))
    assert "--missing-km" not in error.value.hint


# -- the document


def test_the_document_cites_the_file_and_what_it_says_of_itself() -> None:
    topology, _ = convert("traps.gml")
    assert "traps.gml: of 2012_05, from http://example.net/map?a=1&b=2, by Somebody" in topology.source
    link = topology.links["t/lima:quito"]
    assert "traps.gml" in link.sources["delay"]
    assert topology.description == "Tri & Error, imported from traps.gml"


def test_the_route_factor_is_the_users_or_the_default_and_cited() -> None:
    given, _ = convert("traps.gml", route_factor=1.2)
    default, _ = convert("traps.gml")
    assert given.links["t/pop-7:pop-2"].route_factor == 1.2
    assert "--route-factor" in given.links["t/pop-7:pop-2"].sources["route_factor"]
    assert default.links["t/pop-7:pop-2"].route_factor == 1.5


def test_the_same_file_gives_the_same_text() -> None:
    texts = {
        write_topology(
            tidy(read_graph((DATA / "traps.gml").read_bytes(), Path("traps.gml")), Options("t"))[0]
        )
        for _ in range(3)
    }
    assert len(texts) == 1
    assert "\n  malaga:   {at: [36.72016, -4.42034], title: Málaga, source: file}\n" in texts.pop()


def test_a_document_that_could_not_be_read_again_is_refused() -> None:
    links = [{"between": ["a", "b"], "name": f"n{n}", "km": 1, "source": "file"} for n in range(20_000)]
    with pytest.raises(InputError, match="the document would have"):
        write_topology({"topology": "t", "links": links})
