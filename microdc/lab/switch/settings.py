"""What was set of a port, by whomever: it is the port's, and stays when another cable comes into it, though Linux has a new interface then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from pyroute2.netlink.rtnl.ifinfmsg import IFF_UP

from microdc.lab.switch.links import IPRoute, index_of, inside
from microdc.lab.switch.model import Socket, SwitchPlan
from microdc.lab.switch.naming import vlan_of
from microdc.lab.switch.wiring import set_admin


@dataclass(frozen=True, slots=True)
class Setting:
    """vlan: None where it is in none, as a port that closes a loop."""

    up: bool
    description: str
    vlan: int | None

    def of(self, socket: Socket) -> Socket:
        """The port, in the VLAN in which it was."""
        return socket if self.vlan is None else replace(socket, vlan=self.vlan)


def read(switch: SwitchPlan, socket: Socket) -> Setting:
    """Raises UnreachableError where the port is not there; so does `restore`."""
    return inside(switch.namespace, partial(_read, socket.interface))


def restore(switch: SwitchPlan, socket: Socket, setting: Setting) -> None:
    """Sets what a cable that was plugged in does not bring, or brings from where it was: the description, and that the port is off."""
    inside(switch.namespace, partial(_describe, socket.interface, setting.description))
    if not setting.up:
        set_admin(switch, socket, up=False)


def _read(interface: str) -> Setting:
    with IPRoute() as ip:
        (link,) = ip.get_links(index_of(ip, interface))
        master = link.get_attr("IFLA_MASTER")
        bridge = ip.get_links(master)[0].get_attr("IFLA_IFNAME") if master else ""
        described = link.get_attr("IFLA_IFALIAS") or ""
        return Setting(bool(link["flags"] & IFF_UP), described, vlan_of(bridge))


def _describe(interface: str, description: str) -> None:
    with IPRoute() as ip:
        ip.link("set", index=index_of(ip, interface), ifalias=description)
