"""What the WAN does to packets, on a real kernel with netem: sites are namespaces beside the emulator's.

Where the running kernel lacks netem all of this runs in the test guest, in virtual time: a busy machine changes
no figure. irtt and iperf3 measure; the figures are read from their own output, not through microdc.measure.
"""

from __future__ import annotations

import json
import math
import re
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from two_sites import BACK, THERE, at, run, two_sites

from microdc.impairment import Impairment
from microdc.netlink.model import Counters
from microdc.testbed.model import Testbed
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.model import Asked, Plan
from microdc.wan.operate import Wan, open_wan

pytestmark = [pytest.mark.root, pytest.mark.netem]

LAB = "effects"
MS = 1_000_000


@dataclass(slots=True)
class World:
    """Two sites with a host each. ip: the address of a site's host, by family."""

    testbed: Testbed
    wan: Wan

    def ip(self, site: str, version: int = 4) -> str:
        number = {"here": 1, "there": 2}[site]
        return f"10.{number}.0.11" if version == 4 else f"fd00:{number}::b"

    def lay(self, there: Impairment, back: Impairment | None = None) -> Plan:
        values = {THERE: Asked(there, "test"), BACK: Asked(there if back is None else back, "test")}
        made = self.wan.plan_overlay(values, "test", "test", replace=True)
        for _ in self.wan.apply(made):
            pass
        return made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with two_sites(LAB, tmp_path_factory.mktemp(LAB)) as testbed, open_wan(testbed) as wan:
        yield World(testbed, wan)


@contextmanager
def running(site: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        at(LAB, f"{site}-h1", *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def irtt(world: World, seconds: float, interval_ms: float, version: int = 4) -> dict[str, Any]:
    """irtt's own report of packets from `here` to `there` and back."""
    target = world.ip("there", version)
    address = f"[{target}]:2112" if version == 6 else f"{target}:2112"
    with running("there", "irtt", "server", "-b", address, "-i", "0") as server:
        assert server.stdout is not None
        assert any("starting" in line.lower() or "listener" in line.lower() for line in server.stdout)
        client = subprocess.run(
            at(
                LAB,
                "here-h1",
                "irtt",
                "client",
                "-Q",
                "-i",
                f"{interval_ms}ms",
                "-d",
                f"{seconds}s",
                "-o",
                "-",
                address,
            ),
            capture_output=True,
            check=True,
        )
    report: dict[str, Any] = json.loads(client.stdout)
    return report


def rtts(report: dict[str, Any]) -> list[float]:
    """Round trips in ms, of the packets that came back."""
    return [trip["delay"]["rtt"] / MS for trip in report["round_trips"] if trip["lost"] == "false"]


def test_an_untouched_lab_is_clean(world: World) -> None:
    found = rtts(irtt(world, 1, 10))
    assert statistics.median(found) < 0.2
    assert len(found) > 90


@pytest.mark.parametrize("rtt", [2, 10, 20, 100, 300])
@pytest.mark.parametrize("version", [4, 6])
def test_the_round_trip_is_the_profiles(world: World, rtt: int, version: int) -> None:
    world.lay(Impairment(owd=Delay(rtt * MS // 2)))
    target = world.ip("there", version)
    # ping itself takes next to no time; -q tells its figures to the microsecond, single packets over 100 ms to the ms
    words = ("ping", f"-{version}", "-q", "-c", "200", "-i", "0.01", target)
    shown = subprocess.run(at(LAB, "here-h1", *words), capture_output=True, text=True, check=True).stdout
    assert "200 received" in shown
    shortest, mean, longest, _ = (float(v) for v in shown.rpartition("= ")[2].split()[0].split("/"))
    # so that the median and every percentile are within 0.2 ms
    assert rtt <= shortest <= mean <= longest < rtt + 0.2


def test_the_two_directions_are_each_their_own(world: World) -> None:
    world.lay(Impairment(owd=Delay(5 * MS)), Impairment(owd=Delay(40 * MS)))
    trips = irtt(world, 1, 10)["round_trips"]
    there = statistics.median(t["delay"]["send"] / MS for t in trips)
    back = statistics.median(t["delay"]["receive"] / MS for t in trips)
    assert abs(there - 5) < 0.2
    assert abs(back - 40) < 0.2


@pytest.mark.parametrize("mbit", [1, 10, 100])
def test_throughput_in_bytes_on_the_wire(world: World, mbit: int) -> None:
    rate = mbit * 1_000_000
    world.lay(Impairment(owd=Delay(5 * MS), rate=Rate(rate), buffer=Size(max(30_000, rate // 8 // 20))))
    with running("there", "iperf3", "-s", "-1", "-f", "k", "-B", world.ip("there"), "--forceflush") as server:
        assert server.stdout is not None
        assert any("listening" in line.lower() for line in server.stdout)
        words = ["iperf3", "-c", world.ip("there"), "-u", "-l", "1400", "-b", f"{1.2 * mbit}M", "-t", "5"]
        subprocess.run(at(LAB, "here-h1", *words), capture_output=True, check=True)
        told = server.stdout.read()
    # the receiver's seconds but for the first, in which the bucket and the queue fill
    seconds = re.findall(r" [1-4]\.00-[2-5]\.00 +sec .* ([\d.]+) Kbits/sec", told)
    assert len(seconds) == 4, told
    wire = statistics.fmean(map(float, seconds)) * 1000 / 1400 * 1442
    assert wire == pytest.approx(rate, rel=0.05)


def test_jitter_is_normal_and_no_packet_overtakes_another(world: World) -> None:
    world.lay(Impairment(owd=Delay(20 * MS), jitter=Delay(5 * MS)), Impairment())
    trips = irtt(world, 60, 30)["round_trips"]
    there = [t["delay"]["send"] / MS for t in trips if t["lost"] == "false"]
    assert len(there) > 1900
    # standard errors with n = 2000: 0.11 and 0.08 ms
    assert statistics.fmean(there) == pytest.approx(20, abs=0.7)
    assert statistics.stdev(there) == pytest.approx(5, abs=0.5)
    close = irtt(world, 3, 1)
    assert close["stats"]["late_packets"] == 0
    arrivals = [
        t["timestamps"]["server"]["receive"]["monotonic"]
        for t in close["round_trips"]
        if t["lost"] == "false"
    ]
    assert arrivals == sorted(arrivals)


def test_loss_is_as_asked_and_in_its_direction(world: World) -> None:
    world.lay(Impairment(loss=Percent(5)), Impairment())
    stats = irtt(world, 20, 2)["stats"]
    # 5 % of at least 9,000 packets: the bounds are five standard deviations
    sent = stats["packets_sent"]
    assert sent > 9_000
    assert abs(sent - stats["server_packets_received"] - 0.05 * sent) < 5 * math.sqrt(sent * 0.05 * 0.95)
    assert stats["server_packets_received"] == stats["packets_received"]


def test_a_step_down_loses_no_packet_in_flight(world: World) -> None:
    world.lay(Impairment(owd=Delay(100 * MS)))
    address = f"{world.ip('there')}:2112"
    with running("there", "irtt", "server", "-b", address, "-i", "0") as server:
        assert server.stdout is not None
        assert any("starting" in line.lower() or "listener" in line.lower() for line in server.stdout)
        words = ("irtt", "client", "-i", "1ms", "-d", "3s", "-o", "-", "-Q", address)
        client = subprocess.Popen(at(LAB, "here-h1", *words), stdout=subprocess.PIPE)
        try:
            # the step comes in the middle: when the server has seen a third of the packets go by
            wait_until_sent(world, 1000)
            made = world.lay(Impairment(owd=Delay(20 * MS)))
            report = json.loads(client.communicate(timeout=120)[0])
        finally:
            client.kill()
            client.wait()
    assert not made.structural
    stats = report["stats"]
    assert stats["packets_received"] == stats["packets_sent"] > 2500
    assert stats["late_packets"] == 0
    found = rtts(report)
    assert max(found) > 195
    assert abs(found[-1] - 40) < 0.5


def wait_until_sent(world: World, packets: int) -> None:
    """Until the kernel has counted so many packets in the class of `here`'s traffic."""
    wanted = counted(world).packets + packets
    for _ in range(600):
        if counted(world).packets >= wanted:
            return
        time.sleep(0.1)  # the guest has one processor, and irtt needs it
    pytest.fail(f"{packets} packets did not pass")


def counted(world: World) -> Counters:
    """What the delay line towards `there` has counted."""
    world.wan.read()
    observed = world.wan.situations["wan1"].observed["there"]
    netem = next(q.handle for q in observed.tree.qdiscs.values() if q.kind == "netem")
    return observed.counters[netem]


def test_a_full_line_drops_at_its_buffer_not_at_netems_default(world: World) -> None:
    """10 Mbit/s with a 50 ms buffer: the queue adds 50 ms to the delay and not more."""
    world.lay(Impairment(owd=Delay(10 * MS), rate=Rate(10_000_000), buffer=Size(62_500)), Impairment())
    with running("there", "iperf3", "-s", "-1", "-B", world.ip("there"), "--forceflush") as server:
        assert server.stdout is not None
        assert any("listening" in line.lower() for line in server.stdout)
        words = ("iperf3", "-c", world.ip("there"), "-u", "-l", "1400", "-b", "15M", "-t", "6")
        with running("here", *words):
            trips = irtt(world, 4, 20)["round_trips"]
    delays = [t["delay"]["send"] / MS for t in trips if t["lost"] == "false"]
    assert statistics.median(delays) == pytest.approx(10 + 50, abs=4)


def test_a_busy_line_of_small_packets_loses_none_for_want_of_a_queue(world: World) -> None:
    """1,400 packets at once on a way of 2 s: more than netem's own limit of 1,000 are in flight."""
    world.lay(Impairment(owd=Delay(2000 * MS), rate=Rate(100_000_000), buffer=Size(1_000_000)), Impairment())
    before = counted(world)
    subprocess.run(
        at(LAB, "here-h1", "ping", "-q", "-c", "1400", "-l", "1400", "-W", "5", world.ip("there")),
        capture_output=True,
        check=True,
    )
    after = counted(world)
    assert after.packets - before.packets >= 1400
    assert after.drops == before.drops


def test_laying_the_same_again_changes_nothing(world: World) -> None:
    asked = Impairment(Delay(7 * MS), Delay(MS), Percent(0.1), Rate(50_000_000), Size(100_000))
    world.lay(asked)
    before = world.wan.situations["wan1"].state
    assert world.lay(asked).empty
    assert world.wan.situations["wan1"].state == before


def test_undoing_all_gives_the_interfaces_back(world: World) -> None:
    world.lay(Impairment(owd=Delay(7 * MS)))
    run(world.wan.apply(world.wan.plan_removal([o.id for o in world.wan.overlays])))
    shown = subprocess.run(
        at(LAB, "wan1", "tc", "qdisc", "show"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "7dc0" not in shown
    assert "netem" not in shown
    assert statistics.median(rtts(irtt(world, 1, 10))) < 0.2
