"""All published topologies import, and what they are known to be holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdc.errors import InputError
from microdc.topology.atlas import parse_topology
from microdc.topology.formats.detect import read_graph
from microdc.topology.formats.summary import Summary
from microdc.topology.formats.tidy import Options, tidy
from microdc.topology.model import Link, Topology
from microdc.topology.routes import neighbours, shortest
from microdc.topology.write import write_topology

ZOO = (
    "Abilene", "BtLatinAmerica", "Columbus", "DeutscheTelekom", "Esnet", "Geant2001", "Geant2009", "Geant2010", "Geant2012",
    "Globenet", "HiberniaGlobal", "Interoute", "Janetbackbone", "Ntt", "Rediris", "Renater2010", "Rnp",
)  # fmt: skip
FILES = [f"{name}.gml" for name in ZOO]
FILES += [f"{name}.graphml" for name in ("Esnet", "Geant2012", "Rediris", "Rnp")]
FILES += [f"sndlib-{name}.txt" for name in ("abilene", "geant", "nobel-eu")]
WITHOUT_PLACES = ("BtLatinAmerica", "Columbus", "Esnet", "Globenet", "Renater2010")
PLACELESS = ["Internet2.gml", "sndlib-france.txt"]


def load(directory: Path, name: str, options: Options) -> tuple[Topology, Summary]:
    data, summary = tidy(read_graph((directory / "topologies" / name).read_bytes(), Path(name)), options)
    return parse_topology(write_topology(data).encode(), Path("t.yaml")), summary


def test_no_published_file_is_left_out(reference_data: Path) -> None:
    found = {file.name for file in (reference_data / "topologies").iterdir()} - {"SOURCES.md"}
    assert found == {*FILES, *PLACELESS}


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, Options("t")) for name in FILES]
    + [(f"{name}.gml", Options("t", missing_km=100, external="keep")) for name in WITHOUT_PLACES]
    + [(f"{name}.gml", Options("t", bypass=True)) for name in WITHOUT_PLACES],
)
def test_all_import_and_load_again(reference_data: Path, name: str, options: Options) -> None:
    topology, summary = load(reference_data, name, options)
    assert (len(topology.pops), len(topology.links)) == (summary.pops, summary.links)
    gone = sum(group.count for group in summary.remarks if group.act == "dropped")
    assert summary.pops == summary.nodes or gone or options.bypass


@pytest.mark.parametrize("name", PLACELESS)
def test_those_without_any_place_need_a_length(reference_data: Path, name: str) -> None:
    with pytest.raises(InputError) as error:
        load(reference_data, name, Options("t"))
    assert "--missing-km 100" in error.value.hint
    topology, summary = load(reference_data, name, Options("t", missing_km=100))
    assert len(topology.pops) == summary.nodes
    assert {link.km for link in topology.links.values()} == {100}


@pytest.mark.parametrize("name", ["Esnet", "Geant2012", "Rediris", "Rnp"])
def test_gml_and_graphml_of_one_map_say_the_same(reference_data: Path, name: str) -> None:
    def shape(topology: Topology) -> tuple[object, ...]:
        pops = {name: (pop.title, pop.at) for name, pop in topology.pops.items()}
        return pops, {name: (link.ends, link.capacity) for name, link in topology.links.items()}

    gml, graphml = (load(reference_data, f"{name}.{end}", Options("t"))[0] for end in ("gml", "graphml"))
    assert shape(gml) == shape(graphml)


def _metres(link: Link) -> int:
    return round((link.great_circle or 0) * 1000)


@pytest.mark.parametrize(
    ("name", "ends", "km", "rtt"),
    [
        ("Rediris.gml", ("cataluna", "nacional"), 504.2, 4.94),
        ("Rediris.gml", ("cataluna", "galacia"), 962.4, 9.43),
        ("Rediris.graphml", ("canarias-tenerife", "nacional"), 1756.4, 17.21),
        ("Renater2010.gml", ("paris", "lyon"), 393.2, 3.85),
        ("Renater2010.gml", ("paris", "marseille"), 669.1, 6.56),
        ("Renater2010.gml", ("lille", "nice"), 976.4, 9.57),
        ("Geant2012.gml", ("es", "fr"), 1052.4, 10.31),
        ("Geant2012.graphml", ("es", "uk"), 1396.2, 13.68),
        ("Geant2012.gml", ("es", "gr"), 2649.6, 25.97),
        ("Rnp.gml", ("sao-paulo", "fortaleza"), 2384.5, 23.37),
        ("Rnp.graphml", ("sao-paulo", "jobo-passoa"), 2971.9, 29.12),
        ("Abilene.gml", ("new-york", "los-angeles"), 4534.7, 44.44),
        ("Esnet.gml", ("newy", "sunn"), 4826.8, 47.30),
        ("HiberniaGlobal.gml", ("new-york", "london"), 5704.5, 55.90),
    ],
)
def test_shortest_ways_are_as_long_as_computed_elsewhere(
    reference_data: Path, name: str, ends: tuple[str, str], km: float, rtt: float
) -> None:
    topology, _ = load(reference_data, name, Options("t", route_factor=1))
    route = shortest(f"t/{ends[0]}", neighbours(topology, _metres)).to(f"t/{ends[1]}")
    length = sum(link.km or 0 for link in route.links)
    assert length == pytest.approx(km, abs=0.1)
    delay = sum(link.owd or 0 for link in route.links)
    assert 2 * delay / 1e6 == pytest.approx(rtt, abs=0.006)
