"""By what devices are told apart: addresses, names, chassis ids; and which of their ports a name means. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from microdc.remarks import Remark
from microdc.survey.cabling.model import End, Expected, OwnMacs, Seen
from microdc.survey.cabling.names import find
from microdc.switch.model import Port


@dataclass(frozen=True, slots=True)
class Known:
    """What the inventory and the switches themselves say of who is who.

    macs: MAC address -> the ends that have it. owners: the same where it is one device's. own: device -> its addresses. chassis: kind and text of a chassis id -> the switches that tell it as theirs. names: in lower
    case and without a domain -> device. ports: of each switch; of one that was not read, those in which a cable is declared.
    """

    expected: Expected
    seen: Seen
    macs: Mapping[str, frozenset[End]]
    owners: Mapping[str, End]
    own: Mapping[str, frozenset[str]]
    chassis: Mapping[tuple[str, str], frozenset[str]]
    names: Mapping[str, frozenset[str]]
    ports: Mapping[str, Sequence[Port]]

    def by_mac(self, mac: str) -> End | None:
        """Whose address it is; the port is "" where several of the device have it, or nobody says which. None: nobody's, or two devices'."""
        return self.owners.get(mac)

    def end(self, end: End) -> tuple[End, ...]:
        """The end as its switch writes it: several where its name may mean several ports, none where the switch has no such port."""
        if self.expected.kinds.get(end.device) != "switch" or not end.port:
            return (end,)
        return tuple(End(end.device, port.name) for port in find(end.port, self.ports[end.device]))


def known(expected: Expected, seen: Seen, own: OwnMacs) -> Known:
    """Puts together what is known. own: addresses found in devices, beside the declared ones."""
    macs = _macs(expected, seen, own)
    by_device: dict[str, set[str]] = defaultdict(set)
    for mac, ends in macs.items():
        for end in ends:
            by_device[end.device].add(mac)
    chassis: dict[tuple[str, str], set[str]] = defaultdict(set)
    names: dict[str, set[str]] = defaultdict(set)
    for device in expected.kinds:
        names[plain_name(device)].add(device)
    for switch, state in seen.items():
        if state.system.chassis:
            chassis[state.system.chassis.kind, state.system.chassis.text].add(switch)
        if state.system.name and plain_name(state.system.name):
            names[plain_name(state.system.name)].add(switch)
    return Known(
        expected,
        seen,
        {mac: frozenset(ends) for mac, ends in macs.items()},
        {mac: owner for mac, ends in macs.items() if (owner := _owner(ends))},
        {device: frozenset(addresses) for device, addresses in by_device.items()},
        {key: frozenset(switches) for key, switches in chassis.items()},
        {name: frozenset(devices) for name, devices in names.items()},
        {
            switch: _ports(switch, expected, seen)
            for switch, kind in expected.kinds.items()
            if kind == "switch"
        },
    )


def _owner(ends: Collection[End]) -> End | None:
    if len({end.device for end in ends}) != 1:
        return None
    named = [end for end in ends if end.port]
    return named[0] if len(named) == 1 else End(next(iter(ends)).device)


def _macs(expected: Expected, seen: Seen, own: OwnMacs) -> dict[str, set[End]]:
    """Every address and the ends that have it: as declared, as found, as the switches tell of their own."""
    macs: dict[str, set[End]] = defaultdict(set)
    for end, mac in expected.macs.items():
        macs[mac].add(end)
    for device, found in own.items():
        for mac in found:
            if not any(end.device == device for end in macs[mac]):
                macs[mac].add(End(device))
    for switch, state in seen.items():
        for port in state.ports:
            if port.mac:
                macs[port.mac].add(End(switch, port.name))
        if state.system.chassis and state.system.chassis.kind == "mac":
            macs[state.system.chassis.text].add(End(switch))
    return macs


def _ports(switch: str, expected: Expected, seen: Seen) -> Sequence[Port]:
    if switch in seen:
        return seen[switch].ports
    ends = (end for cable in expected.cables for end in cable.ends if end.device == switch and end.port)
    return [Port(0, end.port) for end in dict.fromkeys(ends)]


def plain_name(name: str) -> str:
    """The name of a host without its domain, in lower case."""
    return name.strip().casefold().partition(".")[0]


def twins(seen: Seen) -> tuple[Remark, ...]:
    """Switches that tell one chassis id: a copied configuration, or one device under two names."""
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for switch, state in seen.items():
        if state.system.chassis:
            told[state.system.chassis.kind, state.system.chassis.text].append(switch)
    return tuple(_twin(names, text, seen) for (_, text), names in told.items() if len(names) > 1)


def _twin(names: Sequence[str], text: str, seen: Seen) -> Remark:
    ports = [frozenset((port.index, port.name, port.mac) for port in seen[name].ports) for name in names]
    one = len(set(ports)) == 1 and bool(ports[0]) and _one(seen[name].system.name for name in names)
    why = (
        "they are one device, which two entries of the inventory lead to"
        if one
        else "neighbours are told apart by name and management address; give each an id of its own"
    )
    return Remark(", ".join(names), f"all tell the chassis id {text}: {why}")


def _one(names: Iterable[str | None]) -> bool:
    return len(set(names)) == 1
