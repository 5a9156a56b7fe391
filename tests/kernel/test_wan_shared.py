"""Access lines that the pairs of a site share, on a real kernel with netem: what several transfers get together, and each.

Rates are read from iperf3's own output, of the seconds in which all transfers run.
"""

from __future__ import annotations

import re
import statistics
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from two_sites import at, run, two_sites

from microdc.impairment import Impairment
from microdc.netlink.model import comes_in
from microdc.testbed.model import Testbed
from microdc.units import Delay, Rate, Size
from microdc.wan.drift import drift
from microdc.wan.model import BASE, AccessLine, Asked, Direction, Overlay, Plan
from microdc.wan.operate import Wan, open_wan
from microdc.wan.planning import Wish, make_plan
from microdc.wan.view import lines

pytestmark = [pytest.mark.root, pytest.mark.netem]

LAB = "shared"
MS = 1_000_000
LINE = 10_000_000
NUMBERS = {"here": 1, "there": 2, "far": 3}
DIRECTIONS = [Direction(a, b) for a in NUMBERS for b in NUMBERS if a != b]
IN, OUT = (
    [Direction("there", "here"), Direction("far", "here")],
    [Direction("here", "there"), Direction("here", "far")],
)
SECONDS = 7
UDP_WIRE, TCP_WIRE = 1442 / 1400, 1514 / 1448
"""Bytes on the wire for each of data: Ethernet's and IP's headers, and UDP's, or TCP's with its time stamps."""


def composed(rate: int = LINE) -> dict[Direction, Asked]:
    """What comes of the lines of all sites: one of `rate`, the others faster."""
    part = Impairment(owd=Delay(5 * MS), rate=Rate(rate), buffer=Size(rate // 80))
    faster = Impairment(owd=Delay(5 * MS), rate=Rate(5 * rate), buffer=Size(rate // 16))
    return {
        d: Asked(part if "here" in (d.source, d.target) else faster, "test", shared=True) for d in DIRECTIONS
    }


def access(rate: int = LINE) -> dict[str, AccessLine]:
    faster = AccessLine(Rate(5 * rate), Size(rate // 16), Rate(5 * rate))
    return {"here": AccessLine(Rate(rate), Size(rate // 80), Rate(rate)), "there": faster, "far": faster}


@dataclass(slots=True)
class World:
    testbed: Testbed
    wan: Wan

    def carry_out(self, wish: Wish) -> Plan:
        self.wan.read()
        made = make_plan(self.testbed, self.wan.situations, wish)
        run(self.wan.apply(made))
        return made

    def lay(self, values: Mapping[Direction, Asked], shared: Mapping[str, AccessLine]) -> Plan:
        overlay = Overlay(BASE, "test", "the inventory", values, lines=shared)
        return self.carry_out(Wish("lay", overlay, change="c"))

    def over(self, direction: Direction, impairment: Impairment) -> Plan:
        made = self.wan.plan_overlay(
            {direction: Asked(impairment, "whole path")}, "test", "test", replace=True
        )
        run(self.wan.apply(made))
        return made

    def clear(self) -> None:
        self.wan.read()
        run(self.wan.apply(self.wan.plan_removal([o.id for o in self.wan.overlays])))

    def shown(self) -> list[str]:
        """All that ip and tc tell of the emulator's interfaces, without what they count."""
        found = self.told("ip", "-o", "link", "show").splitlines()
        for command in ("qdisc", "class", "filter"):
            for site in NUMBERS:
                found += self.told("tc", command, "show", "dev", site).splitlines()
        found += self.told("tc", "qdisc", "show").splitlines()
        return sorted(re.sub(r"direct_packets_stat \d+", "", line) for line in found)

    def told(self, *words: str) -> str:
        return subprocess.run(at(LAB, "wan1", *words), capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with two_sites(LAB, tmp_path_factory.mktemp(LAB), ["far"]) as testbed, open_wan(testbed) as wan:
        yield World(testbed, wan)


@pytest.fixture
def world(built: World) -> Iterator[World]:
    yield built
    built.clear()


def ip(site: str) -> str:
    return f"10.{NUMBERS[site]}.0.11"


def transfers(directions: Sequence[Direction], offered: float | None = None) -> list[float]:
    """bit/s on the wire of transfers at once, in the middle of them. offered: of UDP, as data; None: TCP."""
    with ExitStack() as stack:
        servers, clients = [], []
        for port, direction in enumerate(directions, 5301):
            words = [
                "iperf3",
                "-s",
                "-1",
                "-f",
                "k",
                "-B",
                ip(direction.target),
                "-p",
                str(port),
                "--forceflush",
            ]
            server = stack.enter_context(_started(direction.target, words))
            assert server.stdout is not None
            assert any("listening" in line.lower() for line in server.stdout)
            servers.append(server)
        for port, direction in enumerate(directions, 5301):
            words = ["iperf3", "-c", ip(direction.target), "-p", str(port), "-t", str(SECONDS)]
            words += ["-u", "-l", "1400", "-b", str(int(offered))] if offered else []
            clients.append(stack.enter_context(_started(direction.source, words)))
        for client in clients:
            told = client.communicate()[0]
            assert client.returncode == 0, told
        found = [server.communicate()[0] for server in servers]
    return [_middle(told) * (UDP_WIRE if offered else TCP_WIRE) for told in found]


def _middle(told: str) -> float:
    """Of the receiver's seconds those in which all run: from the third to the sixth."""
    seconds = re.findall(r" [2-5]\.00-[3-6]\.00 +sec .*? ([\d.]+) Kbits/sec", told)
    assert len(seconds) == 4, told
    return statistics.fmean(map(float, seconds)) * 1000


def _started(site: str, words: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        at(LAB, f"{site}-h1", *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_what_leaves_a_site_shares_its_line(world: World) -> None:
    world.lay(composed(), access())
    (alone,) = transfers(OUT[:1])
    assert alone == pytest.approx(LINE, rel=0.03)
    both = transfers(OUT)
    assert sum(both) == pytest.approx(LINE, rel=0.03)
    assert min(both) > 0.2 * LINE  # one queue for both: TCP itself finds the shares


def test_what_enters_a_site_shares_its_line_and_fairly(world: World) -> None:
    world.lay(composed(), access())
    (alone,) = transfers(IN[:1])
    assert alone == pytest.approx(LINE, rel=0.03)
    both = transfers(IN, 1.2 * LINE)
    assert sum(both) == pytest.approx(LINE, rel=0.03)
    assert both[0] == pytest.approx(both[1], rel=0.05)


@pytest.mark.long
def test_other_directions_are_not_held_up(world: World) -> None:
    """Both ways of the line at once, and two sites elsewhere: each has its own."""
    world.lay(composed(), access())
    ways = [OUT[0], IN[1], Direction("there", "far")]
    assert transfers(ways, 0.9 * LINE) == pytest.approx([0.9 * LINE * UDP_WIRE] * 3, rel=0.03)


@pytest.mark.long
def test_without_shared_lines_each_pair_has_all(world: World) -> None:
    world.lay(composed(), {})
    for ways in (IN, OUT):
        assert transfers(ways, 1.2 * LINE) == pytest.approx([LINE] * 2, rel=0.03)


@pytest.mark.long
def test_a_whole_path_has_its_rate_whatever_the_line_carries(world: World) -> None:
    world.lay(composed(), access())
    made = world.over(IN[0], Impairment(owd=Delay(MS), rate=Rate(3 * LINE // 4), buffer=Size(50_000)))
    assert not made.structural
    whole, shared = transfers(IN, 1.2 * LINE)
    assert whole == pytest.approx(3 * LINE / 4, rel=0.03)
    assert shared == pytest.approx(LINE / 4, rel=0.06)


@pytest.mark.long
def test_another_rate_of_the_line_is_set_in_place_without_a_packet_lost(world: World) -> None:
    world.lay(composed(), access())
    with _started("there", ("ping", "-6", "-q", "-i", "0.01", "-c", "500", "fd00:1::b")) as ping:
        for rate in (LINE // 4, LINE, LINE // 2):
            assert not world.lay(composed(rate), access(rate)).structural
        told = ping.communicate()[0]
    assert "500 packets transmitted, 500 received" in told, told
    for ways in (IN, OUT):
        assert sum(transfers(ways, LINE)) == pytest.approx(LINE / 2, rel=0.04)


@pytest.mark.long
def test_lines_come_and_go_below_an_overlay_and_all_is_as_before(world: World) -> None:
    """While they are there ARP and IPv6's neighbour discovery pass too."""
    bare = world.shown()
    world.over(IN[0], Impairment(owd=Delay(20 * MS)))
    before = world.shown()
    made = world.lay(composed(), access())
    (here,) = [port for port in made.ports if port.interface == "here"]
    assert {o.verb for o in here.operations if not comes_in(o.item)} == {"change"}
    for version, target in (("-4", "10.2.0.11"), ("-6", "fd00:2::b")):
        subprocess.run(at(LAB, "here-h1", "ip", "neigh", "flush", "all"), check=True)
        words = at(LAB, "here-h1", "ping", version, "-q", "-i", "0.01", "-c", "100", target)
        assert "100 received" in subprocess.run(words, capture_output=True, text=True, check=True).stdout
    world.carry_out(Wish("undo", drop=[BASE]))
    assert world.shown() == before
    world.clear()
    assert world.shown() == bare
    assert not [line for line in bare if re.search(r" mdc\d|ingress", line)]


def test_what_is_missing_of_a_line_is_told(world: World) -> None:
    world.lay(composed(), access())
    assert not drift(world.testbed, world.wan.situations, (), 0).drifted
    index = world.wan.situations["wan1"].hello.interfaces["here"].index
    world.told("ip", "link", "del", f"mdc{index}")
    world.told(
        "tc", "class", "change", "dev", "here", "parent", "7dc0:", "classid", "7dc0:1", "htb", "rate", "9mbit"
    )
    world.wan.read()
    found = drift(world.testbed, world.wan.situations, (), 0)
    told = {(one.interface, one.what.what): one for one in found.differences}
    assert told.keys() == {("here", "uplink"), ("here", "access line")}
    assert set(told["here", "uplink"].what.directions) == set(OUT)
    assert set(told["here", "access line"].what.directions) == set(IN)
    assert "9mbit" in told["here", "access line"].what.found
    assert all(one.since.first is not None for one in found.differences)
    shown = {
        line.direction: line.as_asked
        for line in lines(world.testbed, world.wan.situations, world.wan.overlays)
    }
    assert {direction for direction, as_asked in shown.items() if not as_asked} == {*IN, *OUT}
    world.lay(composed(), access())
    world.wan.read()
    assert not drift(world.testbed, world.wan.situations, (), 0).drifted
