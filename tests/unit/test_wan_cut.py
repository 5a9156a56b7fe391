"""Links of a backbone that go down and come up, with the real agent: after every step each pair goes the way it should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import inventories
import pytest
import topologies
from farhost import FarHost, far_host

from microdc.errors import InputError
from microdc.impairment import Impairment
from microdc.netlink.model import QdiscTree
from microdc.testbed.load import load
from microdc.units import Delay
from microdc.wan.cut import cut_by, detours, links_of, outdated, own_cut, plan_again, plan_cut, plan_removal
from microdc.wan.model import Asked, Direction, Overlay, Plan
from microdc.wan.operate import Wan, open_wan
from microdc.wan.profile import Library, library_of
from microdc.wan.view import lines

SITES = ("north", "east", "south", "west")
X, Y, Z = "ring/north:east", "ring/west:north", "ring/east:south"
PAIR = Direction("north", "east")


@dataclass
class World:
    """A testbed on a ring of PoPs, its WAN of the inventory laid."""

    directory: Path
    far: FarHost
    wan: Wan
    library: Library

    def apply(self, plan: Plan) -> Plan:
        for _ in self.wan.apply(plan):
            pass
        self.wan.read()
        return plan

    def cut(self, owner: str, *links: str, **more: Any) -> Plan:
        return self.apply(plan_cut(self.wan, self.library, links, owner, **more))

    def undo(self, *idents: str) -> Plan:
        return self.apply(plan_removal(self.wan, self.library, idents))

    def cuts(self) -> list[tuple[str, tuple[str, ...]]]:
        """Who has cut what, bottom first."""
        return [(overlay.owner, tuple(overlay.cuts)) for overlay in self.wan.overlays if overlay.cuts]

    def overlay(self, owner: str) -> Overlay:
        found = own_cut(self.wan.overlays, owner)
        assert found is not None
        return found

    def trees(self) -> dict[str, QdiscTree]:
        return {name: seen.tree for name, seen in self.wan.situations["wan1"].observed.items()}

    def check(self, *besides: Direction) -> None:
        """The kernel holds what is laid, and every pair goes without what is cut. besides: those that are asked something else."""
        assert all(line.as_asked for line in lines(self.wan.testbed, self.wan.situations, self.wan.overlays))
        right = detours(self.wan.testbed, self.library, cut_by(self.wan.overlays))
        in_force = {d: asked.impairment for d, (_, asked) in self.wan.in_force.items() if d not in besides}
        assert in_force == {d: asked.impairment for d, asked in right.items() if d not in besides}
        assert outdated(self.wan.testbed, self.library, self.wan.overlays) == []


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    topologies.write(tmp_path)
    sites = {name: inventories.site(name, n, f"pop: ring/{name}") for n, name in enumerate(SITES, 1)}
    inventories.write(tmp_path, testbed="testbed: t\nemulators: {wan1: {host: local}}\n", a="", b="", **sites)
    ports = {f"if{n}": [n + 1, 1500, ""] for n in range(1, len(SITES) + 1)}
    (tmp_path / "agent").mkdir()
    far = far_host(tmp_path / "agent", monkeypatch, ports)
    with open_wan(load(tmp_path)) as wan:
        made = World(tmp_path, far, wan, library_of(tmp_path))
        made.apply(wan.plan_inventory(made.library, "ann"))
        yield made


def test_only_what_changes_is_changed_and_undoing_it_restores(world: World) -> None:
    before = world.trees()
    plan = world.cut("ann", X)
    changed = {operation.verb for port in plan.ports for operation in port.operations}
    assert changed == {"change"}
    assert plan.directions == {
        Direction(*ends)
        for ends in (("north", "east"), ("east", "north"), ("north", "south"), ("south", "north"))
    }  # whoever holds another site is not in the way
    assert world.wan.in_force[PAIR][1].impairment.owd == 12_500_000  # by west and south
    world.check()
    world.undo(world.overlay("ann").id)
    world.check()
    assert world.trees() == before


def test_what_one_owner_cuts_adds_up_and_comes_up_one_by_one(world: World) -> None:
    for links in ((X,), (X, Y), (X, Y, Z), (Y, Z), (Z,)):
        world.cut("ann", *links)
        assert world.cuts() == [("ann", links)]
        world.check()
    world.cut("ann")
    assert world.cuts() == []
    world.check()


def test_the_same_cut_again_changes_nothing(world: World) -> None:
    world.cut("ann", X)
    assert plan_cut(world.wan, world.library, [X], "ann").empty
    assert plan_again(world.wan, world.library).empty


def test_a_cut_that_leads_no_pair_around_counts_all_the_same(world: World) -> None:
    plan = world.cut("ann", "ring/south:lone")  # no site hangs there
    assert not any(port.operations for port in plan.ports)
    assert world.cuts() == [("ann", ("ring/south:lone",))]
    world.cut("bob", X)
    world.cut("ann", "ring/south:lone", Y)
    assert world.cuts() == [("bob", (X,)), ("ann", ("ring/south:lone", Y))]
    world.check()


@pytest.mark.parametrize("first", ["ann", "bob"])
def test_two_owners_cuts_are_worked_out_together_and_end_in_any_order(world: World, first: str) -> None:
    world.cut("ann", X)
    world.cut("bob", Y, X)  # bob relies on nobody for X
    world.check()
    world.undo(world.overlay(first).id)
    assert [owner for owner, _ in world.cuts()] == [{"ann": "bob", "bob": "ann"}[first]]
    world.check()
    world.cut({"ann": "bob", "bob": "ann"}[first])
    world.check()


def test_who_cuts_more_below_another_is_on_top_and_right(world: World) -> None:
    world.cut("ann", X)
    world.cut("bob", Y)
    world.cut("ann", X, Z)
    world.check()
    world.cut("ann", Z)
    world.check()
    world.undo(world.overlay("bob").id)
    world.check()


def test_what_holds_end_to_end_lies_above_a_cut_whichever_came_first(world: World) -> None:
    own = Asked(Impairment(Delay(7_000_000)), "mine")
    world.apply(world.wan.plan_overlay({PAIR: own}, "bob", "mine"))
    world.cut("ann", X)
    world.check(PAIR)
    assert world.wan.in_force[PAIR][1].impairment == own.impairment
    mine = next(overlay.id for overlay in world.wan.overlays if overlay.reason == "mine")
    world.undo(mine)
    world.check()  # and not the way over the link that is down


def test_a_profile_does_not_take_the_place_of_a_cut(world: World) -> None:
    world.cut("ann", X)
    values = {direction: Asked(Impairment(Delay(1000)), "x") for direction in world.overlay("ann").values}
    world.apply(world.wan.plan_overlay(values, "ann", "x", replace=True))
    assert world.cuts() == [("ann", (X,))]


def test_an_end_stays_where_it_was_unless_another_is_given(world: World) -> None:
    world.cut("ann", X, Y, seconds=600)
    world.cut("ann", X)
    assert world.overlay("ann").seconds == pytest.approx(600, abs=30)
    world.cut("ann", X, Z)
    assert world.overlay("ann").seconds == pytest.approx(600, abs=30)
    world.cut("ann", X, seconds=60)
    assert world.overlay("ann").seconds == pytest.approx(60, abs=30)


def test_a_cut_that_ended_by_itself_below_another_is_told_and_mended(world: World) -> None:
    world.cut("ann", X, seconds=600)
    world.cut("bob", Y)
    (layer,) = [layer for layer in world.far.keeper.layers if layer["data"]["cuts"] == [X]]
    layer["ends"] = 0.0
    world.far.keeper.expire()
    world.wan.read()
    assert world.cuts() == [("bob", (Y,))]
    assert PAIR in outdated(world.wan.testbed, world.library, world.wan.overlays)
    again = world.apply(plan_again(world.wan, world.library))
    assert again.put is not None
    assert (again.put.owner, again.put.cuts) == ("bob", (Y,))
    world.check()


def test_documents_that_change_while_something_is_cut(world: World) -> None:
    world.cut("ann", X)
    topologies.write(
        world.directory, topologies.RING.replace("[south, west], rtt: 8ms", "[south, west], rtt: 20ms")
    )
    library = library_of(world.directory)
    assert PAIR in outdated(world.wan.testbed, library, world.wan.overlays)
    world.library = library
    world.apply(world.wan.plan_inventory(library, "ann"))
    world.apply(plan_again(world.wan, library))
    assert world.wan.in_force[PAIR][1].impairment.owd == 18_500_000
    world.check()


def test_nothing_is_cut_out_of_a_wan_that_is_not_laid(world: World) -> None:
    world.apply(world.wan.plan_overlay({PAIR: Asked(Impairment(Delay(1)), "x")}, "ann", "x"))
    world.undo("inventory")
    with pytest.raises(InputError, match="is not laid"):
        plan_cut(world.wan, world.library, [X], "ann")


def test_a_wan_whose_every_pair_has_an_overlay_is_laid_all_the_same(world: World) -> None:
    values = {direction: Asked(Impairment(Delay(1000)), "x") for direction in world.wan.in_force}
    world.apply(world.wan.plan_overlay(values, "ann", "x"))
    plan = world.cut("ann", X)
    assert not any(port.operations for port in plan.ports)
    world.undo(next(overlay.id for overlay in world.wan.overlays if overlay.reason == "x"))
    world.check()


def test_links_are_told_apart_from_those_that_no_pair_goes_over(world: World) -> None:
    testbed, library = world.wan.testbed, world.library
    assert links_of(testbed, library, ["ring/east:north", X]) == [X]
    with pytest.raises(InputError, match="of which express is no part"):
        links_of(testbed, library, ["express/hibernia-express"])
    with pytest.raises(InputError, match="there is no link"):
        links_of(testbed, library, ["ring/north:south"])
