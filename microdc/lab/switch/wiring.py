"""Makes switches and their cables, and plugs cables into ports and out again."""

from __future__ import annotations

import socket as sockets
from collections.abc import Iterable
from functools import partial

from microdc.lab.plan import Management
from microdc.lab.ports import BRIDGE
from microdc.lab.switch import bridges, links
from microdc.lab.switch.links import IPRoute, index_of, inside
from microdc.lab.switch.model import MANAGEMENT, Cable, Socket, SwitchPlan
from microdc.lab.switch.naming import bridge_of, loose_strand, strand
from microdc.lab.switch.sockets import short_hash

_SCOPE_LINK = 253  # rtnetlink(7), RT_SCOPE_LINK


def build(switch: SwitchPlan, management: Management) -> None:
    """The switch with its VLANs and its way to the management network, no cable in it. Its namespace is there.

    Raises UnreachableError where the kernel refuses.
    """
    # ports of a switch say nothing of their own
    inside(switch.namespace, partial(links.write, "ipv6/conf/default/disable_ipv6", "1"))
    bridges.add(switch, switch.vlans)
    inside(management.namespace, partial(_add_way_in, switch, management))
    inside(switch.namespace, partial(_set_up_way_in, switch))


def lay_cables(switches: Iterable[SwitchPlan], management: Management) -> None:
    """Makes every cable, its ends loose in the sites' namespaces; the other end of an uplink is in the site's bridge, that of a BMC's where BMCs are."""
    by_place = {(switch.name, socket.name): socket for switch in switches for socket in switch.sockets}
    made = set()
    for switch in switches:
        for socket in switch.sockets:
            cable = socket.cable
            if cable.kind == "bmc":
                _lay_to_bmc(switch, cable, management.namespace)
            elif cable.kind != "switch":
                lay(switch, cable)
            elif cable.loose not in made:
                other = by_place[cable.far].cable.loose
                made.add(other)
                _lay_to_switch(switch, cable, other)


def lay(switch: SwitchPlan, cable: Cable) -> None:
    """Makes the cable of a server, an uplink, or to a device that is not there, its end loose."""
    if cable.kind == "server":
        add = partial(links.add_tap, cable.loose)
    elif cable.kind == "uplink":
        add = partial(_add_uplink, cable.loose, switch)
    else:
        add = partial(links.add_pair, cable.loose, f"q{cable.loose[1:]}")
    inside(switch.home, add)


def _lay_to_switch(switch: SwitchPlan, cable: Cable, other: str) -> None:
    """With a strand for each VLAN that it carries beside its untagged frames."""
    inside(switch.home, partial(links.add_pair, cable.loose, other))
    for vlan in switch.strands(cable):
        ends = loose_strand(cable.loose, vlan), loose_strand(other, vlan)
        inside(switch.home, partial(links.add_pair, *ends))


def _lay_to_bmc(switch: SwitchPlan, cable: Cable, namespace: str) -> None:
    """All that the BMC ever sends there is what the kernel sends for IPv6 when the link comes up: enough to be learned."""
    end = _end_at_bmc(cable)
    inside(switch.home, partial(links.add_pair, cable.loose, end))
    inside(switch.home, partial(links.move, end, namespace, end))
    # the BMCs' addresses are all in that namespace, which would answer for them on this interface as well
    inside(namespace, partial(links.write, f"ipv4/conf/{end}/arp_ignore", "1"))
    inside(namespace, partial(links.set_up, end, cable.mac))


def speak(cable: Cable, namespace: str) -> None:
    """Lets a BMC in the namespace be heard again: its link goes and comes back, as nothing else makes it send there."""
    for up in (False, True):
        inside(namespace, partial(links.set_state, _end_at_bmc(cable), up=up))


def _end_at_bmc(cable: Cable) -> str:
    return f"d{cable.loose[1:]}"


def plug(switch: SwitchPlan, *plugs: tuple[Socket, Cable]) -> None:
    """Plugs the loose ends of cables into ports."""
    inside(switch.home, partial(_move_in, switch, plugs))
    inside(switch.namespace, partial(_join, switch, plugs))


def plug_strands(switch: SwitchPlan, socket: Socket, cable: Cable) -> None:
    """Plugs in the strands of a cable that is in a port: where the port is to another switch, as the cable is; else they stay loose."""
    if not socket.is_trunk or not switch.strands(cable):
        return
    inside(switch.home, partial(_move_strands_in, switch, socket, cable))
    inside(switch.namespace, partial(_join_strands, switch, socket, cable))


def plug_in_host(switch: SwitchPlan, socket: Socket, namespace: str, nic: str, mac: str) -> None:
    """Plugs a new cable into a port, whose other end is the NIC of a host, which is up and has no address."""
    ends = tuple(f"{letter}{short_hash(switch.name, socket.name)}" for letter in "ex")
    inside(switch.home, partial(links.add_pair, *ends))
    inside(switch.home, partial(links.move, ends[0], namespace, nic))
    inside(namespace, partial(links.set_up, nic, mac))
    plug(switch, (socket, Cable("", ends[1])))


def unplug(switch: SwitchPlan, socket: Socket, cable: Cable) -> None:
    """Pulls out the cable that is in a port, which then lies loose in the site and has no link."""
    inside(switch.namespace, partial(links.move, socket.interface, switch.home, cable.loose))
    if socket.is_trunk and switch.strands(cable):
        inside(switch.namespace, partial(_move_strands_out, switch, socket, cable))


def leave_empty(switch: SwitchPlan, socket: Socket) -> None:
    """A port in which nothing is plugged is there all the same: the end of a link whose other end is down."""
    ends = tuple(f"{letter}{short_hash(switch.name, socket.name)}" for letter in "ex")
    inside(switch.home, partial(links.add_pair, *ends))
    plug(switch, (socket, Cable("", ends[1])))


def remove(switch: SwitchPlan, socket: Socket) -> None:
    """Takes away what is plugged into a port, the cable with it."""
    inside(switch.namespace, partial(links.delete, socket.interface))


def set_admin(switch: SwitchPlan, socket: Socket, *, up: bool) -> None:
    """Turns a port on or off, its strands with it."""
    inside(switch.namespace, partial(links.set_state, socket.interface, up=up))
    inside(switch.namespace, partial(bridges.set_strands, switch, socket, up=up))


def _add_way_in(switch: SwitchPlan, management: Management) -> None:
    with IPRoute() as ip:
        bridge = index_of(ip, BRIDGE)
        far = {"ifname": MANAGEMENT, "address": switch.mac, "net_ns_fd": switch.namespace}
        near = {"ifname": f"s{short_hash(switch.name)}", "master": bridge}
        # of its own index: see lab.fabric on pairs of equal ones
        ip.link("add", kind="veth", index=switch.sockets[0].index + 999, state="up", peer=far, **near)
        source = {"prefsrc": str(management.address.ip)} if switch.address.version == 4 else {}
        ip.route("add", dst=f"{switch.address}/{switch.address.max_prefixlen}", oif=bridge, **source)


def _set_up_way_in(switch: SwitchPlan) -> None:
    if switch.address.version == 6:
        links.write(f"ipv6/conf/{MANAGEMENT}/disable_ipv6", "0")
    with IPRoute() as ip:
        index = index_of(ip, MANAGEMENT)
        ip.link("set", index=index, state="up")
        ip.addr("add", index=index, address=str(switch.address), prefixlen=switch.address.max_prefixlen)
        # on the link itself, whatever address of the management network asks
        family = sockets.AF_INET6 if switch.address.version == 6 else sockets.AF_INET
        scope = {"scope": _SCOPE_LINK} if family == sockets.AF_INET else {}
        ip.route("add", family=int(family), dst_len=0, oif=index, **scope)


def _add_uplink(name: str, switch: SwitchPlan) -> None:
    with IPRoute() as ip:
        port = f"p{name[1:]}"
        ip.link("add", ifname=name, kind="veth", peer={"ifname": port})
        ip.link("set", index=index_of(ip, port), master=index_of(ip, BRIDGE), mtu=switch.mtu, state="up")


def _move_in(switch: SwitchPlan, plugs: Iterable[tuple[Socket, Cable]]) -> None:
    """The kernel gives an interface the number of the port from 5.13 on, another one where it is older."""
    with IPRoute() as ip:
        for socket, cable in plugs:
            target = {"net_ns_fd": switch.namespace, "ifname": socket.interface, "new_ifindex": socket.index}
            ip.link("set", index=index_of(ip, cable.loose), **target)


def _join(switch: SwitchPlan, plugs: Iterable[tuple[Socket, Cable]]) -> None:
    with IPRoute() as ip:
        for socket, cable in plugs:
            index = index_of(ip, socket.interface)
            master = {"master": index_of(ip, bridge_of(socket.vlan))} if cable.forwards else {}
            ip.link("set", index=index, address=socket.mac, mtu=switch.mtu)
            ip.link("set", index=index, state="up", **master)


def _move_strands_in(switch: SwitchPlan, socket: Socket, cable: Cable) -> None:
    for vlan in switch.strands(cable):
        links.move(loose_strand(cable.loose, vlan), switch.namespace, strand(vlan, socket.number))


def _join_strands(switch: SwitchPlan, socket: Socket, cable: Cable) -> None:
    with IPRoute() as ip:
        for vlan in switch.strands(cable):
            index = index_of(ip, strand(vlan, socket.number))
            ip.link("set", index=index, master=index_of(ip, bridge_of(vlan)), mtu=switch.mtu)
    bridges.set_strands(switch, socket, up=True)


def _move_strands_out(switch: SwitchPlan, socket: Socket, cable: Cable) -> None:
    for vlan in switch.strands(cable):
        links.move(strand(vlan, socket.number), switch.home, loose_strand(cable.loose, vlan))
