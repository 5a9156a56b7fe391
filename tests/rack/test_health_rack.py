"""The health of a virtual rack: what is planted in its servers and switches is seen, named, and gone when it is taken away."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from netboot import wait_for
from racklab import LIMITS
from switchlab import SwitchLab

from microdc.bmc import logins
from microdc.bmc.operate import servers_of
from microdc.health.board import Board
from microdc.health.inventory import read_inventory
from microdc.health.model import DeviceHealth, SiteHealth, State
from microdc.health.operate import open_monitor
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
    """The lab's rack, polled ten times as often as usual; and no session of its BMCs left at the end."""
    testbed = lab.lab.testbed
    with open_store(os.environ["MICRODC_STORE"]) as store:
        book = Book(store, this_process("ann", ["microdc"]), testbed.name)
        read = read_inventory(lab.lab.inventory)
        inventory = replace(read, testbed=without_ipmi(testbed, "c2"))
        stop = threading.Event()
        quick = Intervals().scaled(QUICK)
        with open_monitor(inventory, book=book, intervals=quick, limits=LIMITS) as monitor:
            found = Watch(Board(Rules(stale=30.0)), problems=monitor.fleet.problems)

            def feed() -> None:
                for record in monitor.run(stop):
                    with found.lock:
                        found.board.apply([record], time.time())

            thread = threading.Thread(target=feed)
            thread.start()
            wait_for(lambda: bool(found.board.devices()), LONG, "the fleet is told")
            try:
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
