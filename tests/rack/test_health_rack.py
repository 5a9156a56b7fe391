"""The health of a virtual rack: what is planted in its servers and switches is seen, named, and gone when it is taken away."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from netboot import wait_for
from racklab import LIMITS
from switchlab import SwitchLab

from microdc.bmc import logins
from microdc.bmc.operate import servers_of
from microdc.health.board import Board
from microdc.health.inventory import read_inventory
from microdc.health.model import DeviceHealth, SiteHealth, State
from microdc.health.operate import Monitor, open_monitor
from microdc.health.sources import kept
from microdc.health.sources.intervals import Intervals
from microdc.health.tracking import Rules
from microdc.store.operate import open_store
from microdc.store.pages import Book
from microdc.store.process import this_process
from microdc.testbed.model import Testbed

pytestmark = [pytest.mark.root, pytest.mark.lab]
LONG = 60.0
"""Seconds after which something that is planted was not seen."""
QUICK = 0.1
"""Of the usual intervals."""


@dataclass
class Watch:
    """A board that is fed by a thread. `sees` waits for a state."""

    board: Board
    lock: threading.Lock = field(default_factory=threading.Lock)
    problems: tuple[str, ...] = ()

    def device(self, key: str) -> DeviceHealth:
        with self.lock:
            self.board.tick(time.time())
            return self.board.device(key)

    def site(self) -> SiteHealth:
        with self.lock:
            self.board.tick(time.time())
            (site,) = self.board.sites(time.time())
        return site

    def sees(self, key: str, state: State, words: str = "") -> DeviceHealth:
        """Until a device is in a state, and one of its reasons says so."""

        def holds() -> bool:
            one = self.device(key)
            told = [f"{reason.where} {reason.what}" for reason in one.reasons]
            return one.state is state and (not words or any(words in text for text in told))

        wait_for(holds, LONG, f"{key} is {state}: {words}", lambda: str(self.device(key)))
        return self.device(key)


def without_ipmi(testbed: Testbed, name: str) -> Testbed:
    """The lab with one server that is reached by Redfish alone."""
    site = testbed.sites["hall"]
    rack = site.racks["r1"]
    server = rack.servers[name]
    assert server.bmc is not None
    alone = replace(server, bmc=replace(server.bmc, ipmi=""))
    racks = {"r1": replace(rack, servers={**rack.servers, name: alone})}
    return replace(testbed, sites={"hall": replace(site, racks=racks)})


@contextmanager
def watching(lab: SwitchLab) -> Iterator[Watch]:
    """The lab's rack, polled ten times as often as usual."""
    testbed = lab.lab.testbed
    with TemporaryDirectory() as place, open_store(f"{place}/store.db") as store:
        book = Book(store, this_process("ann", ["microdc"]), testbed.name)
        read = read_inventory(lab.lab.inventory)
        inventory = replace(read, testbed=without_ipmi(testbed, "c2"))
        quick = Intervals().scaled(QUICK)
        with fed(open_monitor(inventory, book=book, intervals=quick, limits=LIMITS)) as found:
            yield found


@contextmanager
def fed(monitor: Monitor, rules: Rules | None = None) -> Iterator[Watch]:
    """What a monitor tells in the block."""
    stop = threading.Event()
    found = Watch(Board(rules or Rules(stale=30.0)), problems=monitor.fleet.problems)

    def feed() -> None:
        for record in monitor.run(stop):
            with found.lock:
                found.board.apply([record], time.time())

    thread = threading.Thread(target=feed)
    with monitor:
        thread.start()
        try:
            wait_for(lambda: bool(found.board.devices()), LONG, "the fleet is told")
            yield found
        finally:
            stop.set()
            thread.join(LONG)
    assert not thread.is_alive()


def test_a_rack_at_rest_is_well(lab: SwitchLab) -> None:
    with watching(lab) as watch:
        assert not watch.problems
        for key in ("server/c1", "server/c2", "switch/sw1", "switch/sw2"):
            watch.sees(key, State.OK)
        assert watch.device("server/c1").facts["power"] == "off"
        asleep = watch.sees("switch/sw1", State.OK, "c1:eno1".partition(":")[0] + " at its far end is off")
        assert {port["far"] for port in asleep.facts["ports"]} >= {"c1:eno1", "c2:eno1", "sw2:Ethernet1/49"}
        wait_for(lambda: "in_bits" in watch.device("switch/sw1").figures, LONG, "rates are told")
        assert watch.site().state is State.OK


def test_faults_are_seen_named_and_gone(lab: SwitchLab) -> None:
    with watching(lab) as watch:
        watch.sees("server/c1", State.OK)
        lab.lab.plant("c1", hot_inlet=60)
        hot = watch.sees("server/c1", State.DEGRADED, "60 °C, critical: above")
        assert hot.figures["inlet_celsius"] == 60.0
        assert watch.site().state is State.DEGRADED
        lab.lab.plant("c1", hot_inlet=None)
        watch.sees("server/c1", State.OK)

        lab.lab.plant("c2", dead=True)
        lab.plant("sw2", agent_hangs=True)
        dead = watch.sees("server/c2", State.DOWN)
        assert dead.trouble is not None
        assert dead.facts["power"] == "off"  # the last that was told
        hung = watch.sees("switch/sw2", State.DOWN)
        assert hung.trouble is not None
        assert hung.trouble.kind == "late"
        assert watch.device("server/c1").state is State.OK  # neither holds up the others
        assert watch.device("switch/sw1").state is State.OK
        reasons = {one.device for one in watch.site().reasons}
        assert reasons == {"server/c2", "switch/sw2"}
        lab.lab.plant("c2", dead=None)
        lab.clear("sw2")
        watch.sees("server/c2", State.OK)
        watch.sees("switch/sw2", State.OK)
    wait_for(lambda: sessions(lab) == 0, LONG, "all is logged out of")


def test_a_server_with_another_way_is_not_down(lab: SwitchLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "AGAIN", 2.0)
    with watching(lab) as watch:
        watch.sees("server/c1", State.OK)
        lab.lab.plant("c1", dead=True)
        other = watch.sees("server/c1", State.DEGRADED, "read by ipmi, since Redfish failed")
        assert other.facts["driver"] == "ipmi"
        assert other.facts["power"] == "off"
        lab.lab.plant("c1", dead=None)
        assert watch.sees("server/c1", State.OK).facts["driver"] == "redfish"


def test_one_login_lasts_for_all_polls(lab: SwitchLab) -> None:
    with lab.lab.asked("c1") as asked, watching(lab) as watch:
        first = watch.sees("server/c1", State.OK).at
        wait_for(
            lambda: (watch.device("server/c1").at or 0.0) > (first or 0.0) + 3.0, LONG, "it is polled on"
        )
    assert asked.logins == 1
    assert asked.writes == 0
    wait_for(lambda: sessions(lab) == 0, LONG, "it is logged out of")


def sessions(lab: SwitchLab) -> int:
    """Sessions that are open at the BMCs, as one of them sees it who logs in for it."""
    from microdc.bmc.redfish.client import Client

    found = 0
    for target in servers_of(lab.lab.testbed, lab.servers).targets:
        logins.forget(target)
        with Client(target) as client:
            found += int(client.get("/redfish/v1/SessionService/Sessions")["Members@odata.count"]) - 1
    return found


# -- the WAN


@dataclass(frozen=True)
class Wires:
    """A namespace that stands for an emulator, and one for each of two sites, with nothing laid between them."""

    name: str
    inventory: Path

    def agents(self) -> list[int]:
        """Processes in the emulator's namespace."""
        found = subprocess.run(
            ["ip", "netns", "pids", self.name], capture_output=True, text=True, check=False
        )
        return [int(one) for one in found.stdout.split()]

    def kill_agents(self) -> None:
        for pid in self.agents():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def remove(self) -> None:
        self.kill_agents()
        subprocess.run(["ip", "netns", "del", self.name], check=True)


@pytest.fixture
def wires(tmp_path: Path) -> Iterator[Wires]:
    name = f"t{os.getpid()}hw"
    (tmp_path / "sites").mkdir()
    testbed = (
        f"testbed: wires\nemulators: {{wan1: {{host: 'netns:{name}'}}}}\nwan: {{default: {{profile: lan}}}}\n"
    )
    (tmp_path / "testbed.yaml").write_text(testbed, "utf-8")
    made = Wires(name, tmp_path)
    try:
        subprocess.run(["ip", "netns", "add", name], check=True)
        for number, site in enumerate("ab", 1):
            far, near = f"{name}{site}", f"if{number}"
            lines = (
                f"netns add {far}",
                f"-n {name} link add {near} type veth peer name eth0 netns {far}",
                f"-n {name} addr add 10.{number}.0.1/16 dev {near}",
                f"-n {name} link set {near} up",
                f"-n {far} addr add 10.{number}.0.2/16 dev eth0",
                f"-n {far} link set eth0 up",
                f"-n {far} route add default via 10.{number}.0.1",
            )
            for line in lines:
                subprocess.run(["ip", *line.split()], check=True)
            document = (
                f"site: {site}\nuplink: {{emulator: wan1, interface: {near}}}\nprobe: netns:{far}\n"
                f"probe_ip: 10.{number}.0.2\nnetworks: {{data: [10.{number}.0.0/16]}}\n"
            )
            (tmp_path / f"sites/{site}.yaml").write_text(document, "utf-8")
        forward = ["ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1"]
        subprocess.run(forward, check=True)
        yield made
    finally:
        made.kill_agents()
        for one in (name, f"{name}a", f"{name}b"):
            subprocess.run(["ip", "netns", "del", one], capture_output=True, check=False)
        agents = Path("/run/microdc/agents")
        shutil.rmtree(agents / name, ignore_errors=True)
        with suppress(OSError):  # others are there
            agents.rmdir()


def test_a_shaper_and_its_pair_are_followed_through_the_death_of_its_agent_and_its_own(wires: Wires) -> None:
    quick = Intervals().scaled(0.2)
    monitor = open_monitor(read_inventory(wires.inventory), intervals=quick)
    with fed(monitor, Rules(stale=2.0)) as watch:
        shaper = watch.sees("shaper/wan1", State.OK, "nothing is laid on it")
        assert (shaper.figures["agent_up"], shaper.facts["ports"]) == (1.0, ["if1", "if2"])
        watch.sees("pair/a:b", State.OK)
        wait_for(lambda: "rtt_measured" in watch.device("pair/a:b").figures, LONG, "a round trip is measured")
        assert 0 < watch.device("pair/a:b").figures["rtt_measured"] < 1.0

        before = time.time()
        wires.kill_agents()
        wait_for(
            lambda: (watch.device("shaper/wan1").at or 0.0) > before + 2.0, LONG, "another agent is started"
        )
        watch.sees("shaper/wan1", State.OK)

        wires.remove()
        assert watch.sees("shaper/wan1", State.DOWN).trouble is not None
        watch.sees("pair/a:b", State.UNKNOWN)
        assert [site.state for site in watch.board.sites(time.time())] == [State.UNKNOWN, State.UNKNOWN]
