"""Servers polled through BMCs that run, and what their sensors are taken for."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from scripted_bmc import Scripted

from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Limits, Power, Reading, Sensors, Target, Thresholds
from microdc.bmc.targets import Outlet
from microdc.health.model import Observation, Reason
from microdc.health.sources import judging_servers as judging
from microdc.health.sources import kept
from microdc.health.sources.intervals import Intervals, Pace
from microdc.health.sources.servers import Powers, ServerProbe, server_probes
from microdc.testbed.load import load

if TYPE_CHECKING:
    from bmcracks import Racks

pytest_plugins = ["bmcracks"]
QUICK = Limits(connect=2.0, answer=2.0, attempts=1, pause=0.1, busy=0.5)
PACE = Pace(1.0, 10.0)


@pytest.fixture
def powers() -> Powers:
    return Powers()


@pytest.fixture
def probes(racks: Racks, powers: Powers) -> Iterator[dict[str, ServerProbe]]:
    found, left = server_probes(load(racks.directory), PACE, powers, QUICK)
    assert [one.device for one in left] == ["server/a4"]
    yield {one.devices[0]: one for one in found}
    for one in found:
        one.close()
    assert racks.sessions() == 0


def read(probe: ServerProbe) -> Observation:
    (found,) = probe.read()
    assert found.device == probe.devices[0]
    return found


def sessions(racks: Racks, server: str) -> list[Any]:
    found: list[Any] = racks.rigs[server].client.get("/redfish/v1/SessionService/Sessions").json["Members"]
    return found


def test_a_server_is_polled_with_one_login(
    racks: Racks, probes: dict[str, ServerProbe], powers: Powers
) -> None:
    racks.rigs["a1"].client.reset("On")
    first = read(probes["server/a1"])
    assert first.figures["power_state"] == 1.0
    assert first.facts["power"] == "on"
    assert first.facts["driver"] == "redfish"
    assert first.facts["health"] == "ok"
    inlet = next(one for one in first.facts["sensors"] if one["kind"] == "temperature")
    assert {"name", "kind", "value", "unit", "health", "limits"} == set(inlet)
    assert first.figures["inlet_celsius"] == 24.0
    assert first.figures["fan_rpm_least"] > 0
    assert first.facts["boot"]["target"] == "none"
    held = sessions(racks, "a1")
    for _ in range(3):
        read(probes["server/a1"])
    assert sessions(racks, "a1") == held
    assert len(held) == 1
    assert "a1" not in powers.asleep()


def test_a_server_that_is_off_is_no_worse_for_it(probes: dict[str, ServerProbe], powers: Powers) -> None:
    assert powers.asleep()["a2"] == "is not known to be on"
    found = read(probes["server/a2"])
    assert found.figures["power_state"] == 0.0
    assert Reason("info", "it is off") in found.reasons
    assert not [one for one in found.reasons if one.severity != "info"]
    assert "fans_failed" not in found.figures
    assert powers.asleep()["a2"] == "is off"


def test_a_hot_inlet_is_told_with_its_threshold(racks: Racks, probes: dict[str, ServerProbe]) -> None:
    racks.rigs["a1"].client.reset("On")
    (racks.rigs["a1"].directory / "inlet").write_text("60000\n")
    found = read(probes["server/a1"])
    assert found.figures["inlet_celsius"] == 60.0
    assert found.figures["sensors_critical"] >= 1
    (reason,) = [one for one in found.reasons if one.severity == "degraded"]
    assert "nlet" in reason.where
    assert reason.what.startswith("60 °C, critical: above ")


def test_a_bmc_that_answers_nonsense_is_a_trouble_and_no_reason_to_log_in_again(
    racks: Racks, probes: dict[str, ServerProbe]
) -> None:
    probe = probes["server/a1"]
    read(probe)
    held = sessions(racks, "a1")
    racks.rigs["a1"].plant(html=True)
    with pytest.raises(BmcError):
        read(probe)
    racks.rigs["a1"].plant()
    assert read(probe).facts["driver"] == "redfish"
    assert sessions(racks, "a1") == held


def test_a_bmc_that_fails_again_and_again_costs_no_further_session(
    racks: Racks, probes: dict[str, ServerProbe]
) -> None:
    probe = probes["server/a1"]
    read(probe)
    held = sessions(racks, "a1")
    racks.rigs["a1"].plant(busy=1)
    for _ in range(4):
        with pytest.raises(BmcError):
            read(probe)
    racks.rigs["a1"].plant()
    assert read(probe).facts["driver"] == "redfish"
    assert sessions(racks, "a1") == held


def test_a_session_that_the_bmc_ended_is_opened_anew(racks: Racks, probes: dict[str, ServerProbe]) -> None:
    probe = probes["server/a1"]
    read(probe)
    for one in sessions(racks, "a1"):
        racks.rigs["a1"].client.delete(one["@odata.id"])
    assert read(probe).facts["driver"] == "redfish"
    assert len(sessions(racks, "a1")) == 1


def test_a_bmc_whose_sensors_tell_nothing(racks: Racks, probes: dict[str, ServerProbe]) -> None:
    racks.rigs["a1"].client.reset("On")
    racks.rigs["a1"].plant(null_readings=True)
    assert Reason("degraded", "none of its sensors tells a value") in read(probes["server/a1"]).reasons


def test_a_bmc_that_nobody_answers_for(probes: dict[str, ServerProbe]) -> None:
    for _ in range(2):
        with pytest.raises(BmcError):
            read(probes["server/a3"])


def test_after_its_end_nothing_is_asked(racks: Racks, probes: dict[str, ServerProbe]) -> None:
    probe = probes["server/a1"]
    read(probe)
    probe.close()
    with pytest.raises(BmcError, match="nobody polls"):
        read(probe)
    assert not sessions(racks, "a1")


def test_closing_waits_for_no_poll_that_hangs(
    racks: Racks, probes: dict[str, ServerProbe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LEAST_WAIT", 0.05)
    probe = probes["server/a1"]
    began, leave = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        began.set()
        leave.wait(20)

    thread = threading.Thread(target=lambda: probe._bmc.use(hang))
    thread.start()
    assert began.wait(20)
    probe.close()  # returns while the poll is at work
    assert thread.is_alive()
    leave.set()
    thread.join(20)
    assert not sessions(racks, "a1")  # the poll logs out itself, since nobody else will


# -- by which way


class Reached:
    """A server with a way that works and one that may not: what is asked, and which ways are open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken: Cause | None = None
        self.open: list[str] = []
        self.now = 0.0
        monkeypatch.setattr(kept, "open_bmc", self._opened)
        target = Target("c1", redfish="https://10.0.0.1", ipmi="10.0.0.1")
        self.bmc = kept.KeptBmc(target, QUICK, clock=lambda: self.now)

    @contextlib.contextmanager
    def _opened(self, target: Target, limits: Limits, outlets: Sequence[Outlet]) -> Iterator[Scripted]:
        del limits, outlets
        driver = "redfish" if target.redfish else "ipmi"
        self.open.append(driver)
        bmc = Scripted([])
        bmc.driver = driver
        try:
            yield bmc
        finally:
            self.open.remove(driver)

    def ask(self) -> str:
        return self.bmc.use(self._work)

    def _work(self, bmc: Bmc) -> str:
        if self.broken and bmc.driver == "redfish":
            raise BmcError(self.broken, "it does not work")
        return bmc.driver


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Reached:
    return Reached(monkeypatch)


def test_the_first_way_is_kept_open_while_another_is_used(reached: Reached) -> None:
    assert (reached.ask(), reached.open, reached.bmc.detour) == ("redfish", ["redfish"], "")
    reached.broken = Cause.TIMEOUT
    assert reached.ask() == "ipmi"
    assert reached.bmc.detour == "Redfish failed: it does not work"
    reached.broken = None
    assert reached.ask() == "ipmi"  # not tried again so soon
    assert reached.open == ["redfish", "ipmi"]
    reached.now += kept.AGAIN
    assert (reached.ask(), reached.open, reached.bmc.detour) == ("redfish", ["redfish"], "")
    reached.bmc.close()
    assert not reached.open


@pytest.mark.parametrize("cause", [Cause.LOGIN, Cause.UNTRUSTED, Cause.CERTIFICATE_CHANGED])
def test_no_password_is_given_by_another_way_where_the_first_was_refused(
    reached: Reached, cause: Cause
) -> None:
    reached.broken = cause
    with pytest.raises(BmcError):
        reached.ask()
    assert reached.open == ["redfish"]


# -- judged


def told(*readings: Reading, power: Power = Power.ON) -> Sensors:
    return Sensors(readings, power)


def test_what_crosses_a_threshold_is_named_with_it() -> None:
    limits = Thresholds(upper_warning=40, upper_critical=45)
    hot = Reading("CPU1", "temperature", 46.5, "Cel", health="critical", thresholds=limits)
    warm = Reading("CPU2", "temperature", 41.0, "Cel", health="warning", thresholds=limits)
    least = Thresholds(lower_critical=1000)
    slow = Reading("FAN1", "fan", 700.0, "RPM", health="critical", thresholds=least)
    lost = Reading("PSU1", "presence", None, state="failure", health="critical")
    found = judging.reasons(told(hot, warm, slow, lost))
    assert [(one.where, one.what) for one in found] == [
        ("CPU1", "46.5 °C, critical: above 45"),
        ("CPU2", "41 °C, warning: above 40"),
        ("FAN1", "700 rpm, critical: below 1000"),
        ("PSU1", "critical: failure"),
    ]
    assert {one.severity for one in found} == {"degraded"}
    assert judging.health(told(hot, warm)) == "critical"
    assert judging.health(told()) is None


@pytest.mark.parametrize(
    ("names", "watts"),
    [
        ({"Power control": 210.0, "PSU1 input power": 120.0, "PSU2 input power": 118.0}, 210.0),
        ({"PSU1 input power": 120.0, "PSU2 input power": 118.0, "PSU1 output power": 110.0}, 238.0),
        ({"CPU1 power": 90.0, "DIMM power": 20.0}, None),
        ({"Pwr Consumption": 154.0}, 154.0),
        ({}, None),
    ],
)
def test_the_draw_is_that_of_the_whole_server(names: dict[str, float], watts: float | None) -> None:
    readings = [Reading(name, "power", value, "W") for name, value in names.items()]
    assert judging.figures(told(*readings)).get("draw_watts") == watts


def test_what_outlets_give_is_added_up() -> None:
    readings = [Reading(f"outlet pdu1:{number} power", "power", 100.0, "W") for number in (1, 2)]
    assert judging.figures(told(*readings), "pdu")["draw_watts"] == 200.0


def test_the_inlet_is_the_air_that_comes_in() -> None:
    names = ("CPU1 Temp", "Exhaust Temp", "Ambient", "Inlet Temp")
    readings = [Reading(name, "temperature", float(n), "Cel") for n, name in enumerate(names)]
    found = judging.figures(told(*readings))
    assert (found["inlet_celsius"], found["hottest_celsius"]) == (3.0, 3.0)


def test_a_fan_that_stands_still_failed_only_while_the_server_is_on() -> None:
    still, absent = Reading("FAN1", "fan", 0.0, "RPM"), Reading("FAN2", "fan", None, "RPM", state="absent")
    assert judging.figures(told(still, absent))["fans_failed"] == 1
    assert [one.where for one in judging.reasons(told(still, absent))] == ["FAN1"]
    asleep = told(still, power=Power.OFF)
    assert "fans_failed" not in judging.figures(asleep)
    assert [one.severity for one in judging.reasons(asleep)] == ["info"]


def test_nothing_is_made_up_of_a_server_that_tells_nothing() -> None:
    assert judging.figures(told(power=Power.UNKNOWN)) == {}


def test_all_intervals_are_scaled_and_no_time_out_is() -> None:
    usual, slow = Intervals(), Intervals().scaled(3.0)
    assert slow.servers == Pace(3 * usual.servers.interval, usual.servers.timeout)
    assert slow.trips.interval == 3 * usual.trips.interval
