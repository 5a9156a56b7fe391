"""What is heard at each port of each switch: neighbours by LLDP and CDP, and the addresses that the forwarding table has behind it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from microdc.survey.cabling.identity import Identity, identify
from microdc.survey.cabling.known import Known
from microdc.survey.cabling.model import BMC, End
from microdc.survey.cabling.names import find, is_lag, is_wired
from microdc.switch.model import Port, SwitchState

_ONES_OWN = frozenset("02468aceACE")
"""The second digit of a MAC address that is one port's own; of a group's, the lowest bit is set."""


@dataclass(frozen=True, slots=True)
class Heard:
    """At one port. neighbours: by LLDP and CDP. macs: the addresses behind it. lag: the aggregation that they are behind, where it has other ports too."""

    port: Port
    neighbours: tuple[Identity, ...] = ()
    macs: frozenset[str] = frozenset()
    lag: str = ""

    @property
    def down(self) -> bool:
        return self.port.admin == "down" or self.port.oper in {"down", "lower layer down", "not present"}


@dataclass(frozen=True, slots=True)
class Ears:
    """What all switches that were read hear.

    at: by port, as the switch calls it. behind: by MAC address, as far as it is known whose, the ports, aggregations among them. deaf: switches that tell of no neighbour at
    all. blind: those whose forwarding table is empty. loose: aggregations whose ports nobody tells.
    """

    at: Mapping[End, Heard]
    behind: Mapping[str, frozenset[End]]
    deaf: frozenset[str]
    blind: frozenset[str]
    loose: frozenset[End]


@dataclass(slots=True)
class _Port:
    neighbours: list[Identity] = field(default_factory=list)
    macs: set[str] = field(default_factory=set)


def listen(known: Known) -> Ears:
    """Sorts what the switches tell by port. Addresses behind an aggregation are behind each of its ports."""
    at: dict[End, Heard] = {}
    behind: dict[str, set[End]] = defaultdict(set)
    loose: set[End] = set()
    for switch, state in known.seen.items():
        told = _by_port(state, known)
        ports = {port.name: port for port in state.ports}
        members = Counter(port.lag for port in state.ports if port.lag)
        for name, found in told.items():
            port, end = ports.get(name) or Port(0, name), End(switch, name)
            lag = told[port.lag].macs if port.lag and port.lag in told else set()
            shared = port.lag if port.lag and lag and members[port.lag] > 1 else ""
            at[end] = Heard(port, tuple(found.neighbours), frozenset(found.macs | lag), shared)
            for mac in found.macs & known.macs.keys():
                behind[mac].add(end)
            if found.macs and not members[name] and is_lag(port):
                loose.add(end)
    states = known.seen.items()
    return Ears(
        _settled(at, known),
        {mac: frozenset(ports) for mac, ports in behind.items()},
        frozenset(switch for switch, state in states if not state.neighbours),
        frozenset(switch for switch, state in states if not state.addresses),
        frozenset(loose),
    )


def _by_port(state: SwitchState, known: Known) -> Mapping[str, _Port]:
    """Neighbours and addresses by the name of the local port, as the table of ports has it."""
    told: dict[str, _Port] = defaultdict(_Port)
    for port in state.ports:
        told[port.name] = _Port()
    by_index = {port.index: port.name for port in state.ports}
    names = {port.name: port.name for port in state.ports}
    for neighbour in state.neighbours:
        name = by_index.get(neighbour.index or -1) or _name(neighbour.port, state.ports, names)
        told[name].neighbours.append(identify(neighbour, known))
    for address in state.addresses:
        if address.learned and address.mac[1:2] in _ONES_OWN:
            told[_name(address.port, state.ports, names)].macs.add(address.mac.lower())
    return dict(told)


def _settled(at: Mapping[End, Heard], known: Known) -> dict[End, Heard]:
    """With the port of each neighbour that has one network port only, as far as is declared, and is heard at one place only."""
    places: dict[str, set[End]] = defaultdict(set)
    for port, heard in at.items():
        for one in heard.neighbours:
            if one.end:
                places[one.end.device].add(port)

    def settled(one: Identity) -> Identity:
        nics = [nic for nic in known.expected.nics.get(one.end.device, ()) if nic != BMC] if one.end else []
        if one.end is None or one.end.port or len(nics) != 1 or len(places[one.end.device]) > 1:
            return one
        return replace(one, end=End(one.end.device, nics[0]))

    return {
        port: replace(heard, neighbours=tuple(map(settled, heard.neighbours))) for port, heard in at.items()
    }


def _name(text: str, ports: tuple[Port, ...], names: dict[str, str]) -> str:
    """A local port's name as the table of ports has it; the switch's tables may write it in several ways. Remembered, since many rows name it."""
    if text not in names:
        found = find(text, ports)
        names[text] = found[0].name if len(found) == 1 else text
    return names[text]


def wired(heard: Heard) -> bool:
    """Whether a cable may end there."""
    return is_wired(heard.port)
