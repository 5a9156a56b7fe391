"""A link of the backbone goes down and comes up again, on a real kernel: pairs go another way, and the others notice nothing."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from two_sites import at, run

from microdc.lab.inventory import directory_of
from microdc.lab.operate import bring_up, down
from microdc.lab.plan import plan as plan_lab
from microdc.netlink.model import Netem
from microdc.testbed.load import load
from microdc.wan.cut import plan_cut
from microdc.wan.model import Direction, Plan
from microdc.wan.operate import Wan, open_wan
from microdc.wan.profile import Library, library_of

pytestmark = [pytest.mark.root, pytest.mark.netem]

LAB, MS = "cuts", 1_000_000
SITES = {"north": 1, "east": 2, "south": 3}
TOPOLOGY = """\
topology: ring
description: Three PoPs in a ring
source: made up
pops:
  north: {at: [50, 0]}
  east: {at: [48, 4]}
  south: {at: [46, 0]}
links:
  - {between: [north, east], rtt: 8ms}
  - {between: [east, south], rtt: 12ms}
  - {between: [south, north], rtt: 16ms}
"""
SITE = """\
site: %s
pop: ring/%s
uplink: {emulator: wan1, interface: %s}
networks: {data: [10.%d.0.0/16]}
"""


@dataclass(slots=True)
class World:
    wan: Wan
    library: Library

    def cut(self, *links: str) -> Plan:
        plan = plan_cut(self.wan, self.library, links, "test")
        run(self.wan.apply(plan))
        return plan

    def owd(self, source: str, target: str) -> float:
        """Ms that the kernel delays by, one way."""
        found = [
            leaf.netem.options
            for port in self.wan.plan_removal([]).ports
            for direction, leaf in port.leaves.items()
            if direction == Direction(source, target)
        ]
        (netem,) = found
        assert isinstance(netem, Netem)
        return netem.latency / MS

    def rtt(self, source: str, target: str) -> float:
        """Ms there and back, as packets have it: the median."""
        address = f"10.{SITES[target]}.0.11:2112"
        server = subprocess.Popen(
            at(LAB, f"{target}-h1", "irtt", "server", "-b", address, "-i", "0"),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            assert any("starting" in line.lower() or "listener" in line.lower() for line in server.stdout)
            words = ["irtt", "client", "-Q", "-i", "10ms", "-d", "0.5s", "-o", "-", address]
            client = subprocess.run(at(LAB, f"{source}-h1", *words), capture_output=True, check=True)
        finally:
            server.kill()
            server.wait()
        report: dict[str, Any] = json.loads(client.stdout)
        trips = [trip for trip in report["round_trips"] if trip["lost"] == "false"]
        return statistics.median(trip["delay"]["rtt"] / MS for trip in trips)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    for directory in ("sites", "topologies"):
        (tmp_path / directory).mkdir()
    (tmp_path / "testbed.yaml").write_text(f"testbed: {LAB}\nemulators: {{wan1: {{host: local}}}}\n")
    (tmp_path / "topologies/ring.yaml").write_text(TOPOLOGY)
    for name, number in SITES.items():
        (tmp_path / f"sites/{name}.yaml").write_text(SITE % (name, name, name, number))
    try:
        run(bring_up(plan_lab(load(tmp_path), LAB, "namespace", hosts=1), tmp_path, 1))
        testbed, library = load(directory_of(LAB)), library_of(directory_of(LAB))
        with open_wan(testbed) as wan:
            run(wan.apply(wan.plan_inventory(library, "test")))
            yield World(wan, library)
    finally:
        run(down(LAB))


def test_a_cut_leads_traffic_around_and_undoing_it_restores(world: World) -> None:
    before = world.wan.situations["wan1"].observed
    assert world.rtt("north", "east") == pytest.approx(8, abs=0.3)

    plan = world.cut("ring/north:east")
    changed = [operation for port in plan.ports for operation in port.operations]
    # one delay each way: no other pair goes over the link, and nothing is built
    assert [operation.verb for operation in changed] == ["change", "change"]
    assert world.rtt("north", "east") == pytest.approx(28, abs=0.3)
    assert world.rtt("north", "south") == pytest.approx(16, abs=0.3)

    (overlay,) = [overlay for overlay in world.wan.overlays if overlay.cuts]
    assert overlay.cuts == ("ring/north:east",)
    run(world.wan.apply(world.wan.plan_removal([overlay.id])))
    world.wan.read()
    assert world.rtt("north", "east") == pytest.approx(8, abs=0.3)
    after = world.wan.situations["wan1"].observed
    assert {name: observed.tree for name, observed in after.items()} == {
        name: observed.tree for name, observed in before.items()
    }


@pytest.mark.long
def test_cuts_add_up_and_are_mended_one_by_one(world: World) -> None:
    world.cut("ring/north:east")
    world.cut("ring/north:east", "ring/south:north")
    overlay = world.wan.overlays[-1]
    assert overlay.values[Direction("north", "south")].impairment.loss == 100
    assert len([o for o in world.wan.overlays if o.cuts]) == 1
    assert world.owd("east", "south") == 6

    world.cut("ring/south:north")
    assert world.owd("north", "east") == 4
    assert world.owd("north", "south") == 10
    world.cut()
    assert [o.id for o in world.wan.overlays] == ["inventory"]
    assert world.owd("north", "south") == 8
