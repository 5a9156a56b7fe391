"""What is said of servers that shape their own traffic names the server, and the line where it is described."""

from __future__ import annotations

from pathlib import Path

import pytest
from inventories import write

from microdc.agent.model import Hello, Interface, State
from microdc.errors import InputError, UnreachableError
from microdc.impairment import Impairment
from microdc.netlink.model import Observed, QdiscTree
from microdc.testbed.load import load
from microdc.testbed.model import Testbed
from microdc.testbed.shapers import shapers
from microdc.units import Delay
from microdc.wan.model import Asked, Direction, Overlay
from microdc.wan.planning import Situation, Wish, make_plan

TESTBED = "testbed: t\nwan:\n  default: {profile: lan}\n"
A = """\
site: a
networks: {data: [10.1.0.0/16]}
racks:
  r1:
    servers:
      a1: {edge: {host: "ssh://a1", interface: eno1}}
  r2:
    servers:
      a2:
        edge: {host: "ssh://a2", interface: eno1}
"""
B = "site: b\nnetworks: {data: [10.2.0.0/16]}\nracks: {r1: {servers: {b1: {edge: {host: 'ssh://b1', interface: eno1}}}}}\n"


def situations(testbed: Testbed, odd: str, interface: Interface) -> dict[str, Situation]:
    """Servers as they should be, but for one of them."""
    usual = Interface("eno1", 2, 1500, "")
    hellos = {
        shaper.name: Hello(1, "6.1", "b", 0, {i.name: i})
        for shaper in shapers(testbed)
        for i in [interface if shaper.name == odd else usual]
    }
    found = {"eno1": Observed(QdiscTree())}
    return {s.name: Situation(s, hellos[s.name], State(0, ()), found) for s in shapers(testbed)}


@pytest.fixture
def testbed(tmp_path: Path) -> Testbed:
    return load(write(tmp_path, testbed=TESTBED, a=A, b=B))


@pytest.mark.parametrize(("server", "line"), [("a1", 6), ("a2", 10)])
def test_a_server_without_its_interface_is_named(testbed: Testbed, server: str, line: int) -> None:
    found = situations(testbed, server, Interface("enp1s0", 2, 1500, ""))
    with pytest.raises(
        UnreachableError, match=f"a.yaml:{line}: the server {server} has no interface"
    ) as told:
        make_plan(testbed, found, Wish("w"))
    assert "enp1s0" in told.value.hint


def test_a_server_with_an_interface_too_small_is_named(testbed: Testbed) -> None:
    found = situations(testbed, "a2", Interface("eno1", 2, 1400, ""))
    with pytest.raises(InputError, match=r"a.yaml:10: .*interface eno1 of the server a2 only 1400"):
        make_plan(testbed, found, Wish("w"))


def test_an_overlay_between_two_sites_is_laid_on_all_servers_of_its_source(testbed: Testbed) -> None:
    values = {Direction("a", "b"): Asked(Impairment(owd=Delay(5_000_000)), "test")}
    found = situations(testbed, "", Interface("eno1", 2, 1500, ""))
    made = make_plan(testbed, found, Wish("w", Overlay("o1", "me", "why", values)))
    assert {port.emulator for port in made.ports if port.operations} == {"a1", "a2"}
