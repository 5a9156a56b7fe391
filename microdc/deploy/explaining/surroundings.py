"""What is known around a node: from the documents, and from what its site's switches tell now. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from microdc.deploy.explaining.model import Facts, PortFact, Seat, Sighting
from microdc.deploy.model import NodeSpec
from microdc.survey.cabling.names import find
from microdc.switch.model import SwitchState
from microdc.testbed.model import Nic, Server, Testbed

_NO_MATTER = timedelta(seconds=2)
"""A difference of clocks that is within what the way of a message takes."""


def declared(testbed: Testbed, server: Server, spec: NodeSpec | None) -> Facts:
    """What the documents say. spec: what the server is to become, None where they do not say enough of that."""
    every = [(one, nic) for one in _servers(testbed) for nic in one.nics.values() if nic.mac]
    own = [nic for one, nic in every if one.name == server.name]
    boots = spec.nic if spec else ""
    vlan = next((nic.vlan for nic in own if nic.name == boots), None)
    deploy = testbed.sites[server.site].deploy
    return Facts(
        spec=spec,
        nics={nic.mac: nic.name for nic in own},
        others={nic.mac: one.name for one, nic in every if one.name != server.name},
        seats={nic.mac: seat for nic in own if (seat := _seat(nic))},
        boot_vlan=vlan,
        engine="ironic" if deploy is not None and deploy.ironic is not None else "",
    )


def seen_by(
    facts: Facts,
    states: Mapping[str, SwitchState],
    heard: Collection[str],
    stations: Collection[str] = (),
) -> Facts:
    """With what the switches tell, by their names.

    stations: MAC addresses of the station; heard: those that it heard. The VLAN where it is seen itself is its own, or else that of the others that it
    heard; the node is no witness of that, since its port may have moved. It matters where none is declared.
    """
    spelled = {_told(seat, states): seat for seat in facts.seats.values()}
    sightings = [
        replace(one, seat=spelled.get(one.seat, one.seat))
        for name, state in states.items()
        for one in _sightings(name, state)
    ]
    ports = [fact for seat in facts.seats.values() if (fact := _port(seat, states))]
    others = {mac for mac in heard if mac not in facts.nics}
    usual = _usual(states, stations) or _usual(states, others)
    return replace(
        facts,
        ports=tuple(ports),
        sightings=tuple(one for one in sightings if one.mac in facts.nics),
        boot_vlan=facts.boot_vlan if facts.boot_vlan is not None else usual,
    )


def _usual(states: Mapping[str, SwitchState], macs: Collection[str]) -> int | None:
    """The VLAN in which most of these addresses are seen, behind whatever port."""
    addresses = [address for state in states.values() for address in state.addresses if address.learned]
    vlans = Counter(one.vlan for one in addresses if one.mac in macs and one.vlan is not None)
    return vlans.most_common(1)[0][0] if vlans else None


def station_skew(seen: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """The clock of a station minus ours, by when it noted things and when we took them in: nothing is taken in before it was noted.

    What was taken in soonest tells most, so the greatest difference is the nearest; it falls short by the time that this one took, which is a second
    while a run follows the site.
    """
    skew = max((noted - taken for noted, taken in seen), default=timedelta(0))
    return timedelta(0) if abs(skew) <= _NO_MATTER else skew


def _servers(testbed: Testbed) -> Iterator[Server]:
    for site in testbed.sites.values():
        for rack in site.racks.values():
            yield from rack.servers.values()


def _seat(nic: Nic) -> Seat | None:
    return Seat(nic.switch, nic.port) if nic.switch and nic.port else None


def _sightings(switch: str, state: SwitchState) -> Iterator[Sighting]:
    uplinks = {neighbour.port for neighbour in state.neighbours if neighbour.chassis.kind != "unknown"}
    crowds = Counter(address.port for address in state.addresses if address.learned)
    for address in state.addresses:
        # behind a port with many others, it is another switch's to say where it is
        if address.learned and not (address.port in uplinks and crowds[address.port] > 1):
            yield Sighting(address.mac, Seat(switch, address.port), address.vlan)


def _told(seat: Seat, states: Mapping[str, SwitchState]) -> Seat:
    """A seat with the port as its switch calls it."""
    state = states.get(seat.switch)
    found = find(seat.port, state.ports) if state is not None else ()
    return Seat(seat.switch, found[0].name) if len(found) == 1 else seat


def _port(seat: Seat, states: Mapping[str, SwitchState]) -> PortFact | None:
    state = states.get(seat.switch)
    found = find(seat.port, state.ports) if state is not None else ()
    if state is None or len(found) != 1:
        return None
    port = found[0]
    untagged = [vlan.id for vlan in state.vlans if port.name in vlan.untagged]
    return PortFact(
        seat,
        up=_is_up(port.oper),
        enabled=_is_up(port.admin),
        vlan=untagged[0] if len(untagged) == 1 else None,
    )


def _is_up(status: str | None) -> bool | None:
    return None if status in {None, "unknown", "testing"} else status == "up"
