"""The topologies that come with microdc: what must be so, wherever their numbers come from."""

from __future__ import annotations

import re

import pytest

from microdc import locations
from microdc.topology.atlas import Atlas
from microdc.topology.geo import light
from microdc.topology.model import Link
from microdc.wan.backbone import Backbone
from microdc.wan.profile import Library, load_library

PLACE = locations.data_dir("netem_profiles") / "topologies"
NAMES = sorted(file.stem for file in PLACE.glob("*.yaml"))
NETWORKS = {"nren-europe", "nren-usa", "rnp-ipe", "orange-france", "cables"}
LARGEST = 40_000
"""Bytes of a document: reading YAML takes a tenth of a second for each ten thousand."""
SLOWEST = 3
"""How many times its great circle in fibre a measured link takes at most: Paris - London takes 2.6 (WonderProxy, 2020)."""


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas(PLACE)


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(locations.data_dir("netem_profiles"))


def links_of(atlas: Atlas, name: str) -> list[Link]:
    """Those that the document itself draws."""
    return [link for link in atlas[name].links.values() if link.name.startswith(f"{name}/")]


def test_there_are_the_networks_the_cables_and_what_joins_them(atlas: Atlas) -> None:
    assert {*NETWORKS, "intercontinental"} <= set(atlas)
    assert set(atlas["intercontinental"].includes) == NETWORKS


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_and_is_small_enough_to_load_soon(name: str, atlas: Atlas) -> None:
    assert atlas.problems(name) == []
    assert atlas.files[name].stat().st_size < LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_every_number_says_where_it_comes_from(name: str, atlas: Atlas) -> None:
    topology = atlas[name]
    assert topology.source
    for pop in topology.pops.values():
        assert pop.at is not None, pop.name
        assert pop.source, pop.name
    for link in topology.links.values():
        facts = {
            "delay": link.measured is not None or bool(link.profile),
            "length": link.published_length,
            "route_factor": link.route_factor is not None
            and link.medium == "fibre"
            and link.measured is None,
            "capacity": link.capacity is not None,
            "jitter": link.jitter > 0,
            "loss": link.loss > 0,
        }
        lacking = [
            fact for fact, said in facts.items() if said and not link.profile and fact not in link.sources
        ]
        assert lacking == [], link.name
        assert link.sources, link.name
        assert link.capacity is not None or link.profile, f"{link.name} says nothing of its capacity"


@pytest.mark.parametrize("name", NAMES)
def test_no_citation_is_kept_that_nothing_cites(name: str, atlas: Atlas) -> None:
    text = atlas.files[name].read_text("utf-8")
    head, body = text.split("\npops:" if "\npops:" in text else "\nlinks:", 1)
    keys = [
        line.split(":")[0].strip() for line in head.split("\nsources:")[1].splitlines() if line[2:3].strip()
    ]
    cited = body + head.split("\nsources:")[0]
    assert [key for key in keys if key and not re.search(rf": {key}\b", cited)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_measured_link_is_slower_than_light_and_not_by_much(name: str, atlas: Atlas) -> None:
    for link in links_of(atlas, name):
        if link.measured is not None and link.great_circle is not None:
            floor = light(link.great_circle, link.medium)
            assert floor <= link.measured < SLOWEST * floor, link.name


@pytest.mark.parametrize("name", NAMES)
def test_a_published_length_is_that_of_a_way_between_its_ends(name: str, atlas: Atlas) -> None:
    for link in links_of(atlas, name):
        if link.published_length and link.great_circle is not None and link.km is not None:
            assert link.great_circle <= link.km < 2 * link.great_circle, link.name


def test_every_pop_can_be_reached_from_every_other(atlas: Atlas, library: Library) -> None:
    topology = atlas["intercontinental"]
    backbone = Backbone(topology, library)
    assert all(backbone.route("nren-europe/paris", pop).pops[-1] == pop for pop in topology.pops)


@pytest.mark.parametrize("name", NAMES)
def test_profiles_that_links_name_are_there_and_slower_than_light(
    name: str, atlas: Atlas, library: Library
) -> None:
    backbone = Backbone(atlas[name], library)
    for link in links_of(atlas, name):
        there, back = backbone.link(link)
        if link.profile:
            assert min(there.owd, back.owd) >= light(link.great_circle or 0, "radio"), link.name


def test_the_operator_goes_down_to_dslams_of_less_capacity(atlas: Atlas, library: Library) -> None:
    topology = atlas["orange-france"]
    backbone = Backbone(topology, library)
    roles = {role: [p.name for p in topology.pops.values() if p.role == role] for role in ("core", "dslam")}
    assert len(roles["core"]) >= 8
    assert len(roles["dslam"]) >= 15

    def least(pop: str) -> int:
        sides = [
            backbone.link(link)[0].rate for link in backbone.route("orange-france/paris-nord", pop).links
        ]
        return min(rate for rate in sides if rate is not None)

    slowest_core = min(least(pop) for pop in roles["core"] if pop != "orange-france/paris-nord")
    assert all(least(pop) < slowest_core for pop in roles["dslam"])


def test_the_capital_of_every_state_of_brazil_is_there(atlas: Atlas) -> None:
    assert len(atlas["rnp-ipe"].pops) >= 27


def test_ellalink_takes_brazil_to_europe_without_the_usa(atlas: Atlas, library: Library) -> None:
    topology = atlas["intercontinental"]
    ends = "rnp-ipe/sao-paulo", "nren-europe/madrid"
    direct = Backbone(topology, library).route(*ends)
    other = Backbone(topology.without(["cables/ellalink"]), library).route(*ends)
    assert "cables/ellalink" in {link.name for link in direct.links}
    assert not any(pop.startswith("nren-usa/") for pop in direct.pops)
    assert any(pop.startswith("nren-usa/") for pop in other.pops)


def test_when_every_cable_is_cut_the_satellites_remain(atlas: Atlas, library: Library) -> None:
    topology = atlas["intercontinental"]
    ends = "nren-europe/paris", "nren-usa/boston"
    assert "intercontinental/leo" not in {
        link.name for link in Backbone(topology, library).route(*ends).links
    }
    ashore = topology.without([name for name in topology.links if name.startswith("cables/")])
    (link,) = Backbone(ashore, library).route(*ends).links
    assert link.name == "intercontinental/leo"
