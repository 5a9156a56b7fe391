"""Switches polled: what lies between two readings, links of servers that are off, cables that are not where they are declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cabling_lab
import pytest
from cabling_racks import told

from microdc.bmc.model import Power
from microdc.errors import UnreachableError
from microdc.health.model import Observation, Reason
from microdc.health.sources.intervals import Pace
from microdc.health.sources.servers import Powers
from microdc.health.sources.switches import SwitchProbe, switch_probes
from microdc.switch.model import Counters, Sample, Sensor, SwitchState
from microdc.switch.snmp.views import View
from microdc.testbed.load import load
from microdc.testbed.model import Switch, Testbed

PACE = Pace(10.0, 20.0)
Tell = Callable[[frozenset[View]], SwitchState]


@pytest.fixture
def testbed(tmp_path: Path) -> Testbed:
    return load(cabling_lab.inventory(tmp_path))


def probe(testbed: Testbed, tell: Tell, powers: Powers | None = None) -> SwitchProbe:
    return SwitchProbe(testbed, switch(testbed), PACE, powers or Powers(), tell)


def switch(testbed: Testbed) -> Switch:
    return testbed.sites["a"].racks["r1"].switches["sw1"]


def read(polled: SwitchProbe) -> Observation:
    (found,) = polled.read()
    return found


def counted(state: SwitchState, seconds: float, octets: int, errors: int = 0) -> SwitchState:
    """The state with all ports having counted so much by then."""
    counters = {
        port.index: Counters(
            port.index, wide=True, in_octets=octets, out_octets=2 * octets, in_packets=octets // 100,
            out_packets=octets // 50, in_errors=errors, out_errors=0, in_discards=0, out_discards=0,
        )
        for port in state.ports
    }  # fmt: skip
    return replace(state, sample=Sample(int(seconds * 100), counters))


def unplugged(state: SwitchState, *ports: str) -> SwitchState:
    changed = tuple(replace(one, oper="down") if one.name in ports else one for one in state.ports)
    return replace(state, ports=changed)


@pytest.fixture
def right() -> SwitchState:
    return told(cabling_lab.plugged())["sw1"]


def test_rates_and_errors_are_what_lies_between_two_readings(testbed: Testbed, right: SwitchState) -> None:
    states = iter([counted(right, 0, 0), counted(right, 1, 10), counted(right, 11, 1_000_010, errors=30)])
    asked: list[frozenset[View]] = []

    def tell(views: frozenset[View]) -> SwitchState:
        asked.append(views)
        return right if "neighbours" in views else next(states)

    polled = probe(testbed, tell)
    first = read(polled)
    assert "in_bits" not in first.figures
    assert first.figures["ports_up"] == sum(port.oper == "up" for port in right.ports)
    assert first.facts["ports"][0]["in"] is None
    read(polled)
    third = read(polled)
    many = len(right.ports)
    assert third.figures["in_bits"] == pytest.approx(many * 8 * 100_000)
    assert third.figures["out_bits"] == pytest.approx(many * 16 * 100_000)
    assert third.figures["errors"] == pytest.approx(many * 3)
    port = third.facts["ports"][0]
    assert (port["in"], port["out"], port["errors"], port["far"]) == (800_000, 1_600_000, 3.0, "c1:eno1")
    assert {one.severity for one in third.reasons} == {"degraded"}  # three of a hundred thousand packets
    assert "sensors" in asked[0]
    assert all("sensors" not in views for views in asked[1:])


def test_a_link_that_is_missing_is_no_fault_where_the_server_is_off(
    testbed: Testbed, right: SwitchState
) -> None:
    powers = Powers()
    powers.expect("c1")
    polled = probe(testbed, lambda _: unplugged(right, "Ethernet1", "Ethernet2"), powers)
    found = {one.where: one for one in read(polled).reasons if "link" in one.what or "cable" in one.what}
    assert found["Ethernet1"] == Reason(
        "info", "no link: c1 at its far end is not known to be on", "Ethernet1"
    )
    assert found["Ethernet2"].severity == "degraded"  # nobody can say whether c2 is on
    powers.hear("c1", Power.OFF)
    assert "c1 at its far end is off" in str(read(polled).reasons)
    powers.hear("c1", Power.ON)
    found = {one.where: one for one in read(polled).reasons}
    assert found["Ethernet1"].severity == "degraded"


def test_links_that_come_and_go_are_counted(testbed: Testbed, right: SwitchState) -> None:
    states = [right, unplugged(right, "Ethernet1"), right, right]
    reading: Iterator[SwitchState] = iter(states)
    polled = probe(testbed, lambda views: right if "neighbours" in views else next(reading))
    found = [read(polled) for _ in states]
    assert [one.figures["flaps"] for one in found] == [0, 1, 2, 2]
    assert found[-1].facts["ports"][0]["flaps"] == 2


def test_cables_that_changed_places_are_told_each_at_its_port(testbed: Testbed) -> None:
    state = told(cabling_lab.swapped())["sw1"]
    polled = probe(testbed, lambda _: state)
    assert "wrong_cables" not in read(polled).figures  # they are looked at from the second poll on
    found = read(polled)
    assert found.figures["wrong_cables"] == 2
    wrong = [one for one in found.reasons if one.what.startswith("wrong: ")]
    assert {one.where for one in wrong} == {"Ethernet1", "Ethernet2"}
    assert {one.severity for one in wrong} == {"degraded"}
    assert read(polled).figures["wrong_cables"] == 2  # and remembered


def test_cables_that_are_right(testbed: Testbed, right: SwitchState) -> None:
    polled = probe(testbed, lambda _: right)
    read(polled)
    assert read(polled).figures["wrong_cables"] == 0


def test_tables_that_cannot_be_read_are_no_trouble(testbed: Testbed, right: SwitchState) -> None:
    def tell(views: frozenset[View]) -> SwitchState:
        if "neighbours" in views:
            raise UnreachableError("too long", where="sw1")
        return right

    polled = probe(testbed, tell)
    read(polled)
    assert "wrong_cables" not in read(polled).figures


def test_fans_are_remembered_between_two_looks_at_them(testbed: Testbed, right: SwitchState) -> None:
    still = replace(right, sensors=(Sensor("Fan 1", "fan", 0.0, "RPM", ok=True),))
    polled = probe(testbed, lambda views: still if "sensors" in views else right)
    for _ in range(3):
        assert Reason("degraded", "the fan stands still", "Fan 1") in read(polled).reasons


def test_an_agent_that_does_not_answer_is_raised_and_forgets_nothing(
    testbed: Testbed, right: SwitchState
) -> None:
    states: Iterator[SwitchState | None] = iter([counted(right, 0, 0), None, counted(right, 10, 1_000_000)])

    def tell(views: frozenset[View]) -> SwitchState:
        found = right if "neighbours" in views else next(states)
        if found is None:
            raise UnreachableError("no answer", where="sw1")
        return found

    polled = probe(testbed, tell)
    read(polled)
    with pytest.raises(UnreachableError):
        read(polled)
    assert read(polled).figures["in_bits"] == pytest.approx(len(right.ports) * 800_000)


def test_switches_without_an_agent_are_told(testbed: Testbed) -> None:
    probes, left = switch_probes(testbed, PACE, Powers())
    assert not probes
    assert {one.device for one in left} == {"switch/sw1", "switch/sw2"}
    assert all("snmp.credentials" in one.why and "a.yaml" in one.why for one in left)
