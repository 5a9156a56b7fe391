"""Which two ends are joined by a cable, as far as what is heard tells it. Pure.

LLDP names both ends. A forwarding table names the device behind a port where it knows of one only; it tells which of a server's ports that is with
care, since the ports of a bond share an address, and what is behind another switch is heard through it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from microdc.survey.cabling.heard import Ears, Heard, wired
from microdc.survey.cabling.known import Known
from microdc.survey.cabling.laying import Plan
from microdc.survey.cabling.model import BMC, End


@dataclass(frozen=True, slots=True)
class Meeting:
    """joined: ends of one cable, both ways. single: by port, the device that the forwarding table alone tells of; its port is "" where not known.

    devices: by port, all devices whose addresses are behind it. through: ports behind which a switch or the rest of the network is.
    """

    joined: Mapping[End, End]
    single: Mapping[End, End]
    devices: Mapping[End, frozenset[str]]
    through: frozenset[End]


def meet(known: Known, plan: Plan, ears: Ears) -> Meeting:
    by_lldp = _pairs(_told(ears), plan)
    devices = {port: _devices(port, heard, known) for port, heard in ears.at.items()}
    through = frozenset(_through(known, plan, ears, by_lldp, devices))
    places = {
        port: heard
        for port, heard in ears.at.items()
        if port not in through and len(devices[port]) == 1 and wired(heard) and not _named(heard)
    }
    around = (known, plan, ears, places, devices)
    single: dict[End, End] = {}
    for port, heard in places.items():
        end = _exact(port, _ends(heard, known, devices[port]), around)
        single[port] = end if end and not heard.lag else End(next(iter(devices[port])))
    by_mac = [
        (port, end) for port, end in single.items() if end.port and port not in by_lldp and end not in by_lldp
    ]
    return Meeting({**by_lldp, **_pairs(by_mac, plan)}, single, devices, through)


def _told(ears: Ears) -> Iterator[tuple[End, End]]:
    for port, heard in ears.at.items():
        for one in heard.neighbours:
            if one.end and one.end.port:
                yield port, one.end


def _pairs(told: Iterable[tuple[End, End]], plan: Plan) -> dict[End, End]:
    """Of several things that are told of one end, what is declared; else none, since a cable has two ends."""
    partners: dict[End, set[End]] = defaultdict(set)
    for one, other in told:
        partners[one].add(other)
        partners[other].add(one)
    joined: dict[End, End] = {}
    for end, others in partners.items():
        declared = plan.partner(end)
        chosen = declared if declared in others else next(iter(others)) if len(others) == 1 else None
        if chosen is not None:
            joined[end] = chosen
    return {end: other for end, other in joined.items() if joined.get(other) == end}


def _named(heard: Heard) -> bool:
    return any(one.end for one in heard.neighbours)


def _devices(port: End, heard: Heard, known: Known) -> frozenset[str]:
    owners = (known.by_mac(mac) for mac in heard.macs)
    return frozenset(owner.device for owner in owners if owner and owner.device != port.device)


def _through(
    known: Known, plan: Plan, ears: Ears, by_lldp: Mapping[End, End], devices: Mapping[End, frozenset[str]]
) -> Iterator[End]:
    for port, heard in ears.at.items():
        heard_switch = any(
            one.end and known.expected.kinds.get(one.end.device) in {"switch", "emulator"}
            for one in heard.neighbours
        )
        partner = plan.partner(port)
        leads_on = partner is not None and known.expected.kinds.get(partner.device) in {"switch", "emulator"}
        moved = partner is not None and partner in by_lldp and by_lldp[partner] != port
        if heard_switch or (leads_on and not moved) or len(devices[port]) > 1 or not wired(heard):
            yield port


def _ends(heard: Heard, known: Known, devices: frozenset[str]) -> frozenset[End]:
    """The ports of the one device whose addresses are there."""
    owners = (known.by_mac(mac) for mac in heard.macs)
    return frozenset(owner for owner in owners if owner and owner.port and owner.device in devices)


_Around = tuple[Known, Plan, Ears, Mapping[End, Heard], Mapping[End, frozenset[str]]]


def _exact(port: End, ends: frozenset[End], around: _Around) -> End | None:
    """Which of a device's ports it is, by the addresses that are heard; None where they cannot tell.

    One address at another port of its server is no proof, unless that port's own address is elsewhere: a bond sends from any of its ports with
    the address of one.
    """
    known, plan, ears, places, _ = around
    partner = plan.partner(port)
    if partner in ends:
        return partner
    if len(ends) != 1:
        return None
    end = next(iter(ends))
    if partner is not None and partner.device == end.device:
        return end if any(place != port for place in _behind(partner, known, ears) & places.keys()) else None
    home = plan.partner(end)
    return end if home is None or not home.port or _away(end, home, around) else None


def _away(end: End, home: End, around: _Around) -> bool:
    """Whether an end cannot be in its declared port, whose switch was read: no link, or something else is heard there."""
    known, _, ears, _, devices = around
    heard = ears.at.get(home)
    if heard is None or heard.down:
        return heard is not None
    if _named(heard):
        return all(one.end is None or one.end.device != end.device for one in heard.neighbours)
    if devices[home]:
        own = _ends(heard, known, frozenset({end.device}))
        return end not in own and bool(own or end.device not in devices[home])
    alone = len(known.expected.nics.get(end.device, ())) == 1 and end.port != BMC
    return alone and any(one.device == home.device for one in _behind(end, known, ears))


def _behind(end: End, known: Known, ears: Ears) -> frozenset[End]:
    mac = known.expected.macs.get(end, "")
    return ears.behind.get(mac, frozenset())
