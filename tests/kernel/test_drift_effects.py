"""Who changes qdiscs behind our back is found out, on a real kernel: tc is the other one."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from two_sites import BACK, THERE, at, run, two_sites

from microdc.impairment import Impairment
from microdc.testbed.model import Testbed
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.drift import Drift, drift
from microdc.wan.model import Asked
from microdc.wan.operate import Wan, open_wan
from microdc.wan.view import lines
from microdc.wan.watch import watch

pytestmark = [pytest.mark.root, pytest.mark.netem]

LAB = "drift"
MS = 1_000_000
ASKED = Asked(Impairment(Delay(20 * MS), Delay(MS), Percent(1), Rate(10_000_000), Size(50_000)), "test")


@dataclass(slots=True)
class World:
    testbed: Testbed
    wan: Wan

    def lay(self, asked: Asked = ASKED) -> None:
        run(self.wan.apply(self.wan.plan_overlay({THERE: asked, BACK: asked}, "test", "test", replace=True)))

    def clear(self) -> None:
        subprocess.run(at(LAB, "wan1", "tc", "qdisc", "del", "dev", "there", "root"), check=False)
        self.wan.read()
        run(self.wan.apply(self.wan.plan_removal([o.id for o in self.wan.overlays])))

    def handle(self) -> str:
        """Of the delay line towards `there`."""
        (port,) = [p for p in self.wan.plan_removal([]).ports if p.interface == THERE.target]
        return f"{port.leaves[THERE].netem.handle >> 16:x}:"

    def drift(self) -> Drift:
        self.wan.read()
        return drift(self.testbed, self.wan.situations, (), time.time())

    def tc(self, line: str) -> None:
        subprocess.run(at(LAB, "wan1", "tc", *line.split()), check=True, capture_output=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with two_sites(LAB, tmp_path_factory.mktemp(LAB)) as testbed, open_wan(testbed) as wan:
        yield World(testbed, wan)


@pytest.fixture
def world(built: World) -> Iterator[World]:
    yield built
    built.clear()


def test_what_tc_changed_is_named_with_the_time(world: World) -> None:
    world.lay()
    assert not world.drift().drifted
    before = time.time()
    world.tc(f"qdisc change dev there handle {world.handle()} netem delay 5ms limit 100")
    (one,) = world.drift().differences
    assert (one.emulator, one.interface) == ("wan1", "there")
    assert one.what.directions == (THERE,)
    assert one.what.what == "delay line"
    assert "delay 20ms" in one.what.asked
    assert "delay 5ms" in one.what.found
    assert "100 packets" in one.what.found
    assert one.since.first is not None
    assert before <= one.since.first <= time.time()
    assert one.since.times >= 1


def test_a_foreign_root_is_named_and_shown_as_drift(world: World) -> None:
    world.lay()
    world.tc("qdisc replace dev there root handle 9: tbf rate 1mbit burst 3000 latency 50ms")
    (one,) = world.drift().differences
    assert (one.what.what, one.what.directions) == ("root", [THERE])
    assert "tbf 9:" in one.what.found
    assert one.since.first is not None
    shown = {
        line.direction: line.as_asked
        for line in lines(world.testbed, world.wan.situations, world.wan.overlays)
    }
    assert shown == {THERE: False, BACK: True}


def test_all_gone_is_one_difference(world: World) -> None:
    world.lay()
    world.tc("qdisc del dev there root")
    (one,) = world.drift().differences
    assert (one.what.what, one.what.found) == ("root", "no qdisc of microdc's")


def test_what_was_put_back_is_told_and_no_drift(world: World) -> None:
    world.lay(Asked(Impairment(owd=Delay(20 * MS), rate=Rate(10_000_000), buffer=Size(50_000)), "test"))
    port = next(p for p in world.wan.plan_removal([]).ports if p.interface == "there")
    buffer = port.leaves[THERE].buffer
    where = f"dev there parent {buffer.parent >> 16:x}:1 handle {buffer.handle >> 16:x}:"
    for limit in (9000, 50_000):
        world.tc(f"qdisc change {where} bfifo limit {limit}")
    found = world.drift()
    assert not found.drifted
    assert [(one.emulator, one.interface) for one in found.touched] == [("wan1", "there")]


def test_what_the_kernel_hides_is_named(world: World) -> None:
    world.lay()
    assert {(one.direction, *one.what) for one in world.drift().unverifiable} == {
        (THERE, "distribution"),
        (BACK, "distribution"),
    }


@dataclass
class Ping:
    """Time that passes while pings go through: a second for all of them, so that rates are counts."""

    now: float = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        words = ("ping", "-q", "-c", "300", "-i", "0.01", "-s", "1000", "10.2.0.11")
        subprocess.run(at(LAB, "here-h1", *words), check=True, capture_output=True)
        self.now += seconds


def test_watching_counts_what_goes_through(world: World) -> None:
    world.lay(Asked(Impairment(owd=Delay(5 * MS), rate=Rate(100_000_000), buffer=Size(1_000_000)), "test"))
    ping = Ping()
    (tick,) = watch(world.wan, [("here", "there")], count=1, clock=ping.clock, sleep=ping.sleep)
    samples = {one.place.direction: one for one in tick.samples}
    assert samples.keys() == {THERE, BACK}
    for one in samples.values():
        assert one.rates is not None
        # a packet of 1,000 bytes of data is 1,042 on the wire; beside them the hosts ask for each other's addresses
        assert one.rates.out_packets == pytest.approx(300, abs=5)
        assert one.rates.out_bits == pytest.approx(300 * 1042 * 8, rel=0.01)
        assert one.rates.in_packets == one.rates.out_packets
        assert one.rates.lost == one.rates.overflowed == 0
        assert one.share == pytest.approx(one.rates.out_bits / 100_000_000)
        assert not one.rates.restarted
