"""The declared switches -> the bridges that stand in for them, and the cables that end in their ports. Pure.

A switch is there where a server's NIC or another switch is plugged into it. Every cable has an end that lies loose in the site's namespace until
it is plugged into a port; so swapping and unplugging cables is what it is on a rack.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, ip_address

from microdc.errors import InputError
from microdc.lab import names
from microdc.lab.addresses import unfit
from microdc.lab.ports import IpAddress, Port, mac_of
from microdc.lab.switch.gathering import Drawn, drawn_switches
from microdc.lab.switch.model import FRR, LINUX, MANAGEMENT, Socket, SwitchPlan
from microdc.lab.switch.sockets import interface_names, short_hash
from microdc.testbed.model import Switch, Testbed

_RESERVED = ("lo", MANAGEMENT)
_OF_BRIDGES = re.compile(r"br\d+")
"""What no port is called, whatever VLANs the switch has: a fault may bring another one."""
_FIRST_OWN = 200
"""Of the lab's management network: for switches that have no address declared. Those of guests and BMCs are below."""
_INDEX_STEP = 1000
"""Interface indices of a switch's ports begin at its number times this: the kernel takes two ends of a link with equal ones for no pair."""
_MOST_PORTS = 900


def switches(testbed: Testbed, lab: str, management: IPv4Network) -> tuple[SwitchPlan, ...]:
    """One for each switch that something is plugged into.

    Raises InputError where two have one address, where one is none that a switch can have, or a port has two cables.
    """
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
    reserved = (*_RESERVED, *filter(_OF_BRIDGES.fullmatch, drawn.cables))
    interfaces = interface_names(drawn.cables, reserved)
    sockets = tuple(
        Socket(
            name,
            interfaces[name],
            place,
            number * _INDEX_STEP + place,
            mac_of(namespace, name),
            cable,
            drawn.vlans[name],
        )
        for place, (name, cable) in enumerate(drawn.cables.items(), start=1)
    )
    return SwitchPlan(
        switch.name,
        site.name,
        switch.rack,
        number,
        namespace,
        names.namespace(lab, site.name),
        _address(testbed, switch, management, _FIRST_OWN + number),
        switch.snmp_version or 3,
        mac_of(namespace, MANAGEMENT),
        f"MDS{short_hash(lab, switch.name).upper()}",
        site.mtu,
        sockets,
        drawn.known,
        FRR if switch.ssh_platform == FRR else LINUX,
    )


def _address(testbed: Testbed, switch: Switch, management: IPv4Network, own: int) -> IpAddress:
    """The declared one, or that of this number in the lab's management network."""
    where = testbed.where("sites", switch.site, "racks", switch.rack, "switches", switch.name)
    given = management[own] if own < management.num_addresses - 1 else None
    if not switch.management:
        if given is None:
            what = f"no address is left in the lab's management network for {switch.name}"
            raise InputError(what, where=str(where), hint="declare its `management`")
        return given
    address = ip_address(switch.management)
    if address != given and (
        why := unfit(address, management)
    ):  # the lab's own inventory declares what was given
        what = f"the switch {switch.name} cannot be at {address} in a lab: {why}"
        hint = "give it an address of the site's management network, as it has in the rack"
        raise InputError(what, where=str(where), hint=hint)
    return address


def _refuse_twins(testbed: Testbed, planned: Sequence[SwitchPlan]) -> None:
    taken: dict[IpAddress, SwitchPlan] = {}
    for switch in planned:
        twin = taken.setdefault(switch.address, switch)
        if twin is not switch:
            raise InputError(
                f"{switch.name} and {twin.name} are both at {switch.address}: in a lab every switch has its own address",
                where=str(testbed.where("sites", switch.site, "racks", switch.rack, "switches", switch.name)),
            )
