"""Measurements by the real tools between two namespaces joined by a veth, whose qdiscs do what can be done without netem:
a TBF limits the rate; HTB classes lose or hold up the UDP packets of which some bits of the checksum are zero."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from microdc.events import Step
from microdc.host import namespaces
from microdc.host.local import NamespaceHost
from microdc.impairment import CLEAN, Impairment
from microdc.measure.model import Direction, Measurement, Outcome, PairResult, Throughput, Unmeasured, Verdict
from microdc.measure.operate import MeasureOptions, PairRequest, measure_pairs
from microdc.measure.tolerance import Tolerance
from microdc.units import Percent, Rate, Size

pytestmark = [pytest.mark.root, pytest.mark.long, pytest.mark.alone]

# The machine that runs tests may be busy: what is measured here is the measuring, not the delay of a veth.
LOOSE = Tolerance(delay=200_000_000, jitter=200_000_000)
QUICK = MeasureOptions(rtt_seconds=0.5, loss_seconds=0.5, throughput_seconds=1.5, tolerance=LOOSE)
THOROUGH = MeasureOptions(rtt_seconds=0.5, throughput_seconds=1.5, tolerance=LOOSE)
IPV4, IPV6 = ("10.99.0.1", "10.99.0.2"), ("fd99::1", "fd99::2")


@dataclass
class Wire:
    """Two namespaces and the veth between them."""

    a: str = field(default_factory=lambda: f"measure-a-{os.getpid()}")
    b: str = field(default_factory=lambda: f"measure-b-{os.getpid()}")

    def lay(self) -> None:
        namespaces.create(self.a)
        namespaces.create(self.b)
        run(
            "nsenter",
            f"--net=/run/netns/{self.a}",
            "ip",
            "link",
            "add",
            "wire",
            "type",
            "veth",
            "peer",
            "name",
            "wire",
            "netns",
            self.b,
        )
        for name, v4, v6 in zip((self.a, self.b), IPV4, IPV6, strict=True):
            run("nsenter", f"--net=/run/netns/{name}", "ip", "address", "add", f"{v4}/24", "dev", "wire")
            run(
                "nsenter",
                f"--net=/run/netns/{name}",
                "ip",
                "address",
                "add",
                f"{v6}/64",
                "dev",
                "wire",
                "nodad",
            )
            run("nsenter", f"--net=/run/netns/{name}", "ip", "link", "set", "wire", "up")
            # Else checksums are left to a card that is not there, and all look alike.
            run("nsenter", f"--net=/run/netns/{name}", "ethtool", "-K", "wire", "tx", "off")

    def remove(self) -> None:
        namespaces.delete(self.a)
        namespaces.delete(self.b)

    def limit(self, name: str, rate: str) -> None:
        run(
            "nsenter",
            f"--net=/run/netns/{name}",
            "tc",
            "qdisc",
            "add",
            "dev",
            "wire",
            "root",
            "tbf",
            "rate",
            rate,
            "burst",
            "15000",
            "limit",
            "30000",
        )

    def divert(self, name: str, mask: int, *, rate: str = "", payload: int = 0) -> None:
        """Loses UDP packets whose checksum has no bit of the mask, or holds them up at `rate`."""
        tc = ["nsenter", f"--net=/run/netns/{name}", "tc"]
        run(*tc, "qdisc", "add", "dev", "wire", "root", "handle", "1:", "htb", "default", "0x10")
        fast = ["rate", "10gbit", "burst", "1mb", "cburst", "1mb", "quantum", "60000"]
        slow = ["rate", rate, "burst", "200", "cburst", "200", "quantum", "1500"] if rate else fast
        run(*tc, "class", "add", "dev", "wire", "parent", "1:", "classid", "1:10", "htb", *fast)
        run(*tc, "class", "add", "dev", "wire", "parent", "1:", "classid", "1:20", "htb", *slow)
        if not rate:
            run(*tc, "qdisc", "add", "dev", "wire", "parent", "1:20", "handle", "20:", "bfifo", "limit", "1")
        longer = ["match", "u16", hex(payload + 8), "0xffff", "at", "24"] if payload else []
        udp = ["match", "u8", "17", "0xff", "at", "9", "match", "u16", "0", hex(mask), "at", "26", *longer]
        run(
            *tc,
            "filter",
            "add",
            "dev",
            "wire",
            "parent",
            "1:",
            "protocol",
            "ip",
            "u32",
            *udp,
            "flowid",
            "1:20",
        )

    def dropped(self, name: str) -> int:
        qdiscs = json.loads(
            run("nsenter", f"--net=/run/netns/{name}", "tc", "-s", "-j", "qdisc", "show", "dev", "wire")
        )
        return int(next(qdisc["drops"] for qdisc in qdiscs if qdisc["handle"] == "20:"))

    def request(
        self, there: Impairment = CLEAN, back: Impairment = CLEAN, ips: tuple[str, str] = IPV4
    ) -> PairRequest:
        return PairRequest("alpha", "beta", NamespaceHost(self.a), NamespaceHost(self.b), *ips, there, back)


def run(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    try:
        wire.lay()
        yield wire
        assert namespaces.pids(wire.a) == []
        assert namespaces.pids(wire.b) == []
    finally:
        wire.remove()


def results(*requests: PairRequest, options: MeasureOptions = QUICK) -> list[PairResult]:
    return [event for event in measure_pairs(requests, options) if isinstance(event, PairResult)]


def one(request: PairRequest, options: MeasureOptions = QUICK) -> tuple[PairResult, Measurement]:
    (result,) = results(request, options=options)
    assert result.failure is None
    assert result.measurement is not None
    return result, result.measurement


def verdict(result: PairResult, quantity: str, direction: Direction) -> Verdict:
    return next(v for v in result.verdicts if (v.quantity, v.direction) == (quantity, direction))


def not_passed(result: PairResult) -> list[Verdict]:
    return [v for v in result.verdicts if v.outcome is not Outcome.PASS and v.required]


@pytest.mark.parametrize("ips", [IPV4, IPV6], ids=["ipv4", "ipv6"])
def test_a_clean_wire_passes_in_full(wire: Wire, ips: tuple[str, str]) -> None:
    events = list(measure_pairs([wire.request(ips=ips)], THOROUGH))
    assert isinstance(events[0], Step)
    assert events[0].detail.startswith("about ")
    result = next(event for event in events if isinstance(event, PairResult))
    assert result.outcome is Outcome.PASS, not_passed(result)
    assert result.measurement is not None
    assert result.measurement.tool == "irtt"
    assert result.measurement.clock == "both probes have one clock"
    assert verdict(result, "loss", Direction.A_TO_B).outcome is Outcome.PASS


def test_rates_are_measured_as_bytes_on_the_wire(wire: Wire) -> None:
    wire.limit(wire.a, "4mbit")
    wire.limit(wire.b, "2mbit")
    asked = Impairment(rate=Rate(4_000_000), buffer=Size(30_000))
    result, found = one(wire.request(asked, asked))
    there, back = (way.throughput for way in found.directions.values())
    assert isinstance(there, Throughput)
    assert isinstance(back, Throughput)
    assert there.rate == pytest.approx(4_000_000, rel=0.05)
    assert back.rate == pytest.approx(2_000_000, rel=0.05)
    assert verdict(result, "throughput", Direction.A_TO_B).outcome is Outcome.PASS
    slow = verdict(result, "throughput", Direction.B_TO_A)
    assert (slow.outcome, slow.why) == (Outcome.FAIL, "less came through than the rate asked")


def test_a_rate_that_is_not_kept_fails(wire: Wire) -> None:
    asked = Impairment(rate=Rate(1_000_000), buffer=Size(30_000))
    result, _ = one(wire.request(asked, ips=IPV6))
    open_wire = verdict(result, "throughput", Direction.A_TO_B)
    assert (open_wire.outcome, open_wire.why) == (Outcome.FAIL, "more came through than the rate asked")


def test_loss_is_counted_per_direction_as_the_kernel_counts_it(wire: Wire) -> None:
    wire.divert(wire.a, 0x000F, payload=80)  # the timing packets, so that sessions open
    request = wire.request(Impairment(loss=Percent(6.25)))
    result, found = one(request, THOROUGH)
    there, back = (way.loss for way in found.directions.values())
    assert not isinstance(there, Unmeasured)
    assert not isinstance(back, Unmeasured)
    assert (
        there.lost - there.probe_drops <= wire.dropped(wire.a) <= there.lost + 20
    )  # what follows the last reply
    assert back.lost == back.probe_drops
    assert verdict(result, "loss", Direction.A_TO_B).outcome is Outcome.PASS, result.verdicts


def test_loss_that_nobody_asked_for_fails_in_its_direction(wire: Wire) -> None:
    wire.divert(wire.b, 0x0007, payload=80)
    result, _ = one(wire.request())
    assert verdict(result, "loss", Direction.B_TO_A).outcome is Outcome.FAIL
    assert verdict(result, "loss", Direction.A_TO_B).outcome is not Outcome.FAIL


def test_reordering_fails_in_its_direction(wire: Wire) -> None:
    wire.divert(wire.b, 0x0007, rate="15kbit", payload=80)
    result, _ = one(wire.request())
    assert verdict(result, "reordering", Direction.B_TO_A).outcome is Outcome.FAIL
    assert verdict(result, "reordering", Direction.A_TO_B).outcome is Outcome.PASS


def test_a_direction_that_is_dead_passes_where_it_is_asked_to_be(wire: Wire) -> None:
    wire.divert(wire.b, 0x0000)
    dead = Impairment(loss=Percent(100.0), rate=Rate(10_000_000))
    cut, both_cut, broken = results(
        wire.request(CLEAN, dead), wire.request(dead, dead), wire.request(Impairment(rate=Rate(1_000_000)))
    )
    assert cut.outcome is Outcome.PASS, cut
    assert verdict(both_cut, "loss", Direction.A_TO_B).outcome is Outcome.FAIL
    assert verdict(both_cut, "loss", Direction.B_TO_A).outcome is Outcome.PASS
    assert broken.outcome is Outcome.FAIL
    assert broken.failure is None
    assert verdict(broken, "rtt", Direction.ROUND_TRIP).why.startswith("no packet came through")
    assert verdict(broken, "loss", Direction.A_TO_B).outcome is Outcome.UNMEASURED
    assert verdict(broken, "loss", Direction.B_TO_A).outcome is Outcome.FAIL


def test_one_dead_probe_does_not_hide_the_rest(wire: Wire) -> None:
    good = wire.request()
    gone = NamespaceHost(wire.b)
    gone._prefix = ("nsenter", "--net=/run/netns/measure-nowhere", "--")
    dead = PairRequest("alpha", "gone", NamespaceHost(wire.a), gone, *IPV4, CLEAN, CLEAN)
    lost, found = results(dead, good)
    assert lost.failure is not None
    assert lost.outcome is Outcome.UNMEASURED
    assert lost.measurement is None
    assert found.measurement is not None
    assert not [v for v in found.verdicts if v.outcome is Outcome.FAIL]


def test_an_address_that_is_not_the_probes_is_no_broken_path(wire: Wire) -> None:
    (result,) = results(wire.request(ips=(IPV4[0], "10.99.0.77")))
    assert result.failure is not None
    assert "cannot assign requested address" in result.failure.what
    assert "10.99.0.77" in result.failure.hint


def test_no_route_at_the_probe_is_no_broken_path(wire: Wire) -> None:
    run("nsenter", f"--net=/run/netns/{wire.b}", "ip", "address", "add", "10.98.0.2/24", "dev", "wire")
    (result,) = results(wire.request(ips=(IPV4[0], "10.98.0.2")))
    assert result.failure is not None
    assert "network is unreachable" in result.failure.what
    assert "route" in result.failure.hint


NEEDED = ("sh", "cat", "timeout", "nsenter", "setpriv", "irtt", "fping", "iperf3")


@pytest.fixture
def without(tmp_path: Path) -> Iterator[Callable[..., None]]:
    with pytest.MonkeyPatch.context() as patch:

        def hide(*tools: str) -> None:
            for tool in {*NEEDED} - {*tools}:
                (tmp_path / tool).symlink_to(str(shutil.which(tool)))
            patch.setenv("PATH", str(tmp_path))

        yield hide


def test_fping_steps_in_for_irtt(wire: Wire, without: Callable[..., None]) -> None:
    request = wire.request()
    without("irtt")
    result, found = one(request)
    assert found.tool == "fping"
    assert verdict(result, "rtt", Direction.ROUND_TRIP).outcome is Outcome.PASS
    assert "install the package irtt" in verdict(result, "loss", Direction.A_TO_B).why
    assert verdict(result, "loss", Direction.ROUND_TRIP).outcome is not Outcome.FAIL


def test_fping_sees_a_broken_path(wire: Wire, without: Callable[..., None]) -> None:
    request = wire.request(ips=(IPV4[0], "10.99.0.77"))
    without("irtt")
    result, _ = one(request)
    assert verdict(result, "rtt", Direction.ROUND_TRIP).outcome is Outcome.FAIL


def test_no_tool_at_all_says_what_to_install(wire: Wire, without: Callable[..., None]) -> None:
    request = wire.request()
    without("irtt", "fping")
    (result,) = results(request)
    assert result.failure is not None
    assert "install the packages irtt and fping" in result.failure.hint


def test_without_iperf3_the_rate_stays_open_and_the_rest_does_not(
    wire: Wire, without: Callable[..., None]
) -> None:
    request = wire.request(Impairment(rate=Rate(1_000_000), buffer=Size(30_000)))
    without("iperf3")
    result, _ = one(request)
    rate = verdict(result, "throughput", Direction.A_TO_B)
    assert (rate.outcome, rate.required) == (Outcome.UNMEASURED, True)
    assert "install the package iperf3" in rate.why
    assert verdict(result, "rtt", Direction.ROUND_TRIP).outcome is Outcome.PASS


def running(name: str, program: str) -> list[int]:
    found = []
    for pid in namespaces.pids(name):
        try:
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if argv[0] == program.encode():
            found.append(pid)
    return found


def kill_all(name: str, program: str) -> None:
    for pid in running(name, program):
        os.kill(pid, signal.SIGKILL)


def when_it_runs(name: str, program: str, act: Callable[[], None]) -> threading.Thread:
    """Acts on the first process of this program in the namespace, as soon as there is one."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            if running(name, program):
                act()
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_a_server_that_goes_away_is_no_verdict_on_the_path(wire: Wire) -> None:
    watcher = when_it_runs(wire.a, "irtt", lambda: kill_all(wire.b, "irtt"))
    (result,) = results(wire.request())
    watcher.join(10)
    assert not watcher.is_alive()
    assert result.failure is not None
    assert result.outcome is Outcome.UNMEASURED


def test_a_stream_whose_server_goes_away_is_no_failure(wire: Wire) -> None:
    wire.limit(wire.a, "4mbit")
    watcher = when_it_runs(wire.a, "iperf3", lambda: kill_all(wire.b, "iperf3"))
    result, found = one(wire.request(Impairment(rate=Rate(4_000_000), buffer=Size(30_000))))
    watcher.join(10)
    assert not watcher.is_alive()
    assert verdict(result, "rtt", Direction.ROUND_TRIP).outcome is Outcome.PASS
    # The second attempt, which nobody disturbs, may have a result.
    assert isinstance(found.directions.a_to_b.throughput, Throughput | Unmeasured)
    assert verdict(result, "throughput", Direction.A_TO_B).outcome is not Outcome.FAIL


def test_an_interrupt_ends_every_program(wire: Wire) -> None:
    events = measure_pairs([wire.request()], MeasureOptions(rtt_seconds=60))
    started = threading.Event()
    watcher = when_it_runs(wire.a, "irtt", started.set)
    assert next(step for step in events if isinstance(step, Step) and step.what == "round trips")
    watcher.join(20)
    assert started.is_set()
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt())  # type: ignore[attr-defined]
    assert namespaces.pids(wire.a) == []
    assert namespaces.pids(wire.b) == []
