"""The switches of a lab read over SNMP: what snmpd and lldpd tell becomes what they are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import switchlab
from netboot import wait_for
from racklab import RackLab
from switchlab import SWITCHES, SwitchLab

from microdc.lab.inventory import directory_of
from microdc.lab.teardown import clear
from microdc.snmp.model import Agent, credentials
from microdc.switch.model import SwitchState
from microdc.switch.snmp.rates import rates
from microdc.switch.snmp.reading import read
from microdc.switch.snmp.views import ALL

pytestmark = [pytest.mark.root, pytest.mark.lab]


@pytest.fixture(scope="module")
def lab(_homes: None) -> Iterator[SwitchLab]:
    name = f"t{os.getpid()}snmp"
    try:
        done = subprocess.run(switchlab.up(name), capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        yield SwitchLab(RackLab(name, directory_of(name)))
    finally:
        for _ in clear(name):
            pass


def agent(lab: SwitchLab, name: str) -> Agent:
    declared = lab.switch(name)
    secret = Path(declared.snmp_credentials.removeprefix("file:")).read_text().strip()
    return Agent(name, declared.management, credentials(secret, declared.snmp_version or 2), via=declared.via)


def look(lab: SwitchLab, name: str) -> SwitchState:
    return read(agent(lab, name), ALL)


def heard(state: SwitchState) -> dict[str, tuple[str | None, str]]:
    return {one.port: (one.system, one.remote_port.text) for one in state.neighbours}


def test_both_switches_hear_each_other(lab: SwitchLab) -> None:
    """One over v3, one over v2c."""
    wait_for(
        lambda: heard(look(lab, "sw1")) == {"49": ("sw2", "Ethernet1/49"), "50": ("sw2", "Ethernet1/50")},
        60,
        "sw1 hears sw2",
        lambda: str(look(lab, "sw1").neighbours),
    )
    wait_for(
        lambda: heard(look(lab, "sw2")) == {"Ethernet1/49": ("sw1", "49"), "Ethernet1/50": ("sw1", "50")},
        60,
        "sw2 hears sw1",
        lambda: str(look(lab, "sw2").neighbours),
    )
    one, other = look(lab, "sw1"), look(lab, "sw2")
    assert other.system.chassis is not None
    assert {neighbour.chassis for neighbour in one.neighbours} == {other.system.chassis}


@pytest.mark.parametrize("name", SWITCHES)
def test_its_ports_are_those_that_the_inventory_has(lab: SwitchLab, name: str) -> None:
    state = look(lab, name)
    assert state.system.name == name
    assert {one.name for one in lab.plan(name).sockets} <= {port.name for port in state.ports}
    assert state.remarks == ()
    bridged = {port.name for port in state.ports}
    assert {one.port for one in state.addresses} <= bridged
    assert {port for vlan in state.vlans for port in (*vlan.untagged, *vlan.tagged)} <= bridged


@pytest.mark.parametrize("name", SWITCHES)
def test_rates_come_of_two_samples(lab: SwitchLab, name: str) -> None:
    first = look(lab, name).sample
    assert first is not None
    wait_for(lambda: (look(lab, name).sample or first).ticks > first.ticks, 30, "its clock goes on")
    second = look(lab, name).sample
    assert second is not None
    found = rates(first, second)
    assert not found.restarted
    assert found.reset == frozenset()
    assert all((one.in_octets or 0) >= 0 for one in found.rates.values())
