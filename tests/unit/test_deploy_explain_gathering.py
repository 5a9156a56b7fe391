"""What is asked around a node: its BMC, which runs and is asked over TLS, and its site's switches, of which one is not there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from microdc.deploy import kinds
from microdc.deploy.explaining.model import Facts
from microdc.deploy.explaining.surroundings import declared
from microdc.deploy.gathering import Gathered, gather
from microdc.testbed.load import load

if TYPE_CHECKING:
    from bmcracks import Racks

pytest_plugins = ["bmcracks"]
SWITCHES = """    switches:
      sw1: {management: 127.0.0.1, snmp: {version: 2, credentials: "file:nothing"}}
      sw2: {management: 127.0.0.1}
"""


def gathered(racks: Racks, name: str, facts: Facts | None = None, since: datetime | None = None) -> Gathered:
    testbed = load(racks.directory)
    server = testbed.sites["a"].racks["r1"].servers[name]
    operation = gather(testbed, name, facts or declared(testbed, server, None), (), since)
    try:
        while True:
            next(operation)
    except StopIteration as end:
        found: Gathered = end.value
        return found


def kinds_of(found: Gathered) -> dict[str, Any]:
    return {one.kind: one.data for one in found.evidence}


def test_a_bmc_tells_power_boot_and_log_with_its_clock(racks: Racks) -> None:
    racks.rigs["a1"].client.reset("On")
    found = gathered(racks, "a1")
    told = kinds_of(found)
    assert told[kinds.POWER] == {"state": "on"}
    assert told[kinds.BOOT]["target"] == "none"
    assert found.remarks == ()
    assert {one.node for one in found.evidence} == {"a1"}
    skew = found.facts.clocks.bmc
    assert skew is not None
    assert abs(skew) < timedelta(minutes=5)
    assert racks.sessions() == 0


def test_what_was_logged_before_is_left_out(racks: Racks) -> None:
    racks.rigs["a1"].client.reset("On")
    later = datetime.now(UTC) + timedelta(hours=1)
    assert [one for one in gathered(racks, "a1").evidence if one.kind == kinds.LOG]
    assert not [one for one in gathered(racks, "a1", since=later).evidence if one.kind == kinds.LOG]


def test_a_bmc_that_does_not_answer_is_evidence(racks: Racks) -> None:
    (lost,) = gathered(racks, "a3").evidence
    assert (lost.kind, lost.source) == (kinds.BMC_LOST, "bmc")
    assert lost.data["error"]


def test_a_server_without_a_bmc_is_a_remark(racks: Racks) -> None:
    found = gathered(racks, "a4")
    assert found.evidence == ()
    assert "the BMC was not asked" in found.remarks[0]


def test_a_switch_that_cannot_be_read_is_a_remark_and_hides_nothing(racks: Racks) -> None:
    text = racks.document.read_text("utf-8")
    racks.document.write_text(text.replace("    servers:\n", f"{SWITCHES}    servers:\n"), "utf-8")
    testbed = load(racks.directory)
    server = testbed.sites["a"].racks["r1"].servers["a1"]
    found = gathered(racks, "a1", declared(testbed, server, None))
    assert kinds.POWER in kinds_of(found)
    assert [remark.partition(" was not read")[0] for remark in found.remarks] == ["sw1"]
