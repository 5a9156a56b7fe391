"""The declared switches -> the bridges that stand in for them, and the cables that end in their ports. Pure.

A switch is there where a server's NIC or another switch is plugged into it. Every cable has an end that lies loose in the site's namespace until
it is plugged into a port; so swapping and unplugging cables is what it is on a rack.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, ip_address

from microdc.errors import InputError
from microdc.lab import names
from microdc.lab.ports import BRIDGE, IpAddress, Port, mac_of
from microdc.lab.switch.gathering import Drawn, drawn_switches
from microdc.lab.switch.model import MANAGEMENT, Socket, SwitchPlan
from microdc.lab.switch.sockets import interface_names, short_hash
from microdc.testbed.model import Testbed

_RESERVED = ("lo", BRIDGE, MANAGEMENT)
_FIRST_OWN = 200
"""Of the lab's management network: for switches that have no address declared. Those of guests and BMCs are below."""
_INDEX_STEP = 1000
"""Interface indices of a switch's ports begin at its number times this: the kernel takes two ends of a link with equal ones for no pair."""
_MOST_PORTS = 900


def switches(testbed: Testbed, lab: str, management: IPv4Network) -> tuple[SwitchPlan, ...]:
    """One for each switch that something is plugged into. Raises InputError where two have one address, or a port two cables."""
    planned: list[SwitchPlan] = []
    for site in testbed.sites.values():
        for drawn in drawn_switches(testbed, site, lab):
            number = len(planned) + 1
            planned.append(_switch(testbed, drawn, lab, management, number))
    _refuse_twins(testbed, planned)
    return tuple(planned)


def plugged(planned: Sequence[SwitchPlan]) -> dict[tuple[str, str], Port]:
    """(Server, NIC) -> the port that its tap is, of those that are plugged into a switch of the lab."""
    return {
        socket.cable.far: Port(switch.namespace, socket.interface, socket.mac, switch.mtu)
        for switch in planned
        for socket in switch.sockets
        if socket.cable.kind == "server"
    }


def _switch(testbed: Testbed, drawn: Drawn, lab: str, management: IPv4Network, number: int) -> SwitchPlan:
    switch, site = drawn.switch, testbed.sites[drawn.switch.site]
    namespace = names.namespace(lab, switch.name)
    if len(drawn.cables) > _MOST_PORTS:
        raise InputError(
            f"{switch.name} has {len(drawn.cables)} cables: a lab's switch has {_MOST_PORTS} ports at most"
        )
    interfaces = interface_names(drawn.cables, _RESERVED)
    sockets = tuple(
        Socket(
            name,
            interfaces[name],
            place,
            number * _INDEX_STEP + place,
            mac_of(namespace, name),
            cable,
        )
        for place, (name, cable) in enumerate(drawn.cables.items(), start=1)
    )
    own = _FIRST_OWN + number
    if not switch.management and own >= management.num_addresses - 1:
        where = str(testbed.where("sites", site.name, "racks", switch.rack, "switches", switch.name))
        raise InputError(
            f"no address is left in the lab's management network for {switch.name}",
            where=where,
            hint="declare its `management`",
        )
    address = ip_address(switch.management) if switch.management else management[own]
    return SwitchPlan(
        switch.name,
        site.name,
        switch.rack,
        number,
        namespace,
        names.namespace(lab, site.name),
        address,
        switch.snmp_version or 3,
        mac_of(namespace, MANAGEMENT),
        f"MDS{short_hash(lab, switch.name).upper()}",
        site.mtu,
        sockets,
    )


def _refuse_twins(testbed: Testbed, planned: Sequence[SwitchPlan]) -> None:
    taken: dict[IpAddress, SwitchPlan] = {}
    for switch in planned:
        twin = taken.setdefault(switch.address, switch)
        if twin is not switch:
            raise InputError(
                f"{switch.name} and {twin.name} are both at {switch.address}: in a lab every switch has its own address",
                where=str(testbed.where("sites", switch.site, "racks", switch.rack, "switches", switch.name)),
            )
