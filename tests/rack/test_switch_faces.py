"""`microdc switch` and `cabling check` on the switches of a lab: one over SNMP v3, one over v2c, both over SSH."""

from __future__ import annotations

import stat
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest
import switchlab
from netboot import wait_for
from racklab import steps
from switchlab import SWITCHES, SwitchLab

from microdc.cli.cabling import read as read_cables
from microdc.events import Step
from microdc.snmp.errors import Cause, SnmpError
from microdc.snmp.model import Limits
from microdc.survey.cabling.ends import far_ends
from microdc.survey.cabling.operate import check
from microdc.switch import configurations, operate
from microdc.switch.snmp.views import ALL, View
from microdc.switch.watching import watch

pytestmark = [pytest.mark.root, pytest.mark.lab]
T = TypeVar("T")
PORTS: tuple[View, ...] = ("ports",)
SOON = Limits(seconds=1, attempts=2)


def run(work: Generator[Step, None, T]) -> T:
    return steps(work)[1]


def verdicts(lab: SwitchLab) -> dict[str, str]:
    """Of the cables between the two switches; those of servers that are off have no link."""
    found = run(check(lab.lab.testbed, [lab.switch(name) for name in SWITCHES], read_cables))
    return {
        str(one.cable): one.kind
        for one in found.verdicts
        if one.cable and {end.device for end in one.cable.ends} <= set(SWITCHES)
    }


def wait_verdicts(lab: SwitchLab, wanted: Callable[[dict[str, str]], bool], what: str) -> None:
    """LLDP tells once in a while, and snmpd looks at interfaces every 15 s."""
    wait_for(lambda: wanted(verdicts(lab)), 90, what, lambda: str(verdicts(lab)))


def test_all_is_read_of_both_at_once(lab: SwitchLab) -> None:
    switches = [lab.switch(name) for name in SWITCHES]
    found = run(operate.read(lab.lab.testbed, switches, ALL))
    for one in found:
        assert one.error is None
        assert one.state is not None
        assert {port.name for port in one.state.ports} == set(
            lab.walk(one.switch.name, switchlab.IF_NAME).values()
        )
        assert one.state.addresses
        assert one.state.components
        assert one.state.sample is not None


def test_cables_are_right_and_a_swap_is_found(lab: SwitchLab) -> None:
    wait_verdicts(lab, lambda found: set(found.values()) == {"right"}, "both cables are right")
    lab.plant("sw1", swapped="49,50")
    wait_verdicts(lab, lambda found: set(found.values()) == {"wrong"}, "both cables are swapped")
    lab.clear("sw1")
    wait_verdicts(lab, lambda found: set(found.values()) == {"right"}, "both cables are right again")


def test_health_knows_which_links_should_be_there(lab: SwitchLab) -> None:
    testbed = lab.lab.testbed
    (found,) = run(
        operate.examine(
            testbed, [lab.switch("sw1")], lambda one, state: far_ends(testbed, one, state), over=1.0
        )
    )
    assert found.value is not None
    assert found.value.lately is not None
    assert found.value.lately.seconds
    told = {one.where: one.what for one in found.value.findings if one.severity == "warning"}
    assert {"1", "2"} <= told.keys()  # the servers are off
    assert "c1:eno1" in told["1"]


def test_an_agent_that_hangs_delays_nobody(lab: SwitchLab) -> None:
    testbed, switches = lab.lab.testbed, [lab.switch(name) for name in SWITCHES]
    lab.plant("sw1", agent_hangs=True)
    silent, well = run(operate.read(testbed, switches, PORTS, limits=SOON))
    assert isinstance(silent.error, SnmpError)
    assert silent.error.cause is Cause.TIMEOUT
    assert well.state is not None
    assert well.seconds < silent.seconds
    with closing(watch(testbed, switches, every=0.1, count=3, limits=SOON)) as ticks:
        order = [tick.switch.name for tick in ticks]
    assert order.count("sw1") == order.count("sw2") == 3
    assert order[-1] == "sw1"  # sw2 had all its readings before


def test_configurations_are_kept_for_their_owner_only(lab: SwitchLab, tmp_path: Path) -> None:
    testbed, switches = lab.lab.testbed, [lab.switch(name) for name in SWITCHES]
    kept = run(configurations.backup(testbed, switches, tmp_path / "kept"))
    assert [one.error for one in kept] == [None, None]
    assert [one.value.state for one in kept if one.value] == ["new", "new"]
    for one in kept:
        assert one.value is not None
        assert stat.S_IMODE(one.value.file.stat().st_mode) == 0o600
    again = run(configurations.compare(testbed, switches, tmp_path / "kept"))
    assert [one.value.state for one in again if one.value] == ["same", "same"]
