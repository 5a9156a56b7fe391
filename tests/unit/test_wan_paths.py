"""From two sites to the path between them, over a topology: composed, told, cut."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

import inventories
import pytest
import topologies

from microdc.documents.model import DocumentError
from microdc.errors import InputError
from microdc.impairment import Impairment
from microdc.testbed.load import inspect, load
from microdc.testbed.model import Testbed
from microdc.topology.geo import great_circle, light
from microdc.units import Delay, Percent, Rate
from microdc.wan.asked import asked
from microdc.wan.backbone import NoWayError
from microdc.wan.compose import compose
from microdc.wan.matrix import matrix
from microdc.wan.model import Direction
from microdc.wan.paths import Paths
from microdc.wan.profile import Library, library_of
from microdc.wan.validate import validate

TESTBED = "testbed: t\nemulators: {wan1: {host: local}}\n"
MS = 1_000_000


def world(
    directory: FilePath, *names: str, testbed: str = TESTBED, ring: str = topologies.RING, **more: str
) -> tuple[Testbed, Library]:
    """Sites that are called like their PoPs. more: what else a site says."""
    write(directory, *names, testbed=testbed, ring=ring, **more)
    return load(directory), library_of(directory)


def write(directory: FilePath, *names: str, testbed: str, ring: str, **more: str) -> None:
    topologies.write(directory, ring)
    sites = {
        name: inventories.site(name, number, more.get(name, f"pop: ring/{name}"))
        for number, name in enumerate(names, 1)
    }
    inventories.write(directory, testbed=testbed, a="", b="", **sites)


def between(testbed: Testbed, library: Library, a: str, b: str, *cuts: str) -> Impairment:
    return asked(testbed, library, cuts)[Direction(a, b)].impairment


def test_delays_add_jitters_in_quadrature_losses_as_survivals_and_the_rate_is_the_least(
    tmp_path: FilePath,
) -> None:
    ring = topologies.RING.replace(
        "[south, west], rtt: 8ms", "[south, west], rtt: 8ms, loss: 2%, jitter: 0.5ms"
    )
    testbed, library = world(
        tmp_path,
        "south",
        "north",
        ring=ring.replace("1gbit", "1gbit, jitter: 2ms").replace(
            "[east, south], rtt: 8ms", "[east, south], rtt: 12ms"
        ),
    )
    found = between(testbed, library, "south", "north")  # by west: 17 ms, by east 20 ms
    assert found.owd == 8.5 * MS
    assert found.jitter == round(MS * (1 + 0.25) ** 0.5)
    assert found.loss == pytest.approx(100 * (1 - 0.99 * 0.98))
    assert found.rate == 10 * 10**9
    assert found == compose([found])


def test_access_lines_are_part_of_the_path(tmp_path: FilePath) -> None:
    testbed, library = world(
        tmp_path, "north", "east", north="pop: ring/north\naccess: vdsl2", east="pop: ring/east\naccess: gpon"
    )
    vdsl2, gpon = library["vdsl2"], library["gpon"]
    forth, back = between(testbed, library, "north", "east"), between(testbed, library, "east", "north")
    assert forth.owd == vdsl2.up.owd + 4 * MS + gpon.down.owd
    assert back.owd == gpon.up.owd + 4 * MS + vdsl2.down.owd
    assert (forth.rate, back.rate) == (vdsl2.up.rate, vdsl2.down.rate)
    assert forth.buffer == vdsl2.up.buffer  # the bottleneck's own
    path = Paths(testbed, library).between("north", "east")
    assert [hop.kind for hop in path.hops] == ["access", "link", "access"]
    assert (path.forth, path.back) == (forth, back)
    reverse = Paths(testbed, library).between("east", "north")
    assert (reverse.forth, reverse.back) == (back, forth)
    assert [(hop.near, hop.far) for hop in reverse.hops] == [
        (hop.far, hop.near) for hop in reversed(path.hops)
    ]


def test_what_does_not_add_up_is_composed_all_the_same(tmp_path: FilePath) -> None:
    """A line with a model of losses, or with cells, over the same way."""
    testbed, library = world(
        tmp_path, "north", "east", "south",
        north="pop: ring/north\naccess: adsl2plus-atm", south="pop: ring/south\naccess: wifi-slots",
    )  # fmt: skip
    for a, b in (("north", "east"), ("south", "east"), ("north", "south")):
        path = Paths(testbed, library).between(a, b)
        assert between(testbed, library, a, b) == path.forth
        assert path.forth == compose([hop.forth for hop in path.hops])
    assert between(testbed, library, "south", "east").slots is not None


def test_a_link_may_be_what_a_profile_says(tmp_path: FilePath) -> None:
    ring = topologies.RING.replace("rtt: 8ms, capacity: 10gbit, source: survey", "profile: leo-satellite")
    testbed, library = world(tmp_path, "east", "north", ring=ring.replace("rtt: 9ms", "rtt: 90ms"))
    leo = library["leo-satellite"]
    path = Paths(testbed, library).between("north", "east")
    assert (path.forth, path.back) == (leo.up, leo.down)  # up is from the first PoP of the link to the second
    assert between(testbed, library, "east", "north") == leo.down


LOPSIDED = """
profile: lopsided
description: A link whose ways differ
source: made up
up: {owd: 3ms, jitter: 0.1ms, rate: 1gbit, buffer: 10ms}
down: {owd: 30ms, rate: 1gbit, buffer: 50ms}
"""


def lopsided(directory: FilePath, *names: str) -> tuple[Testbed, Library]:
    """North - east is a link whose ways differ: 16.5 ms on the mean, which is less than around by the west."""
    (directory / "profiles").mkdir()
    (directory / "profiles" / "lopsided.yaml").write_text(LOPSIDED.lstrip())
    ring = topologies.RING.replace("rtt: 8ms, capacity: 10gbit, source: survey", "profile: lopsided")
    return world(
        directory, *names, ring=ring.replace("rtt: 9ms", "rtt: 40ms").replace("1gbit}", "1gbit, loss: 2%}")
    )


def test_a_way_is_the_same_there_and_back_whoever_is_named_first(tmp_path: FilePath) -> None:
    testbed, library = lopsided(tmp_path, "south", "north", "east")
    paths = Paths(testbed, library)
    for a, b, there, home in (("north", "east", 3, 30), ("north", "south", 7, 34)):
        assert between(testbed, library, a, b).owd == there * MS
        assert between(testbed, library, b, a).owd == home * MS
        for one, other in ((a, b), (b, a)):
            path = paths.between(one, other)
            assert path.forth == between(testbed, library, one, other)
            assert path.back == between(testbed, library, other, one)
    # the first of two lines that are equally slow is the bottleneck, seen from whoever sends
    assert between(testbed, library, "north", "south").buffer == 10**9 // 8 // 100
    assert between(testbed, library, "south", "north").buffer == 10**9 // 8 // 10
    for a, b in (("north", "south"), ("south", "north")):
        derived = library[f"ring/{a}:{b}"]
        assert (derived.up.owd, derived.down.owd) == (
            between(testbed, library, a, b).owd, between(testbed, library, b, a).owd,
        )  # fmt: skip


def test_what_is_the_same_both_ways_stays_so_however_it_rounds(tmp_path: FilePath) -> None:
    ring = topologies.RING.replace("rtt: 8ms", "rtt: 8ms, loss: 0.1%, jitter: 0.3ms")
    testbed, library = world(
        tmp_path, "north", "lone", ring=ring.replace("[south, lone]", "[south, lone], loss: 0.07%")
    )
    assert library["ring/north:lone"].symmetric
    path = Paths(testbed, library).between("north", "lone")
    assert path.forth == path.back


def test_no_link_is_faster_than_light(tmp_path: FilePath) -> None:
    ring = topologies.RING.replace("rtt: 8ms, capacity: 10gbit, source: survey", "profile: lan")
    testbed, library = world(tmp_path, "east", "north", ring=ring)
    with pytest.raises(InputError, match="light takes"):
        asked(testbed, library)
    assert "ring.yaml:13: profile lan has" in words(tmp_path)


def test_a_link_just_as_fast_as_light_is_one(tmp_path: FilePath) -> None:
    floor = light(great_circle((50, 0), (48, 4)), "radio")
    (tmp_path / "profiles").mkdir()
    text = f"profile: beam\ndescription: d\nsource: s\nboth: {{owd: {floor}ns}}\n"
    (tmp_path / "profiles" / "beam.yaml").write_text(text)
    ring = topologies.RING.replace("rtt: 8ms, capacity: 10gbit, source: survey", "profile: beam")
    testbed, library = world(tmp_path, "east", "north", ring=ring)
    assert between(testbed, library, "east", "north").owd == floor


def test_pairs_that_are_named_keep_what_they_are_given(tmp_path: FilePath) -> None:
    testbed, library = world(
        tmp_path, "north", "east", "south", "west",
        testbed=TESTBED + "wan: {default: {profile: lan}, pairs: [{between: [north, east], backbone: metro}]}\n",
        west="",
    )  # fmt: skip
    origins = {frozenset((pair.a, pair.b)): pair.origin for pair in testbed.pairs}
    assert origins[frozenset(("north", "east"))] == "backbone metro"
    assert origins[frozenset(("south", "east"))] == "over ring"
    assert origins[frozenset(("south", "west"))] == "profile lan"  # west has no PoP
    kinds = {entry.origin for entry in matrix(testbed, library)}
    assert kinds == set(origins.values())
    assert [hop.kind for hop in Paths(testbed, library).between("east", "north").hops] == ["backbone"]
    assert [hop.kind for hop in Paths(testbed, library).between("west", "north").hops] == ["profile"]


def test_sites_at_one_pop_have_no_backbone_between_them(tmp_path: FilePath) -> None:
    testbed, library = world(tmp_path, "north", "other", other="pop: ring/north\naccess: gpon")
    assert between(testbed, library, "north", "other") == library["gpon"].down


def test_a_site_with_two_pops_takes_the_nearer_and_it_is_said(tmp_path: FilePath) -> None:
    testbed, library = world(tmp_path, "twin", "lone", "north", twin="pop: [ring/west, ring/south]")
    path = Paths(testbed, library).between("twin", "lone")
    assert path.hops[0].near == "ring/south"
    assert "hangs on 2 PoPs" in path.remarks[0]
    assert Paths(testbed, library).between("twin", "north").hops[0].near == "ring/west"


def test_ways_of_equal_cost_are_said(tmp_path: FilePath) -> None:
    testbed, library = world(tmp_path, "south", "north", ring=topologies.RING.replace("rtt: 9ms", "rtt: 8ms"))
    assert any("2 ways" in remark for remark in Paths(testbed, library).between("south", "north").remarks)


def test_the_matrix_says_what_the_paths_say(tmp_path: FilePath) -> None:
    """Both ways to add up, held against each other, with lines that are plain and lines that are not."""
    access = {
        "north": "vdsl2",
        "east": "adsl2plus-atm",
        "south": "lte",
        "west": "wifi-slots",
        "lone": "gpon-100",
    }
    testbed, library = world(
        tmp_path, *access, **{name: f"pop: ring/{name}\naccess: {line}" for name, line in access.items()}
    )
    paths = Paths(testbed, library)
    entries = list(matrix(testbed, library))
    assert len(entries) == 10
    for entry in entries:
        path = paths.between(entry.a, entry.b)
        assert entry.forth is not None
        assert entry.back is not None
        for side, whole in ((entry.forth, path.forth), (entry.back, path.back)):
            assert (side.owd, side.rate) == (whole.owd, whole.rate)
            assert side.loss == pytest.approx(whole.mean_loss)


# -- what is wrong


def words(directory: FilePath) -> str:
    return "\n".join(map(str, validate(directory).problems))


def test_a_site_on_an_unknown_pop(tmp_path: FilePath) -> None:
    write(tmp_path, "north", "east", testbed=TESTBED, ring=topologies.RING, east="pop: ring/eastt")
    testbed, library = load(tmp_path), library_of(tmp_path)
    with pytest.raises(DocumentError, match="no PoP of ring") as caught:
        asked(testbed, library)
    assert "did you mean ring/east?" in str(caught.value.problems[0])
    assert "sites/east.yaml:6" in words(tmp_path)


def test_a_site_on_an_unknown_topology(tmp_path: FilePath) -> None:
    write(
        tmp_path,
        "north",
        "east",
        testbed=TESTBED,
        ring=topologies.RING,
        north="pop: rink/north",
        east="pop: rink/east",
    )
    assert "unknown topology 'rink' (did you mean ring?)" in words(tmp_path)


def test_sites_on_two_topologies_need_one_that_has_both(tmp_path: FilePath) -> None:
    write(tmp_path, "north", "east", testbed=TESTBED, ring=topologies.RING, east="pop: nren-europe/paris")
    _, problems = inspect(tmp_path)
    assert any("wan: {topology: NAME}" in problem.hint for problem in problems)
    both = TESTBED + "wan: {pairs: [{between: [north, east], profile: lan}]}\n"
    (tmp_path / "testbed.yaml").write_text(both)
    assert inspect(tmp_path)[1] == []


@pytest.mark.parametrize("pop", ["paris", "ring/a/b", "[]", "[ring/north, ring/north]", "7", "ring/North"])
def test_a_pop_that_is_no_name(tmp_path: FilePath, pop: str) -> None:
    write(tmp_path, "north", "east", testbed=TESTBED, ring=topologies.RING, east=f"pop: {pop}")
    assert "sites/east.yaml" in words(tmp_path)


def test_a_wrong_topology_is_told_by_validate_though_no_site_hangs_on_it(tmp_path: FilePath) -> None:
    write(
        tmp_path, "north", "east", testbed=TESTBED + "wan: {default: {profile: lan}}\n",
        ring=topologies.RING.replace("rtt: 9ms", "rtt: 3ms"), north="", east="",
    )  # fmt: skip
    assert "light in fibre" in words(tmp_path)


def test_validate_tells_what_apply_would_stumble_over(tmp_path: FilePath) -> None:
    pairs = "{between: [c, d], backbone: ring/north:eastt}, {between: [north, c], profile: rink/a:b}"
    write(
        tmp_path, "north", "east", "c", "d",
        testbed=TESTBED + f"wan: {{pairs: [{pairs}]}}\n", ring=topologies.RING, c="", d="",
    )  # fmt: skip
    said = words(tmp_path)
    assert "testbed.yaml:3: c - d: ring has no PoP 'eastt' (did you mean east?)" in said
    assert "testbed.yaml:3: north - c: there is no topology 'rink'" in said


def test_validate_tells_of_a_link_whose_profile_is_none(tmp_path: FilePath) -> None:
    ring = topologies.RING.replace("rtt: 9ms, capacity: 10gbit, loss: 1%, jitter: 1ms", "profile: nosuch")
    write(tmp_path, "north", "east", testbed=TESTBED, ring=ring)
    assert "ring.yaml:16: ring/west:north: there is no profile 'nosuch'" in words(tmp_path)


def test_no_way_is_an_error_unless_it_was_cut(tmp_path: FilePath) -> None:
    split = topologies.RING.replace("  - {between: [south, lone]}", "  - {between: [lone, isle]}").replace(
        "  lone:", "  isle: {at: [43, 0]}\n  lone:"
    )
    testbed, library = world(tmp_path, "north", "lone", ring=split)
    with pytest.raises(NoWayError, match="no links lead from"):
        asked(testbed, library)
    assert "lone - north: no links lead from ring/lone to ring/north" in words(tmp_path)


# -- profiles of ways


def test_the_way_between_two_pops_is_a_profile(tmp_path: FilePath) -> None:
    _, library = world(tmp_path, "north", "east")
    profile = library["ring/north:south"]
    assert profile.rtt == 16 * MS
    assert profile.up.rate == 10**9
    assert "measured 8ms there and back (a survey)" in profile.source
    assert library["ring/south:north"].up == profile.down
    for name in ("ring/north", "ring/north:northe", "ring/:", "rink/a:b", "ring/a:b:c"):
        with pytest.raises(InputError):
            library[name]


def test_a_pair_may_name_a_way_as_its_backbone(tmp_path: FilePath) -> None:
    named = TESTBED + "wan: {pairs: [{between: [c, d], backbone: ring/north:south}]}\n"
    testbed, library = world(tmp_path, "c", "d", testbed=named, c="access: gpon", d="")
    assert between(testbed, library, "c", "d").owd == library["gpon"].up.owd + 8 * MS
    (tmp_path / "testbed.yaml").write_text(named.replace("ring/north:south", "ring/north"))
    assert "write its name, or TOPOLOGY/POP:POP" in words(tmp_path)


# -- links that are down


def test_what_is_parted_loses_everything(tmp_path: FilePath) -> None:
    testbed, library = world(tmp_path, "north", "lone", "south")
    cut = ["ring/south:lone"]
    assert between(testbed, library, "north", "lone", *cut).loss == 100
    assert between(testbed, library, "north", "south", *cut) == between(testbed, library, "north", "south")
    parted = [entry for entry in matrix(testbed, library, cut) if entry.rtt is None]
    assert {(entry.a, entry.b) for entry in parted} == {("lone", "north"), ("lone", "south")}


def test_rates_and_losses_of_a_long_way_stay_within_bounds() -> None:
    values: dict[str, Any] = {"owd": Delay(1), "loss": Percent(60.0), "rate": Rate(10**6)}
    found = compose([Impairment(**values)] * 40)
    assert found.loss <= 100
    assert found.owd == 40
