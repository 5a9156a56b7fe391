"""What the shipped topologies come to by lengths alone, beside latencies that others have published."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from topologies import lengths_only

from microdc import locations
from microdc.topology.atlas import Atlas
from microdc.topology.geo import great_circle, light
from microdc.topology.model import Topology
from microdc.wan.backbone import Backbone
from microdc.wan.profile import Library, load_library

NEAR_KM = 70
"""A PoP stands for a city of the table within this: San Francisco is 56 km from Sunnyvale, a suburb of New York 30 km from it."""
ABROAD = {"transatlantic-north", "us-backbone", "br-us", "br-eu-via-us"}
"""The link classes of long haul that have two cities; cable-route-length has cables."""
CABLES = {
    "Fortaleza - Sines (EllaLink cable length)": "cables/ellalink",
    "New York - London (HiberniaGlobal.gml shortest path)": "express/hibernia-express",
}
FITTED = {"nren-europe": "eu-backbone", "nren-usa": "us-backbone", "rnp-ipe": "br-internal"}
"""Which pairs each topology's route factor is fitted to."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A published RTT. where: of both ends, None for a cable. rtt and tolerance: ms and percent."""

    name: str
    cities: tuple[str, str]
    where: tuple[tuple[float, float], tuple[float, float]] | None
    kind: str
    independent: bool
    rtt: float
    tolerance: float


@pytest.fixture(scope="module")
def pairs(reference_data: Path) -> list[Pair]:
    with (reference_data / "derivation-checks.csv").open(encoding="utf-8", newline="") as file:
        return [_pair(row) for row in csv.DictReader(file)]


def _pair(row: Mapping[str, str]) -> Pair:
    a, b = row["pair"].split(" (")[0].split(" - ")
    places = [float(row[key]) if row[key] else None for key in ("lat_a", "lon_a", "lat_b", "lon_b")]
    known = [place for place in places if place is not None]
    where = ((known[0], known[1]), (known[2], known[3])) if len(known) == len(places) else None
    numbers = float(row["published_rtt_ms"]), float(row["tolerance_pct"])
    return Pair(row["pair"], (a, b), where, row["link_class"], row["set"] == "independent", *numbers)


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas(locations.data_dir("netem_profiles") / "topologies")


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(locations.data_dir("netem_profiles"))


@pytest.fixture(scope="module")
def errors(pairs: list[Pair], atlas: Atlas, library: Library) -> dict[str, float]:
    """By pair, by how many percent the derived RTT is over the published one.

    The published figures between Brazil and Europe are of ways through the USA, from before EllaLink or beside it.
    """
    whole = lengths_only(atlas["intercontinental"])
    over = Backbone(whole, library)
    through_usa = Backbone(whole.without(["cables/ellalink"]), library)
    found = {}
    for pair in pairs:
        if pair.name in CABLES:
            link = lengths_only(atlas[CABLES[pair.name].split("/")[0]]).links[CABLES[pair.name]]
            derived = 2 * (link.owd or 0) / 1e6
        else:
            derived = _rtt(through_usa if pair.kind == "br-eu-via-us" else over, pair)
        found[pair.name] = 100 * (derived / pair.rtt - 1)
    return found


def _rtt(backbone: Backbone, pair: Pair) -> float:
    """Ms there and back by the way of least delay."""
    a, b = _ends(backbone.topology, pair)
    both = [backbone.link(link) for link in backbone.route(a, b).links]
    return sum(int(there.owd) + int(back.owd) for there, back in both) / 1e6


def _ends(topology: Topology, pair: Pair) -> tuple[str, str]:
    """The research networks' PoPs nearest to the two cities."""
    assert pair.where is not None
    found = []
    for place in pair.where:
        near = {
            name: great_circle(place, pop.at)
            for name, pop in topology.pops.items()
            if pop.at is not None and pop.home in FITTED
        }
        name = min(near, key=near.__getitem__)
        assert near[name] < NEAR_KM, f"{pair.name}: no PoP within {NEAR_KM} km of {place}"
        found.append(name)
    return found[0], found[1]


def test_long_haul_that_nothing_was_fitted_to_is_within_15_percent(
    pairs: list[Pair], errors: dict[str, float]
) -> None:
    long_haul = [p.name for p in pairs if p.independent and (p.kind in ABROAD or p.name in CABLES)]
    assert {name: errors[name] for name in long_haul if abs(errors[name]) > 15} == {}
    assert len(long_haul) >= 10


def test_the_length_of_a_cable_gives_its_published_delay(pairs: list[Pair], errors: dict[str, float]) -> None:
    cables = [pair for pair in pairs if pair.kind == "cable-route-length"]
    assert {pair.name for pair in cables} == set(CABLES)
    assert all(abs(errors[pair.name]) <= pair.tolerance for pair in cables)


def test_four_of_five_pairs_are_within_their_tolerance(pairs: list[Pair], errors: dict[str, float]) -> None:
    within = [pair.name for pair in pairs if abs(errors[pair.name]) <= pair.tolerance]
    assert len(within) >= 0.8 * len(pairs)


def test_the_documentation_lists_those_that_are_not_and_every_error_as_it_is(
    pairs: list[Pair], errors: dict[str, float]
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "topologies.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| (.+?) \| [\d.]+ \| [\d.]+ \| ([-+]\d+) \|", page, re.MULTILINE))
    told = {name: f"{error:+.0f}" for name, error in errors.items()}
    assert listed == {name: told.get(name) for name in listed}
    missed = {pair.name for pair in pairs if abs(errors[pair.name]) > pair.tolerance}
    assert missed <= set(listed)


@pytest.mark.parametrize("name", FITTED)
def test_a_route_factor_is_the_one_of_least_squares_over_the_pairs_that_it_names(
    name: str, pairs: list[Pair], atlas: Atlas, library: Library
) -> None:
    fitted = [pair for pair in pairs if pair.kind == FITTED[name] and not pair.independent]
    factors = {link.route_factor for link in atlas[name].links.values() if link.route_factor is not None}
    assert len(factors) == 1, "one factor for all links, not one each"

    def squares(factor: float) -> float:
        backbone = Backbone(_with_factor(lengths_only(atlas[name]), factor), library)
        return sum(math.log(_rtt(backbone, pair) / pair.rtt) ** 2 for pair in fitted)

    (factor,) = factors
    assert squares(factor) < min(squares(factor - 0.02), squares(factor + 0.02))


def _with_factor(topology: Topology, factor: float) -> Topology:
    """The same with another route factor, where a length does not come from elsewhere."""
    links = {
        name: link
        if link.published_length or link.great_circle is None
        else replace(link, derived=light(link.great_circle * factor))
        for name, link in topology.links.items()
    }
    return replace(topology, links=links)
