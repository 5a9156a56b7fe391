"""A WAN without an emulator, on a real kernel with netem: each server shapes what it sends to the other sites.

Figures are read from ping's, irtt's, iperf3's and tc's own output. Where the running kernel lacks netem this runs in the
test guest, in virtual time.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import edge_world as edges
import pytest
from edge_world import BOS1, MAD1, NIC, OUTSIDE, PAR1, PAR2, SERVERS, Node, World, iperf3, rtts

from microdc.errors import ApplyError, UnreachableError
from microdc.impairment import Impairment
from microdc.lab.inventory import directory_of
from microdc.lab.operate import bring_up, down
from microdc.lab.plan import plan as plan_lab
from microdc.testbed.load import load
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.profile import library_of

pytestmark = [pytest.mark.root, pytest.mark.netem, pytest.mark.long, pytest.mark.extra]

MS = 1_000_000
WIRE = 0.3
"""ms at most of a round trip that the namespaces and the wire between them take."""
ROUTED = "routed"
FROM = Node("paris", f"mdc-{ROUTED}-paris-h1", "10.1.0.11", "fd00:1::b")
TO = Node("madrid", f"mdc-{ROUTED}-madrid-h1", "10.2.0.11", "fd00:2::b")
ROUTED_SITE = """\
site: %s
uplink: {emulator: wan1, interface: %s}
networks: {data: [10.%d.0.0/16, "fd00:%d::/32"]}
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The inventory of the servers, which are there."""
    with edges.wired():
        yield edges.inventory(tmp_path_factory.mktemp("edges") / "inventory")


@pytest.fixture(scope="module")
def door(directory: Path) -> Iterator[edges.Door]:
    with edges.Door(directory) as door:
        yield door


@pytest.fixture
def world(door: edges.Door) -> Iterator[World]:
    """The WAN of edges, with nothing laid before and after."""
    yield door.world
    door.leave_clean()


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two of the sites behind an emulator."""
    source = tmp_path_factory.mktemp("routed")
    (source / "sites").mkdir()
    (source / "testbed.yaml").write_text("testbed: routed\nemulators: {wan1: {host: local}}\n")
    for number, site in enumerate(("paris", "madrid"), 1):
        (source / "sites" / f"{site}.yaml").write_text(ROUTED_SITE % (site, site[:3], number, number))
    try:
        for _ in bring_up(plan_lab(load(source), ROUTED, "namespace", hosts=1), source, 1):
            pass
        with edges.opened(directory_of(ROUTED)) as world:
            yield world
    finally:
        for _ in down(ROUTED):
            pass


@pytest.fixture
def routed(router: World) -> Iterator[World]:
    """The WAN of the emulator, with nothing laid before and after."""
    yield router
    router.clear()


def delay(ms: float) -> Impairment:
    return Impairment(owd=Delay(round(ms * MS)))


def bare() -> bool:
    """Whether nothing of ours is on any server's interface."""
    return not any("7dc0" in server.qdiscs() for server in SERVERS)


def wait_until_bare() -> None:
    """Looks until every interface is given back; what never comes fails the test by its time-out."""
    while not bare():
        time.sleep(0.1)


@pytest.mark.usefixtures("directory")
def test_an_untouched_wire_is_clean() -> None:
    assert bare()
    assert rtts(PAR1, MAD1)[2] < WIRE


@pytest.mark.parametrize("version", [4, 6])
def test_the_round_trip_is_the_way_there_and_the_way_back(world: World, version: int) -> None:
    world.lay(("paris", "madrid", delay(5)), ("madrid", "paris", delay(40)))
    for server in (PAR1, PAR2):
        rtts(server, MAD1, version, count=1)  # on one wire, IPv6 looks for its neighbour through the WAN
        shortest, _, longest = rtts(server, MAD1, version)
        assert 45 <= shortest <= longest < 45 + WIRE


def test_each_direction_is_its_own(world: World) -> None:
    world.lay(("paris", "madrid", delay(5)), ("madrid", "paris", delay(40)))
    address = f"{MAD1.ipv4}:2112"
    with MAD1.listening("irtt", "server", "-b", address, "-i", "0", sign="listener"):
        words = ("irtt", "client", "-Q", "-i", "10ms", "-d", "1s", "-o", "-", address)
        trips = json.loads(PAR1.run(*words))["round_trips"]
    assert statistics.median(trip["delay"]["send"] / MS for trip in trips) == pytest.approx(5, abs=0.2)
    assert statistics.median(trip["delay"]["receive"] / MS for trip in trips) == pytest.approx(40, abs=0.2)


@pytest.mark.parametrize("version", [4, 6])
def test_other_pairs_the_site_itself_and_the_world_outside_are_untouched(world: World, version: int) -> None:
    world.lay(("paris", "madrid", delay(25)), ("madrid", "paris", delay(25)))
    assert rtts(PAR1, MAD1, version)[0] >= 50
    for source, target in ((PAR1, BOS1), (MAD1, BOS1), (PAR1, PAR2), (PAR1, OUTSIDE)):
        assert rtts(source, target, version)[2] < WIRE


@pytest.mark.parametrize("version", [4, 6])
def test_the_same_profile_gives_the_same_round_trip_as_an_emulator(
    world: World, routed: World, version: int
) -> None:
    asked = Impairment(Delay(12 * MS), rate=Rate(100_000_000), buffer=Size(100_000))
    for wan in (world, routed):
        wan.lay(("paris", "madrid", asked), ("madrid", "paris", asked))
    rtts(PAR1, MAD1, version, count=1)
    assert rtts(PAR1, MAD1, version)[1] == pytest.approx(rtts(FROM, TO, version)[1], abs=0.2)


def test_a_rate_is_each_servers_own(world: World) -> None:
    rate = 10_000_000
    asked = Impairment(owd=Delay(5 * MS), rate=Rate(rate), buffer=Size(60_000))
    world.lay(("paris", "madrid", asked))
    for report in iperf3((PAR1, PAR2), MAD1, "-u", "-l", "1400", "-b", "15M", "-t", "4"):
        received = report["end"]["sum_received"]["bits_per_second"]
        assert received * (1400 + 42) / 1400 == pytest.approx(rate, rel=0.05)  # headers are counted too


LOSSY = Impairment(Delay(10 * MS), loss=Percent(1), rate=Rate(100_000_000), buffer=Size(500_000))


def tcp(world: World, source: Node, target: Node, shaper: str, interface: str) -> tuple[float, int, int]:
    """bit/s that arrived over TCP, segments that TCP sent again, and packets that were dropped."""
    world.lay(("paris", "madrid", LOSSY))
    before = world.counted(shaper, interface).drops
    (report,) = iperf3([source], target, "-t", "10")
    lost = world.counted(shaper, interface).drops - before
    end = report["end"]
    return end["sum_received"]["bits_per_second"], end["sum_sent"]["retransmits"], lost


def test_tcp_sees_what_its_own_host_loses(world: World, routed: World) -> None:
    """netem says of a packet that it loses that it was sent; TCP finds out by itself, as behind an emulator."""
    at_edge = tcp(world, PAR1, MAD1, "par1", NIC)
    at_emulator = tcp(routed, FROM, TO, "wan1", "mad")
    assert at_edge[0] == pytest.approx(
        at_emulator[0], rel=0.35
    )  # some 200 losses each: 7 % is one standard deviation
    for _, again, lost in (at_edge, at_emulator):
        assert lost > 50
        assert again == pytest.approx(lost, rel=0.1)  # each loss is one segment


def offloads(server: Node) -> dict[str, str]:
    shown = [line.split(": ") for line in server.run("ethtool", "-k", NIC).splitlines()]
    wanted = {"tcp-segmentation-offload", "generic-segmentation-offload", "generic-receive-offload"}
    return {words[0]: words[1] for words in shown if words[0] in wanted}


def segments(server: Node) -> int:
    """How many segments TCP may put into one packet for the interface."""
    (link,) = json.loads(server.run("ip", "-d", "-j", "link", "show", "dev", NIC))
    return int(link["gso_max_segs"])


def test_offloads_are_off_while_the_interface_is_held_and_back_afterwards(world: World) -> None:
    PAR1.run("ethtool", "-K", NIC, "gro", "on")
    PAR1.run("ip", "link", "set", NIC, "gso_max_segs", "40")
    before = {server: (offloads(server), segments(server)) for server in SERVERS}
    assert set(before[PAR1][0].values()) == {"on"}
    world.lay(("paris", "madrid", delay(5)))
    for server in (PAR1, PAR2):
        assert set(offloads(server).values()) == {"off"}
        assert segments(server) == 1
    world.clear()
    assert {server: (offloads(server), segments(server)) for server in SERVERS} == before
    PAR1.run("ip", "link", "set", NIC, "gso_max_segs", str(before[PAR2][1]))


def test_undo_gives_the_interfaces_back(world: World) -> None:
    before = {server: server.qdiscs() for server in SERVERS}
    world.lay(("paris", "madrid", delay(5)), ("madrid", "boston", delay(7)), ("boston", "paris", delay(9)))
    assert all("7dc0" in server.qdiscs() for server in SERVERS)
    world.clear()
    assert {server: server.qdiscs() for server in SERVERS} == before
    assert rtts(PAR1, MAD1)[2] < WIRE


def test_the_inventorys_wan_is_laid_once_and_an_overlay_over_it(world: World, directory: Path) -> None:
    library = library_of(directory)
    world.apply(world.wan.plan_inventory(library, "test"))
    assert world.wan.plan_inventory(library, "test").empty
    made = world.lay(("paris", "boston", delay(30)))
    assert not made.structural
    assert {port.emulator for port in made.ports if port.operations} == {"par1", "par2"}
    assert rtts(PAR1, BOS1)[0] >= 31
    assert 2 <= rtts(PAR1, MAD1)[1] < 2 + WIRE


def test_an_overlay_ends_on_all_servers_on_time(world: World, directory: Path) -> None:
    world.lay(("paris", "madrid", delay(5)), ("madrid", "paris", delay(5)), seconds=2)
    (laid,) = world.wan.overlays
    wait_until_bare()
    with edges.opened(directory) as after:
        assert not after.wan.overlays
        for name in ("par1", "par2", "mad1"):
            (note,) = (n for n in after.wan.situations[name].state.notes if laid.id in n.text)
            assert note.at - laid.made == pytest.approx(2, abs=0.5)


def test_an_overlay_ends_where_the_agent_was_killed(world: World, directory: Path) -> None:
    world.lay(("paris", "madrid", delay(5)), seconds=3)
    killed = world.wan.situations["par1"].hello.pid
    os.kill(killed, signal.SIGKILL)
    wait_until_bare()  # no controller comes: only the agent's standby can have done it
    with edges.opened(directory) as after:
        assert after.wan.situations["par1"].hello.pid != killed
        assert not after.wan.overlays


def test_a_server_that_cannot_be_reached_is_named_and_nothing_is_changed(tmp_path: Path) -> None:
    missing = Node("bos2", "mdc-edges-bos2", "10.3.0.12", "fd00:3::12")
    incomplete = edges.inventory(tmp_path / "inventory", {"boston": [missing]})
    with pytest.raises(UnreachableError, match=missing.namespace), edges.opened(incomplete):
        pass
    assert bare()


def test_an_agent_that_dies_before_the_change_leaves_all_servers_as_they_were(world: World) -> None:
    plan = world.plan(("boston", "madrid", delay(5)), ("paris", "madrid", delay(5)))
    os.kill(world.wan.situations["bos1"].hello.pid, signal.SIGKILL)
    with pytest.raises(UnreachableError, match="bos1"):
        world.apply(plan)
    assert bare()


def test_an_interface_that_vanishes_before_the_change_leaves_all_servers_as_they_were(world: World) -> None:
    plan = world.plan(("boston", "madrid", delay(5)), ("paris", "madrid", delay(5)))
    BOS1.run("ip", "link", "delete", NIC)
    try:
        with pytest.raises(ApplyError, match=f"bos1:{NIC}"):
            world.apply(plan)
    finally:
        edges.plug_in(BOS1)
    assert bare()
