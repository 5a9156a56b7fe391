"""Where the boot services of a lab's sites run."""

from __future__ import annotations

import shutil
from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

import pytest

from microdc.errors import InputError
from microdc.lab.plan import plan
from microdc.lab.rack.stations import StationPlan, stations
from microdc.testbed.load import load
from microdc.testbed.model import Testbed

YARD = Path(__file__).parents[1] / "data" / "deploy"


def yard() -> Testbed:
    return load(YARD)


def changed(old: str, new: str, directory: Path) -> Testbed:
    """The inventory with other text in its site."""
    shutil.copytree(YARD, directory, dirs_exist_ok=True)
    site = directory / "sites" / "yard.yaml"
    text = site.read_text("utf-8")
    assert old in text
    site.write_text(text.replace(old, new), "utf-8")
    return load(directory)


def test_they_are_in_the_sites_namespace_at_the_first_address_that_nobody_has() -> None:
    assert plan(yard(), "x", "namespace", rack=True).stations == (
        StationPlan("yard", "mdc-x-yard", IPv4Interface("10.91.0.2/24")),
    )


def test_an_address_that_the_inventory_names_is_theirs(tmp_path: Path) -> None:
    testbed = changed("interface: br0", "interface: br0, address: 10.91.0.77", tmp_path)
    assert plan(testbed, "x", "namespace", rack=True).stations[0].address == IPv4Interface("10.91.0.77/24")


def test_the_address_of_a_node_is_left_to_it(tmp_path: Path) -> None:
    testbed = changed("10.91.0.101", "10.91.0.2", tmp_path)
    assert plan(testbed, "x", "namespace", rack=True).stations[0].address == IPv4Interface("10.91.0.3/24")


def test_without_a_rack_and_without_deploy_there_are_none() -> None:
    assert plan(yard(), "x", "namespace").stations == ()
    site = replace(yard().sites["yard"], deploy=None)
    assert plan(replace(yard(), sites={"yard": site}), "x", "namespace", rack=True).stations == ()


def test_a_node_at_the_address_of_one_of_the_labs_hosts_is_refused_with_its_place(tmp_path: Path) -> None:
    testbed = changed("10.91.0.102", "10.91.0.11", tmp_path)
    with pytest.raises(InputError, match=r"10\.91\.0\.11 is the address of a host of the lab") as caught:
        plan(testbed, "x", "namespace", rack=True)
    assert caught.value.where.startswith(f"{tmp_path / 'sites' / 'yard.yaml'}:18")


def test_a_network_without_room_is_refused() -> None:
    site = yard().sites["yard"]
    site = replace(site, networks={**site.networks, "data": (IPv4Network("10.91.0.0/30"),)})
    with pytest.raises(InputError, match="no IPv4 network 'data'"):
        stations(replace(yard(), sites={"yard": site}), "x", ())
