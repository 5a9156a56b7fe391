"""The VLANs of a switch, each a bridge, and which of them a port is in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pyroute2.netlink.rtnl.ifinfmsg import IFF_UP

from microdc.lab.switch.links import IPRoute, index_of, inside, there
from microdc.lab.switch.model import Socket, SwitchPlan
from microdc.lab.switch.naming import bridge_of, strand
from microdc.lab.switch.tables.rows import AGEING


def add(switch: SwitchPlan, vlans: Iterable[int]) -> None:
    """Makes VLANs, with no port in them, where they are not there yet. Raises UnreachableError where the kernel refuses; so does all else here."""
    inside(switch.namespace, partial(_add, switch, list(vlans)))


def remove(switch: SwitchPlan, vlans: Iterable[int]) -> None:
    """Takes VLANs away; one in which somebody has put a port stays."""
    inside(switch.namespace, partial(_remove, list(vlans)))


def move_port(switch: SwitchPlan, socket: Socket) -> None:
    """Moves a port into its VLAN, whatever is plugged into it. One that closes a loop is in none, and stays so."""
    inside(switch.namespace, partial(_move_port, switch, socket))


def _add(switch: SwitchPlan, vlans: Iterable[int]) -> None:
    with IPRoute() as ip:
        for vlan in vlans:
            if there(ip, bridge_of(vlan)):
                continue
            ip.link(
                "add",
                ifname=bridge_of(vlan),
                kind="bridge",
                address=switch.mac,
                br_mcast_snooping=0,
                br_ageing_time=AGEING * 100,
                mtu=switch.mtu,
                state="up",
            )
            ip.link("set", index=index_of(ip, bridge_of(vlan)), mtu=switch.mtu, state="up")


def _remove(vlans: Iterable[int]) -> None:
    with IPRoute() as ip:
        used = {link.get_attr("IFLA_MASTER") for link in ip.get_links()}
        for vlan in vlans:
            index = there(ip, bridge_of(vlan))
            if index and index not in used:
                ip.link("del", index=index)


def _move_port(switch: SwitchPlan, socket: Socket) -> None:
    with IPRoute() as ip:
        index = index_of(ip, socket.interface)
        (link,) = ip.get_links(index)
        if link.get_attr("IFLA_MASTER"):
            ip.link("set", index=index, master=index_of(ip, bridge_of(socket.vlan)))
        on = bool(link["flags"] & IFF_UP)
    set_strands(switch, socket, up=on)


def set_strands(switch: SwitchPlan, socket: Socket, *, up: bool) -> None:
    """Of a port, in the namespace of the calling thread; down is always that of the VLAN of its untagged frames, which would go twice."""
    with IPRoute() as ip:
        for vlan in switch.vlans:
            if index := there(ip, strand(vlan, socket.number)):
                ip.link("set", index=index, state="up" if up and vlan != socket.vlan else "down")
