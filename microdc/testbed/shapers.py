"""Where the WAN lives: every host that shapes packets, and for each of its interfaces which directions it carries. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from microdc.testbed.model import Reach, Site, Testbed

Side = Literal["uplink", "edge"]


@dataclass(frozen=True, slots=True)
class ShapedPort:
    """An interface in whose egress directions of the WAN are shaped.

    side "uplink": of an emulator, the one behind which `site` lies. It carries what the others send to `site`; packets
    are told apart by the SOURCE network. side "edge": of a server of `site`. It carries what this server sends to the
    others; packets are told apart by the DESTINATION network.
    """

    interface: str
    site: str
    side: Side


@dataclass(frozen=True, slots=True)
class Shaper:
    """A host that shapes: an emulator, or a server with an `edge`, by its name."""

    name: str
    reach: Reach
    ports: tuple[ShapedPort, ...]


def shapers(testbed: Testbed) -> tuple[Shaper, ...]:
    """All that shape: the emulators behind which a site lies, then the servers with an `edge`, in the inventory's order."""
    return (*_emulators(testbed), *_servers(testbed))


def _emulators(testbed: Testbed) -> list[Shaper]:
    behind: dict[str, list[ShapedPort]] = {}
    for site in testbed.sites.values():
        if site.uplink is not None:
            port = ShapedPort(site.uplink.interface, site.name, "uplink")
            behind.setdefault(site.uplink.emulator, []).append(port)
    return [
        Shaper(emulator.name, emulator.reach, tuple(behind[emulator.name]))
        for emulator in testbed.emulators.values()
        if emulator.name in behind
    ]


def _servers(testbed: Testbed) -> list[Shaper]:
    return [
        Shaper(server.name, server.edge.reach, (ShapedPort(server.edge.interface, site.name, "edge"),))
        for site in testbed.sites.values()
        for server in site.edges
        if server.edge is not None
    ]


def others(testbed: Testbed, port: ShapedPort) -> tuple[Site, ...]:
    """The sites at the other end of the directions that a port carries, by whose data networks it classifies.

    At an uplink: all others that are joined to the WAN. At an edge: those of them that have no uplink, since what goes
    to a site with an uplink is shaped there.
    """
    return tuple(
        site
        for site in testbed.sites.values()
        if site.name != port.site and site.joined and (port.side == "uplink" or site.uplink is None)
    )


def directions(testbed: Testbed, port: ShapedPort) -> tuple[tuple[str, str], ...]:
    """The directions that a port carries, each as (source site, target site)."""
    return tuple(
        (other.name, port.site) if port.side == "uplink" else (port.site, other.name)
        for other in others(testbed, port)
    )
