"""The boot services themselves: not running, or not alone."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, lines
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis
from microdc.deploy.model import Phase


def judge(case: Case) -> Iterator[Diagnosis]:
    """other-dhcp, dhcp-missing, station-stopped, dnsmasq-dies."""
    if not case.before(Phase.WORK):
        return
    yield from _other_dhcp(case)
    yield from _dhcp_missing(case)
    yield from _stopped(case)


def _other_dhcp(case: Case) -> Iterator[Diagnosis]:
    heard = case.seen("station", kinds.OTHER_DHCP)
    if not heard:
        return
    refused = case.dhcp(kinds.NAK, kinds.DECLINE)
    silent = case.last("station", kinds.STOPPED, after=heard[0])
    took = [
        one for one in heard if case.mac and str(one.evidence.data.get("to", "")).lower() == case.mac.lower()
    ]
    if not (refused or silent or case.over):
        return  # it is there, and the node goes on all the same
    data = heard[-1].evidence.data
    who = " ".join(str(data[key]) for key in ("server", "mac") if data.get(key))
    yield Diagnosis(
        "other-dhcp",
        Certainty.CERTAIN
        if refused or silent or took or case.within(Phase.PREPARE, Phase.POWER)
        else Certainty.LIKELY,
        f"another DHCP server answers on the boot network: {who or 'unknown'}",
        lines([*heard, *refused, *([silent] if silent else [])]),
        (
            Advice(
                "find the port behind which it is, and unplug it or end it",
                f"microdc switch macs --mac {data['mac']}" if data.get("mac") else "microdc switch macs",
            ),
            Advice("then go on", f"microdc deploy retry {case.name}"),
        ),
    )


def _dhcp_missing(case: Case) -> Iterator[Diagnosis]:
    """ProxyDHCP without a server that gives addresses."""
    told = case.last("station", kinds.DHCP_FOUND, kinds.DHCP_MISSING)
    if told is None or told.kind != kinds.DHCP_MISSING or not case.over or case.leases(after=told):
        return
    yield Diagnosis(
        "dhcp-missing",
        Certainty.CERTAIN,
        f"nobody gives {case.name} an address: no other DHCP server answers on the boot network, and `dhcp: proxy` leaves that to one",
        lines([told]),
        (
            Advice("have that server answer there, or write `dhcp: own` under `deploy` of the site"),
            Advice(
                "where it answers only those it knows, write `other_dhcp: tell` under `deploy` of the site"
            ),
            Advice("then go on", f"microdc deploy retry {case.name}"),
        ),
    )


def _stopped(case: Case) -> Iterator[Diagnosis]:
    site = case.record.site
    state = case.last("station", kinds.STARTED, kinds.STOPPED)
    if state is not None and state.kind == kinds.STOPPED and not case.seen("station", kinds.OTHER_DHCP):
        yield Diagnosis(
            "station-stopped",
            Certainty.CERTAIN if case.over else Certainty.LIKELY,
            f"the boot services of {site} do not run",
            lines([state]),
            (Advice("have them run again, and go on", f"microdc deploy retry {case.name}"),),
        )
    died = case.seen("station", kinds.DNSMASQ_DIED)
    if died and (len(died) > 1 or died[-1].times > 1 or case.over):
        said = died[-1].evidence.data.get("said") or "it said nothing"
        yield Diagnosis(
            "dnsmasq-dies",
            Certainty.CERTAIN,
            f"dnsmasq at {site} does not stay alive: {said}",
            lines(died),
            (Advice("its words tell what to correct on the host of the boot services"),),
        )
