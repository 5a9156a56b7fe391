"""Sources of which a part refuses, fails or hangs: what else they tell is told."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import cabling_lab
import ipmi_simulator
import pytest
from cabling_racks import told
from ipmi_simulator import Simulator
from scripted_bmc import Scripted

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause, UnsupportedError
from microdc.bmc.model import Limits, Power, Reading, Sensors, Target
from microdc.bmc.targets import Outlet
from microdc.errors import UnreachableError
from microdc.health.model import Device, Fleet, Kind, Observation, Place, Sample
from microdc.health.operate import Monitor
from microdc.health.sources import kept
from microdc.health.sources.intervals import Pace
from microdc.health.sources.kept import KeptBmc
from microdc.health.sources.servers import Powers, ServerProbe
from microdc.health.sources.switches import SwitchProbe
from microdc.health.sources.windows import Calendar
from microdc.snmp.errors import Cause as OfSnmp
from microdc.snmp.errors import SnmpError
from microdc.store.model import Lease
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process
from microdc.switch.model import SwitchState
from microdc.switch.snmp.views import View
from microdc.testbed.load import load

QUICK = Limits(connect=2.0, answer=2.0, attempts=1, pause=0.1, busy=0.5)
PACE = Pace(1.0, 10.0)


# -- boot overrides


class Headstrong(Scripted):
    """A BMC whose sensors work, and whose boot override is what `refusal` says; None: it tells it."""

    refusal: Exception | None = None

    def sensors(self) -> Sensors:
        return Sensors((Reading("Inlet", "temperature", 24.0, "Cel"),), Power.ON)

    def boot(self) -> object:  # type: ignore[override]
        if self.refusal is not None:
            raise self.refusal
        return super().boot()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Headstrong]:
    """The BMC, once for each login."""
    logins: list[Headstrong] = []

    @contextlib.contextmanager
    def open_(target: Target, limits: Limits, outlets: Sequence[Outlet]) -> Iterator[Headstrong]:
        del target, limits, outlets
        logins.append(Headstrong([]))
        yield logins[-1]

    monkeypatch.setattr(kept, "open_bmc", open_)
    return logins


def probe(target: Target) -> ServerProbe:
    return ServerProbe(KeptBmc(target, QUICK), PACE, Powers())


def read(polled: ServerProbe | SwitchProbe) -> Observation:
    (found,) = polled.read()
    return found


@pytest.mark.parametrize(
    "refusal",
    [
        BmcRefusedError("Get System Boot Options: a value is invalid", status=0xCC),
        BmcRefusedError("HTTP 403", status=403),
        BmcError(Cause.TIMEOUT, "no answer in time"),
        BmcError(Cause.BROKEN_ANSWER, "half an answer"),
    ],
)
def test_a_boot_override_that_cannot_be_read_keeps_back_nothing_else(
    opened: list[Headstrong], monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    polled = probe(Target("c1", redfish="https://10.0.0.1"))
    monkeypatch.setattr(Headstrong, "refusal", refusal)
    for _ in range(9):
        found = read(polled)
        assert found.figures["inlet_celsius"] == 24.0
        assert [(one.severity, one.what) for one in found.reasons] == [
            ("info", f"its boot override cannot be read: {refusal}")
        ]
        assert "boot" not in found.facts
    assert len(opened) == 1
    monkeypatch.setattr(Headstrong, "refusal", None)
    found = [read(polled) for _ in range(6)][-1]
    assert found.facts["boot"]["target"] == "none"
    assert not found.reasons


def test_a_bmc_without_a_boot_override_is_no_worse_for_it(
    opened: list[Headstrong], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Headstrong, "refusal", UnsupportedError("the system has no boot override"))
    found = read(probe(Target("c1", redfish="https://10.0.0.1")))
    assert not found.reasons
    assert "boot" not in found.facts
    assert len(opened) == 1


@pytest.mark.skipif(ipmi_simulator.MISSING, reason="ipmi_sim or ipmitool is not installed")
def test_a_bmc_that_refuses_its_boot_options_over_ipmi_tells_its_sensors(tmp_path: Path) -> None:
    with Simulator(tmp_path / "bmc") as simulator:
        polled = probe(simulator.target())
        try:
            (simulator.directory / "boot").unlink()  # its chassis cannot say it, and the BMC refuses
            found = [read(polled) for _ in range(7)][-1]
            assert found.figures["power_state"] == 0.0
            assert found.figures["hottest_celsius"] == 24.0
            *others, boot = found.reasons
            assert boot.severity == "info"
            assert boot.what.startswith("its boot override cannot be read: Get System Boot Options")
            assert "boot" not in found.facts
            simulator.write("boot", "none")
            found = [read(polled) for _ in range(6)][-1]
            assert found.facts["boot"]["target"] == "none"
            assert list(found.reasons) == others
        finally:
            polled.close()
        assert simulator.sessions() == 0


def test_a_bmc_at_which_we_fail_again_and_again_is_opened_anew(opened: list[Headstrong]) -> None:
    bmc = KeptBmc(Target("c1", redfish="https://10.0.0.1"), QUICK)

    def fail(_: object) -> None:
        raise ConnectionResetError("gone")

    for _ in range(4):
        with pytest.raises(ConnectionResetError):
            bmc.use(fail)
    assert len(opened) == 2
    bmc.close()


# -- switches


def test_a_switch_that_dies_of_its_long_tables_is_asked_without_them_next(tmp_path: Path) -> None:
    testbed = load(cabling_lab.inventory(tmp_path))
    right = told(cabling_lab.plugged())["sw1"]

    def tell(views: frozenset[View]) -> SwitchState:
        if "sensors" in views:
            raise SnmpError(OfSnmp.TIMEOUT, "it stopped to answer")
        return right

    polled = SwitchProbe(testbed, testbed.sites["a"].racks["r1"].switches["sw1"], PACE, Powers(), tell)
    came = []
    for _ in range(12):
        try:
            came.append(read(polled).figures["ports_up"] > 0)
        except SnmpError:
            came.append(False)
    assert came == [False, *[True] * 5] * 2


# -- maintenance


SERVER = Device(Kind.SERVER, "c1", "a")
FLEET = Fleet((Place("a"),), (SERVER,))


class Broken:
    """A store of which each look does what `act` does."""

    def __init__(self, act: Callable[[], list[Lease]]) -> None:
        self.act = act
        self.looks = 0
        self.leases = self.nodes = self

    def list(self, testbed: str) -> list[Lease]:
        del testbed
        self.looks += 1
        return self.act()

    def get(self, testbed: str) -> dict[str, object]:
        del testbed
        return {}


def calendar(store: Broken) -> Calendar:
    return Calendar(cast("Store", store), "t")


def lease(left: float) -> Lease:
    """A lease of maintenance that has so many seconds left."""
    now = datetime.now(UTC)
    ends = now + timedelta(seconds=left)
    return Lease(1, "t", "site:a", "ann", "maintenance", "new fans", now, ends, now, "k")


def stamped(found: Calendar, at: datetime) -> str:
    return found.stamped(Sample(SERVER.key, at.timestamp()), SERVER).maintenance


def test_a_maintenance_ends_when_it_was_to_end_though_nobody_can_ask_the_store() -> None:
    store = Broken(lambda: [lease(3600)])
    found = calendar(store)
    found.look()

    def gone() -> list[Lease]:
        raise UnreachableError("the store is gone")

    store.act = gone
    with pytest.raises(UnreachableError):
        found.look()
    now = datetime.now(UTC)
    assert stamped(found, now).startswith("new fans (ann, until ")
    assert stamped(found, now + timedelta(hours=5)) == ""


def test_of_two_that_cover_a_device_the_later_end_counts() -> None:
    wide, narrow = lease(60), lease(7200)
    rack = Lease(
        2, "t", "rack:a/r1", "bob", "maintenance", "new PDU", narrow.begins, narrow.ends, narrow.taken, "l"
    )
    found = calendar(Broken(lambda: [wide, rack]))
    found.look()
    mounted = Device(Kind.SERVER, "c1", "a", "r1")
    for hours, why in ((0, "new fans"), (1, "new PDU"), (3, "")):
        at = (datetime.now(UTC) + timedelta(hours=hours)).timestamp()
        told_ = found.stamped(Sample(mounted.key, at), mounted).maintenance
        assert told_.partition(" (")[0] == why


@pytest.mark.parametrize("problem", [UnreachableError("gone"), OSError("disk"), KeyError("ends")])
def test_whatever_a_look_raises_it_is_looked_again(problem: Exception) -> None:
    def fail() -> list[Lease]:
        if store.looks < 3:
            raise problem
        return [lease(3600)]

    store, stop = Broken(fail), threading.Event()
    found = calendar(store)
    found.start(0.01, stop)
    try:
        for _ in range(1000):
            if stamped(found, datetime.now(UTC)):
                break
            stop.wait(0.02)
        assert stamped(found, datetime.now(UTC))
    finally:
        stop.set()


class Quick:
    """A probe that has an answer at once."""

    kind = Kind.SERVER
    devices = (SERVER.key,)
    interval, timeout = 0.05, 20.0

    def read(self) -> list[Observation]:
        return [Observation(SERVER.key)]


@pytest.mark.parametrize("once", [True, False])
def test_a_store_that_hangs_holds_up_nobody(monkeypatch: pytest.MonkeyPatch, *, once: bool) -> None:
    monkeypatch.setattr("microdc.health.operate._PATIENCE", 0.01)
    leave, stop = threading.Event(), threading.Event()

    def hang() -> list[Lease]:
        leave.wait(60)
        return [lease(3600)]

    store = Broken(hang)
    monitor = Monitor(FLEET, [Quick()], calendar(store))
    records = iter(monitor.once(stop) if once else monitor.run(stop))
    try:
        assert next(records) == FLEET
        first = next(records)
        assert isinstance(first, Sample)
        assert (first.device, first.maintenance) == (SERVER.key, "")
        assert store.looks == 1  # and is at work still
        leave.set()
        if not once:
            later = next(one for one in records if isinstance(one, Sample) and one.maintenance)
            assert later.maintenance.startswith("new fans")
    finally:
        leave.set()
        stop.set()
        for _ in records:
            pass


@pytest.mark.parametrize("once", [True, False])
def test_what_is_polled_first_knows_of_the_maintenance(tmp_path: Path, *, once: bool) -> None:
    with open_store(str(tmp_path / "store.db")) as store:
        ann = this_process("ann", ["microdc"])
        store.leases.take(ann, "t", ["site:a"], 3600, kind="maintenance", reason="new fans")
        stop = threading.Event()
        monitor = Monitor(FLEET, [Quick()], Calendar(store, "t"))
        records = iter(monitor.once(stop) if once else monitor.run(stop))
        next(records)
        first = next(records)
        assert isinstance(first, Sample)
        assert first.maintenance.startswith("new fans")
        stop.set()
        for _ in records:
            pass
