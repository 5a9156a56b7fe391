"""Asking around about a node: its BMC and its site's switches, each as it is now. What does not answer is a remark, and stops nothing."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from microdc.bmc import operate as bmc
from microdc.bmc.model import Log
from microdc.deploy import kinds
from microdc.deploy.explaining.model import Facts
from microdc.deploy.explaining.surroundings import seen_by
from microdc.deploy.model import Evidence
from microdc.errors import MicrodcError
from microdc.events import Step
from microdc.switch import operate as switches
from microdc.switch.model import SwitchState
from microdc.testbed.model import Switch, Testbed
from microdc.testbed.servers import servers

T = TypeVar("T")
_ENTRIES = 50
"""Of a BMC's log, the newest."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found out. evidence: of the BMC, bearing the time of asking, or its log's own; remarks: who did not answer."""

    facts: Facts
    evidence: tuple[Evidence, ...] = ()
    remarks: tuple[str, ...] = field(default=())


def gather(
    testbed: Testbed,
    node: str,
    facts: Facts,
    heard: Collection[str],
    since: datetime | None,
    *,
    stations: Collection[str] = (),
) -> Generator[Step, None, Gathered]:
    """Asks the BMC for power, boot override and log, and the switches of the node's site for ports, VLANs and MAC addresses.

    heard: MAC addresses that the station heard; stations: its own. since: entries of the log that are older are left out; those without a time are, too.
    """
    found, lost = yield from _bmc(testbed, node, since)
    skew = next((one.skew for one in found if isinstance(one, _Logged)), None)
    states, silent = yield from _switches(testbed, node)
    known = seen_by(facts, states, heard, stations) if states else facts
    known = replace(known, clocks=replace(known.clocks, bmc=skew))
    evidence = [one for item in found for one in (item.evidence if isinstance(item, _Logged) else [item])]
    return Gathered(known, tuple(evidence), (*lost, *silent))


@dataclass(frozen=True, slots=True)
class _Logged:
    """A log as evidence. skew: the BMC's clock minus ours."""

    evidence: list[Evidence]
    skew: timedelta | None


def _bmc(
    testbed: Testbed, node: str, since: datetime | None
) -> Generator[Step, None, tuple[list[Evidence | _Logged], list[str]]]:
    found: list[Evidence | _Logged] = []
    try:
        asked = bmc.servers_of(testbed, [node])
        asked.check()
    except MicrodcError as problem:
        return [], [f"the BMC was not asked: {problem.what}"]
    power = yield from bmc.power_status(asked)
    error = power.outcomes[0].error
    now = datetime.now(UTC)
    if error is not None:
        return [Evidence(now, "bmc", kinds.BMC_LOST, node, text=str(error), data={"error": error.what})], []
    if power.outcomes[0].value is not None:
        found.append(Evidence(now, "bmc", kinds.POWER, node, data={"state": str(power.outcomes[0].value)}))
    boot = yield from bmc.boot_status(asked)
    if (override := boot.outcomes[0].value) is not None:
        data = {"target": str(override.target), "lasting": override.lasting, "mode": override.mode}
        found.append(Evidence(datetime.now(UTC), "bmc", kinds.BOOT, node, data=data))
    logs = yield from bmc.sel(asked, _ENTRIES)
    if (log := logs.outcomes[0].value) is not None:
        found.append(_Logged(_entries(node, log, since), log.skew))
    lost = [f"{node}: {one.error.what}" for report in (boot, logs) for one in report.outcomes if one.error]
    return found, lost


def _entries(node: str, log: Log, since: datetime | None) -> list[Evidence]:
    """Bearing the BMC's own times: the timeline corrects them."""
    skew = log.skew or timedelta(0)
    return [
        Evidence(
            entry.at,
            "bmc",
            kinds.LOG,
            node,
            text=entry.message,
            data={"message": entry.message, "severity": entry.severity},
        )
        for entry in reversed(log.entries)
        if entry.at is not None and (since is None or entry.at - skew >= since)
    ]


def _switches(testbed: Testbed, node: str) -> Generator[Step, None, tuple[dict[str, SwitchState], list[str]]]:
    asked = _askable(testbed, node)
    if not asked:
        return {}, []
    read = yield from switches.read(testbed, asked, ("ports", "vlans", "addresses", "neighbours"))
    states = {one.switch.name: one.state for one in read if one.state is not None}
    silent = [f"{one.switch.name} was not read: {one.error.what}" for one in read if one.error is not None]
    return states, silent


def _askable(testbed: Testbed, node: str) -> Sequence[Switch]:
    """The switches of a node's site that can be read by what the documents say."""
    site = next((server.site for server in servers(testbed) if server.name == node), None)
    racks = testbed.sites[site].racks.values() if site is not None else ()
    return [
        switch
        for rack in racks
        for switch in rack.switches.values()
        if switch.management and switch.snmp_credentials
    ]
