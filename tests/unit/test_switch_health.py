"""What is said to be wrong with a switch, and what happened between two readings of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from microdc.switch.health import Finding, judge
from microdc.switch.model import Component, Counters, Port, Sample, Sensor, SwitchState, System
from microdc.switch.traffic import between

DAY = 86_400.0
UP = Port(1, "Ethernet1", speed=10**9, admin="up", oper="up", changed=10.0)
DOWN = Port(2, "Ethernet2", admin="up", oper="lower layer down", changed=20.0)
OFF = Port(3, "Ethernet3", admin="down", oper="down", changed=30.0)


def counted(
    ticks: int, *, packets: int = 0, errors: int = 0, discards: int = 0, discontinuity: int = 0
) -> Sample:
    one = Counters(
        1, wide=True, in_octets=packets * 100, out_octets=0, in_packets=packets, out_packets=0,
        in_errors=errors, out_errors=0, in_discards=discards, out_discards=0, discontinuity=discontinuity,
    )  # fmt: skip
    return Sample(ticks, {1: one})


def state(*ports: Port, sample: Sample | None = None, uptime: float = DAY) -> SwitchState:
    return SwitchState(System(name="sw1", uptime=uptime), ports=ports, sample=sample)


def severities(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(one.severity, one.where) for one in found]


def test_a_switch_that_is_well_has_nothing_said_of_it() -> None:
    assert judge(state(UP, DOWN, OFF), {1: "c1:eno1"}) == ()


def test_only_a_port_with_a_declared_cable_must_have_a_link() -> None:
    found = judge(state(UP, DOWN, OFF), {1: "c1:eno1", 2: "c2:eno1", 3: "c3:eno1"})
    assert severities(found) == [("warning", "Ethernet2"), ("warning", "Ethernet3")]
    assert "c2:eno1" in found[0].what
    assert "turned off" in found[1].what


@pytest.mark.parametrize(
    ("errors", "severity"), [(1, None), (100, "warning"), (50_000, "critical"), (1_000_000, "critical")]
)
def test_errors_count_by_their_share(errors: int, severity: str | None) -> None:
    before = state(UP, sample=counted(0))
    after = state(UP, sample=counted(1000, packets=1_000_000, errors=errors))
    found = judge(after, {}, between(before, after))
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_errors_where_nothing_else_comes_are_critical() -> None:
    before, after = state(UP, sample=counted(0)), state(UP, sample=counted(1000, errors=3))
    assert severities(judge(after, {}, between(before, after))) == [("critical", "Ethernet1")]


def test_discards_are_told_from_one_of_a_thousand_on() -> None:
    before = state(UP, sample=counted(0))
    few = state(UP, sample=counted(1000, packets=100_000, discards=50))
    many = state(UP, sample=counted(1000, packets=100_000, discards=500))
    assert judge(few, {}, between(before, few)) == ()
    assert severities(judge(many, {}, between(before, many))) == [("warning", "Ethernet1")]


def test_a_link_that_went_and_came_back_is_a_flap() -> None:
    before, after = state(UP, sample=counted(0)), state(replace(UP, changed=77.0), sample=counted(1000))
    happened = between(before, after)
    assert [one.flapped for one in happened.ports] == [True]
    assert severities(judge(after, {}, happened)) == [("warning", "Ethernet1")]


def test_a_port_that_appears_has_not_flapped() -> None:
    before, after = state(UP, sample=counted(0)), state(UP, DOWN, sample=counted(1000))
    assert [one.flapped for one in between(before, after).ports] == [False, False]


def test_an_agent_that_began_anew_is_told_and_makes_no_flaps_and_no_rates() -> None:
    before = state(UP, sample=counted(10**8, packets=10**6, errors=10**6))
    after = state(replace(UP, changed=1.0), sample=counted(500), uptime=5.0)
    happened = between(before, after)
    assert happened.restarted
    assert happened.seconds is None
    assert [(one.flapped, one.rates) for one in happened.ports] == [(False, None)]
    assert severities(judge(after, {}, happened)) == [("warning", "")]


def test_counters_that_began_anew_make_no_errors() -> None:
    before = state(UP, sample=counted(0, packets=10**6, errors=10))
    after = state(UP, sample=counted(1000, errors=500, discontinuity=900))
    happened = between(before, after)
    assert happened.ports[0].reset
    assert judge(after, {}, happened) == ()


def test_a_link_of_lately_is_told_only_where_not_all_are_new() -> None:
    port = replace(UP, changed=DAY - 60)
    assert severities(judge(state(port))) == [("info", "Ethernet1")]
    assert judge(state(replace(UP, changed=100.0), uptime=160.0)) == ()


def test_readings_without_counters_make_no_rates() -> None:
    happened = between(state(UP), state(UP))
    assert happened.seconds is None
    assert happened.ports[0].rates is None


def test_fans_and_thermometers() -> None:
    sensors = (
        Sensor("fan 1", "fan", 0.0, "RPM", ok=True),
        Sensor("fan 2", "fan", 5000.0, "RPM", ok=True),
        Sensor("inlet", "temperature", None, "Cel", ok=False),
        Sensor("Ethernet9 laser", "optical power", None, "dBm", ok=False),
    )
    found = judge(replace(state(UP), sensors=sensors))
    assert severities(found) == [("critical", "fan 1"), ("warning", "inlet")]


def test_a_power_supply_that_feeds_nothing() -> None:
    parts = (
        Component(1, "chassis", "chassis"),
        Component(10, "power supply", "PSU 1", inside=1),
        Component(11, "sensor", "PSU 1 power", inside=10),
        Component(20, "power supply", "PSU 2", inside=1),
        Component(21, "sensor", "PSU 2 power", inside=20),
        Component(22, "sensor", "PSU 2 current", inside=20),
        Component(30, "sensor", "board power", inside=1),
    )
    sensors = (
        Sensor("PSU 1 power", "power", 80.0, "W", ok=True),
        Sensor("PSU 2 power", "power", 0.0, "W", ok=True),
        Sensor("PSU 2 current", "current", None, "A", ok=False),
        Sensor("board power", "power", 0.0, "W", ok=True),
    )
    found = judge(replace(state(UP), components=parts, sensors=sensors))
    assert severities(found) == [("critical", "PSU 2")]


def test_parts_that_are_in_each_other_end() -> None:
    parts = (Component(1, "sensor", "a", inside=2), Component(2, "module", "b", inside=1))
    sensors = (Sensor("a", "power", 0.0, "W", ok=True),)
    assert judge(replace(state(UP), components=parts, sensors=sensors)) == ()
