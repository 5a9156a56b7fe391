"""A server that asks for an address, and does not get on with what it hears; and those whose MAC address nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, lines
from microdc.deploy.explaining.likeness import alike
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis, Entry
from microdc.deploy.explaining.telling import architecture
from microdc.deploy.model import Phase

_STUBBORN = 4
"""So often something has to be seen before it is told while the node may still be heard: PXE asks four times by each NIC (PXE 2.1, 2.2.3)."""


def judge(case: Case) -> Iterator[Diagnosis]:
    """unknown-mac, mistyped-mac, address-taken, address-refused, no-address, no-answer, answer-lost, no-loader."""
    if not case.within(Phase.POWER, Phase.LOADER):
        return
    yield from _no_loader(case)
    if case.leases():
        return
    yield from _unknown(case)
    yield from _conversation(case)


def _unknown(case: Case) -> Iterator[Diagnosis]:
    ignored = case.dhcp(kinds.IGNORED)
    if ignored and ignored[-1].evidence.mac and (case.over or len(ignored) > 1 or ignored[-1].times > 1):
        said = ignored[-1].evidence.text or "its MAC is not known"
        yield Diagnosis(
            "unknown-mac",
            Certainty.CERTAIN if case.over else Certainty.LIKELY,
            f"the boot services of {case.record.site} gave {case.name} no answer: {said}",
            lines(ignored),
            (Advice("bring them what they have to know, and go on", f"microdc deploy retry {case.name}"),),
        )
    strangers = [
        entry
        for entry in case.seen("dhcp", kinds.IGNORED, kinds.DISCOVER)
        if entry.evidence.mac not in case.facts.nics
        and any(alike(entry.evidence.mac, mac) for mac in case.facts.nics)
    ]
    stubborn = sum(entry.times for entry in strangers) >= _STUBBORN
    if strangers and not case.dhcp() and (case.over or stubborn):
        mac = strangers[-1].evidence.mac
        yield Diagnosis(
            "mistyped-mac",
            Certainty.LIKELY if case.over else Certainty.POSSIBLE,
            f"{mac}, which nobody declared, asks for an address; {case.nic} of {case.name} is declared as {case.mac}",
            lines(strangers),
            (
                Advice("see which MAC addresses it has", f"microdc inventory diff {case.name}"),
                Advice("have the document corrected", f"microdc inventory adopt {case.name} --replace"),
                Advice("then begin again", f"microdc deploy retry {case.name}"),
            ),
        )


def _conversation(case: Case) -> Iterator[Diagnosis]:
    again = Advice("then begin again", f"microdc deploy retry {case.name}")
    if declined := case.dhcp(kinds.DECLINE):
        address = declined[-1].evidence.data.get("address") or "its address"
        yield Diagnosis(
            "address-taken",
            Certainty.CERTAIN,
            f"another host has {address} already: {case.name} found it in use and declined it",
            lines(declined),
            (Advice("find who has it, or give the node another `address`", "microdc switch macs"), again),
        )
    refused = case.dhcp(kinds.NAK)
    if refused and case.over:
        yield Diagnosis(
            "address-refused",
            Certainty.LIKELY,
            f"{case.name} asked for an address that is not its own: another server gave it, or it kept an old one",
            lines(refused),
            (Advice("see whether another DHCP server answers there"), again),
        )
    if not case.over or declined or refused:
        return
    asked, offered = case.dhcp(kinds.DISCOVER), case.dhcp(kinds.OFFER)
    if offered and offered[-1].evidence.data.get("proxy"):
        yield _no_address(case, [*asked[-1:], *offered[-2:]])
    elif offered and not case.dhcp(kinds.REQUEST) and not case.dhcp(kinds.NO_LOADER):
        yield _lost(case, [*asked[-1:], *offered[-2:]])
    elif asked and not offered and not case.dhcp(kinds.IGNORED, kinds.NO_LOADER):
        yield Diagnosis(
            "no-answer",
            Certainty.LIKELY,
            f"{case.name} asked for an address, and the boot services did not answer",
            lines(asked),
            (Advice("bring them what they have to know, and go on", f"microdc deploy retry {case.name}"),),
        )


def _no_address(case: Case, entries: list[Entry]) -> Diagnosis:
    """ProxyDHCP: ours answered, and the server whose part the address is did not."""
    giver = case.last("station", kinds.DHCP_FOUND)
    who = str(giver.evidence.data.get("server") or "") if giver else ""
    return Diagnosis(
        "no-address",
        Certainty.LIKELY,
        f"{case.name} was told what to load, and the other DHCP server{f' {who}' if who else ''} gave it no address",
        lines([*([giver] if giver else []), *entries]),
        (
            Advice(f"see whether that server has a free address, or a reservation for {case.mac}"),
            Advice(
                "see whether the switch lets its answers through to this port (DHCP snooping, trusted ports)"
            ),
            Advice("then begin again", f"microdc deploy retry {case.name}"),
        ),
    )


def _lost(case: Case, entries: list[Entry]) -> Diagnosis:
    return Diagnosis(
        "answer-lost",
        Certainty.LIKELY,
        f"{case.name} was offered an address and did not take it: the offer does not reach it, or another server's came first",
        lines(entries),
        (
            Advice(
                "see whether the switch lets DHCP answers of this port through (DHCP snooping, trusted ports)"
            ),
            Advice("see whether another DHCP server answers there; ours tells of those that it hears"),
        ),
    )


def _no_loader(case: Case) -> Iterator[Diagnosis]:
    found = case.dhcp(kinds.NO_LOADER)
    if not found or case.seen("http", kinds.HTTP_SCRIPT, after=found[-1]):
        return
    what = architecture(found[-1].evidence.data) or "its architecture"
    yield Diagnosis(
        "no-loader",
        Certainty.CERTAIN,
        f"there is no loader for {what}, as {case.name} boots",
        lines(found),
        (
            Advice(
                "have it boot another way, where its firmware can",
                f"microdc boot {case.name} --once pxe --uefi",
            ),
            Advice("or bring the package with loaders for it to the host of the boot services"),
        ),
    )
