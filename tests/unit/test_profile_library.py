"""The profiles that come with microdc: what the numbers must be, wherever they come from."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

import pytest

from microdc import locations
from microdc.testbed.load import load
from microdc.wan.asked import asked
from microdc.wan.profile import Library, check, library_of, load_library

FIBRE_NS_PER_KM = 4900
PLACES = {
    "paris": (48.8566, 2.3522),
    "barcelona": (41.3874, 2.1686),
    "saopaulo": (-23.5505, -46.6333),
    "boston": (42.3601, -71.0589),
}


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(locations.data_dir("netem_profiles"))


def great_circle_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Haversine on a sphere of the earth's mean radius."""
    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(radians, place)) for place in (a, b))
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(half))


@pytest.mark.parametrize(
    "name",
    [
        "paris-barcelona", "paris-saopaulo", "paris-boston",
        "barcelona-saopaulo", "barcelona-boston", "saopaulo-boston",
    ],
)  # fmt: skip
def test_no_pair_is_faster_than_light_in_fibre(library: Library, name: str) -> None:
    a, b = name.split("-")
    floor = 2 * great_circle_km(PLACES[a], PLACES[b]) * FIBRE_NS_PER_KM
    assert floor < library[name].rtt < 4 * floor


@pytest.mark.parametrize("ms", [0, 10, 25, 50, 100, 150])
def test_the_openstack_points_of_delay(library: Library, ms: int) -> None:
    found = library[f"openstack-owd-{ms}"]
    assert found.up.owd == found.down.owd == ms * 10**6


@pytest.mark.parametrize("ms", [20, 50, 100, 200, 300])
def test_the_openstack_points_of_delay_read_as_rtt(library: Library, ms: int) -> None:
    assert library[f"openstack-rtt-{ms}"].rtt == ms * 10**6


@pytest.mark.parametrize(("name", "percent"), [("0", 0), ("0-1", 0.1), ("1", 1), ("10", 10), ("25", 25)])
def test_the_openstack_points_of_loss(library: Library, name: str, percent: float) -> None:
    found = library[f"openstack-loss-{name}"]
    assert found.up.loss == found.down.loss == percent


def test_there_is_a_profile_of_every_kind_of_access_line(library: Library) -> None:
    lines = {"adsl2plus", "vdsl2", "gpon", "docsis", "lte", "5g-nsa", "leo-satellite", "geo-satellite"}
    assert lines <= set(library)
    assert not library["leo-satellite"].symmetric


def test_every_profile_says_where_its_numbers_come_from(library: Library) -> None:
    for profile in library.values():
        assert profile.shipped
        assert len(profile.source) > 10
        if profile.up.jitter:
            assert "deviation" in profile.source, profile.name


def test_the_example_inventory_is_valid_and_a_software_emulator_can_carry_it() -> None:
    testbed, library = load(locations.data_dir("inventory")), library_of(locations.data_dir("inventory"))
    assert set(testbed.sites) == {"paris", "barcelona", "brazil", "boston"}
    assert check(testbed, library) == []
    assert {pair.topology for pair in testbed.pairs} == {"intercontinental"}
    values = asked(testbed, library)
    assert len(values) == 12
    for value in values.values():
        assert value.impairment.rate is not None
        assert value.impairment.rate <= 100 * 10**6
