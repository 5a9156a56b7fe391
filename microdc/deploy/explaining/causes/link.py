"""Between a server and its boot services: cables, ports and VLANs, by what its switches and its console say."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, lines
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis
from microdc.deploy.model import Phase


def judge(case: Case) -> Iterator[Diagnosis]:
    """port-down, no-link, wrong-vlan, cable-elsewhere: of a server that was not heard yet."""
    if not case.within(Phase.POWER, Phase.DHCP) or case.dhcp():
        return
    power = case.last("bmc", kinds.POWER)
    if (
        power is None or str(power.evidence.data.get("state")) != "off"
    ):  # a server that is off has no link either
        yield from _link(case)
    yield from _vlan(case)
    yield from _elsewhere(case)


def _link(case: Case) -> Iterator[Diagnosis]:
    port, shown = case.port, case.signs("link-down", "media-test")
    at = f"{port.seat.switch} port {port.seat.port}" if port else "the switch"
    if port is not None and port.enabled is False:
        yield Diagnosis(
            "port-down",
            Certainty.CERTAIN,
            f"{at}, where {case.nic} of {case.name} is plugged in, is switched off",
            (f"{port.seat.switch} says: port {port.seat.port} is administratively down",),
            (Advice("switch it on", f"microdc switch set {port.seat.switch} {port.seat.port} --up"),),
        )
    elif shown or (port is not None and port.up is False):
        because = list(lines([entry for _, entry in shown]))
        if port is not None and port.up is False:
            because.append(f"{port.seat.switch} says: port {port.seat.port} has no link")
        yield Diagnosis(
            "no-link",
            Certainty.CERTAIN,
            f"{case.nic or 'the NIC'} of {case.name} has no link to {at}",
            tuple(because),
            (
                Advice("look for a cable that is missing, loose or broken, and for the lights at both ends"),
                Advice(
                    "see which cables are where they should be", f"microdc cabling check {case.record.site}"
                ),
            ),
        )


def _vlan(case: Case) -> Iterator[Diagnosis]:
    right = case.facts.boot_vlan
    seen = [one for one in case.sightings if right is not None and one.vlan not in {None, right}]
    port = case.port
    if seen:
        one = seen[0]
        because = f"{one.seat.switch} has {one.mac} behind port {one.seat.port} in VLAN {one.vlan}"
        certainty, seat, vlan = Certainty.CERTAIN, one.seat, one.vlan
    elif port is not None and right is not None and port.vlan not in {None, right}:
        because = f"{port.seat.switch} says: port {port.seat.port} is in VLAN {port.vlan}"
        certainty, seat, vlan = Certainty.LIKELY, port.seat, port.vlan
    else:
        return
    yield Diagnosis(
        "wrong-vlan",
        certainty,
        f"{case.name} boots in VLAN {vlan}, its boot services are in VLAN {right}",
        (because, f"nothing was heard of {case.mac} in VLAN {right}"),
        (
            Advice("see which VLAN each port is in", f"microdc switch vlans {seat.switch}"),
            Advice(
                "put the port into the right one",
                f"microdc switch set {seat.switch} {seat.port} --vlan {right}",
            ),
        ),
    )


def _elsewhere(case: Case) -> Iterator[Diagnosis]:
    seat = case.facts.seats.get(case.mac)
    right = case.facts.boot_vlan
    wrong = [
        one
        for one in case.sightings
        if seat is not None and one.seat.switch == seat.switch and one.seat != seat
    ]
    if not wrong or seat is None or any(one.seat == seat for one in case.sightings):
        return
    one = wrong[0]
    if right is not None and one.vlan == right and not case.over:
        return
    yield Diagnosis(
        "cable-elsewhere",
        Certainty.LIKELY if case.over else Certainty.POSSIBLE,
        f"the cable of {case.nic} of {case.name} is in port {one.seat.port} of {one.seat.switch}, not in port {seat.port}",
        (f"{one.seat.switch} has {one.mac} behind port {one.seat.port}", f"declared: port {seat.port}"),
        (Advice("see what else is plugged in elsewhere", f"microdc cabling check {case.record.site}"),),
    )
