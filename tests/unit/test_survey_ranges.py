"""Only declared addresses are looked at, and those of declared BMCs first."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from inventories import site, write

from microdc.errors import InputError
from microdc.survey.ranges import MOST, Candidate, candidates
from microdc.testbed.load import load
from microdc.testbed.model import Testbed

RACK = """
racks:
  r1:
    servers:
      c1: {bmc: {redfish: "https://10.101.0.11", via: lab-mgmt}}
      c2: {bmc: {ipmi: "10.101.0.12:6230", via: lab-mgmt}}
      c3: {bmc: {redfish: "https://bmc.example.net", via: lab-mgmt}}
      c4: {bmc: {redfish: "https://[fd00:9::4]", via: lab-mgmt}}
"""


def loaded(directory: Path, **changes: str) -> Testbed:
    return load(write(directory, a=site("a", 1, RACK), **changes))


def test_declared_bmcs_come_first_and_then_every_host_address(tmp_path: Path) -> None:
    found = candidates(loaded(tmp_path), ["a"])
    assert [(str(one.address), one.server) for one in found[:3]] == [
        ("10.101.0.11", "c1"),
        ("10.101.0.12", "c2"),
        ("fd00:9::4", "c4"),
    ]
    assert {one.address for one in found[3:]} | {one.address for one in found[:2]} == set(
        ip_network("10.101.0.0/24").hosts()
    )
    assert {one.via for one in found} == {"lab-mgmt"}


def test_another_sites_network_is_not_looked_at(tmp_path: Path) -> None:
    found = candidates(loaded(tmp_path), ["b"])
    assert {one.address for one in found} == set(ip_network("10.102.0.0/24").hosts())
    assert {one.server for one in found} == {""}


def test_a_part_of_a_network_can_be_named(tmp_path: Path) -> None:
    found = candidates(loaded(tmp_path), ["a", "b"], [ip_network("10.101.0.8/30")])
    assert found == [
        Candidate(ip_address("10.101.0.11"), "a", "c1", "lab-mgmt"),
        Candidate(ip_address("10.101.0.9"), "a", "", "lab-mgmt"),
        Candidate(ip_address("10.101.0.10"), "a", "", "lab-mgmt"),
    ]


@pytest.mark.parametrize("text", ["10.0.0.0/8", "192.0.2.0/24", "10.102.0.0/24", "fd00::/64"])
def test_what_is_not_declared_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="in no management network") as caught:
        candidates(loaded(tmp_path), ["a"], [ip_network(text)])
    assert "10.101.0.0/24" in caught.value.hint


def test_too_many_addresses_are_refused_with_the_place(tmp_path: Path) -> None:
    wide = site("b", 2).replace("10.102.0.0/24", "10.102.0.0/16")
    with pytest.raises(InputError, match=f"{MOST} can be looked at") as caught:
        candidates(loaded(tmp_path, b=wide), ["b"])
    assert "b.yaml:" in caught.value.where
    assert len(candidates(load(tmp_path), ["b"], [ip_network("10.102.4.0/30")])) == 2


def test_of_a_network_of_ipv6_only_what_is_declared_is_looked_at(tmp_path: Path) -> None:
    six = site("a", 1, RACK).replace("10.101.0.0/24", '"fd00:9::/64"')
    found = candidates(load(write(tmp_path, a=six)), ["a"])
    assert [str(one.address) for one in found] == ["10.101.0.11", "10.101.0.12", "fd00:9::4"]
