"""From inventories to what is watched: right ones, broken ones, and which of their devices are meant."""

from __future__ import annotations

from pathlib import Path

import inventories
import pytest

from microdc import locations
from microdc.errors import InputError
from microdc.health.fleet import fleet_of, fleet_with
from microdc.health.inventory import read_inventory
from microdc.health.model import Fleet, Kind
from microdc.health.operate import open_monitor
from microdc.health.selecting import select

RACK = """
racks:
  r1:
    height: 24
    servers:
      {name}-c1: {{role: compute, unit: 3, height: 2, labels: {{gpu: "yes"}}}}
      {name}-c2: {{role: storage}}
    switches:
      {name}-sw1: {{role: leaf, unit: 24}}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return written(tmp_path)


def written(directory: Path) -> Path:
    sites = {
        name: inventories.site(name, number, RACK.format(name=name)) for number, name in enumerate("ab", 1)
    }
    return inventories.write(directory, **sites)


def fleet(directory: Path) -> Fleet:
    return open_monitor(read_inventory(directory), origin="here").fleet


def keys(found: Fleet) -> list[str]:
    return [one.key for one in found.devices]


def test_all_that_has_a_health_is_a_device(directory: Path) -> None:
    found = fleet(directory)
    assert [site.name for site in found.sites] == ["a", "b"]
    assert found.sites[0].racks == {"r1": 24}
    assert set(keys(found)) == {
        *("switch/a-sw1", "server/a-c1", "server/a-c2", "switch/b-sw1", "server/b-c1", "server/b-c2"),
        *("shaper/wan1", "pair/a:b"),
    }
    first = next(one for one in found.devices if one.key == "server/a-c1")
    assert (first.site, first.rack, first.unit, first.height, first.role) == ("a", "r1", 3, 2, "compute")
    assert dict(first.labels) == {"gpu": "yes"}
    assert found.origin == "here"


def test_the_example_is_placed_on_the_map_and_has_its_nodes() -> None:
    inventory = read_inventory(locations.data_dir("inventory"))
    assert not inventory.problems
    found = fleet_of(inventory.testbed, atlas=inventory.library.atlas)
    at = {site.name: site.at for site in found.sites}
    assert all(place is not None for place in at.values())
    latitude, longitude = at["barcelona"] or (0.0, 0.0)
    assert abs(latitude - 41.4) < 1.5
    assert abs(longitude - 2.2) < 1.5
    assert inventory.testbed is not None
    deployed = {
        server.name
        for site in inventory.testbed.sites.values()
        for rack in site.racks.values()
        for server in rack.servers.values()
        if server.deploy
    }
    assert {one.name for one in found.devices if one.kind is Kind.NODE} == deployed
    pairs = [one.name for one in found.devices if one.kind is Kind.PAIR]
    assert len(pairs) == len(set(pairs)) == 6


def test_what_cannot_be_polled_is_told_once_for_each_reason(directory: Path) -> None:
    problems = fleet(directory).problems
    without = [one for one in problems if "no BMC" in one]
    assert len(without) == 1
    assert all(name in without[0] for name in ("a-c1", "a-c2", "b-c1", "b-c2"))
    assert any("a-sw1" in one and "management" in one for one in problems)


def test_of_a_broken_inventory_what_can_be_read_is_watched(directory: Path) -> None:
    (directory / "sites/b.yaml").write_text("site: b\nnonsense: [\n", "utf-8")
    found = fleet(directory)
    assert [site.name for site in found.sites] == ["a"]
    assert "server/a-c1" in keys(found)
    assert any("b.yaml" in problem for problem in found.problems)


def test_two_devices_of_one_name_are_one_device_and_a_problem(directory: Path) -> None:
    site = directory / "sites/b.yaml"
    site.write_text(site.read_text("utf-8").replace("b-c2", "a-c1"), "utf-8")
    found = fleet(directory)
    assert keys(found).count("server/a-c1") == 1
    assert any("a-c1" in problem and "two devices" in problem for problem in found.problems)


@pytest.mark.parametrize("broken", ["testbed: [", "testbed: t\nemulators: {wan1: {host: nowhere}}\n", ""])
def test_a_testbed_document_that_is_wrong_leaves_its_problems(directory: Path, broken: str) -> None:
    (directory / "testbed.yaml").write_text(broken, "utf-8")
    assert any("testbed.yaml" in problem for problem in fleet(directory).problems)


def test_no_inventory_at_all(tmp_path: Path) -> None:
    found = fleet(tmp_path / "nowhere")
    assert not found.devices
    assert any("there is no such directory" in problem for problem in found.problems)


def test_unknown_profiles_and_emulators_end_nothing(tmp_path: Path) -> None:
    testbed = inventories.TESTBED.replace("profile: lan", "profile: nosuch")
    directory = inventories.write(
        tmp_path, testbed=testbed, a=inventories.site("a", 1).replace("wan1", "wan9")
    )
    found = fleet(directory)
    assert {"wan9", "nosuch"} <= {word.strip("'") for one in found.problems for word in one.split()}
    assert "pair/a:b" in keys(found)


# -- which are meant


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The fleet of the inventory above, read once."""
    return fleet(written(tmp_path_factory.mktemp("whole")))


def chosen(found: Fleet, *patterns: str, labels: tuple[str, ...] = ()) -> set[str]:
    return {one.key for one in select(found, patterns, labels)}


def test_devices_are_named_by_site_rack_name_key_pair_glob_and_label(whole: Fleet) -> None:
    everything = set(keys(whole))
    assert chosen(whole) == everything
    assert chosen(whole, "a") == {"switch/a-sw1", "server/a-c1", "server/a-c2", "pair/a:b"}
    assert chosen(whole, "b/r1") == {"switch/b-sw1", "server/b-c1", "server/b-c2"}
    assert chosen(whole, "a-c1") == chosen(whole, "server/a-c1") == {"server/a-c1"}
    assert chosen(whole, "b:a") == {"pair/a:b"}
    assert chosen(whole, "wan1") == {"shaper/wan1"}
    assert chosen(whole, "*-c2") == {"server/a-c2", "server/b-c2"}
    assert chosen(whole, "role=compute") == {"server/a-c1", "server/b-c1"}
    assert chosen(whole, "a", labels=("kind=server,role!=compute",)) == {"server/a-c2"}


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [("a-c9", "a-c"), ("rol=compute", "role"), ("role=computer", "compute"), ("=x", "key")],
)
def test_what_nothing_has_is_told_with_the_nearest(whole: Fleet, pattern: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        chosen(whole, pattern)
    assert hint in caught.value.hint


def test_terms_that_exclude_each_other(whole: Fleet) -> None:
    with pytest.raises(InputError, match="no device is"):
        chosen(whole, "a", "site=b", "kind=server", "a-c1")


def test_a_part_of_a_fleet_has_the_sites_that_it_counts_for(whole: Fleet) -> None:
    assert [site.name for site in fleet_with(whole, {"server/b-c1"}).sites] == ["b"]
    assert [site.name for site in fleet_with(whole, {"pair/a:b"}).sites] == ["a", "b"]
    assert not fleet_with(whole, {"shaper/wan1"}).sites
