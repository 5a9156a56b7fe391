"""How nodes are deployed, as values: the boot services of a site, and what a server becomes."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface

from microdc.testbed.reach import Reach


@dataclass(frozen=True, slots=True)
class Ironic:
    """OpenStack Ironic in the place of microdc's own boot services. credentials: a reference, never a value.

    images: the URL below which it finds images. driver: its hardware type, "" for what follows from the BMC.
    """

    url: str
    credentials: str = ""
    images: str = ""
    driver: str = ""


@dataclass(frozen=True, slots=True)
class Deploy:
    """How the nodes of a site are deployed.

    reach: the host where the boot services run; interface, address: on which they answer there ("" for the address that the interface has
    in the network). dhcp: own, or proxy where another server gives the addresses; other_dhcp: refuse or tell, what is done where there is another server, or with
    proxy none. network: which of the site's networks. gateway: of the nodes, "" for what follows from the site. port: TCP, of
    HTTP. directory: on that host. image: of nodes that name none. authorized_keys: files. limit: nodes at once; streams: of them, that are
    sent an image at once.
    """

    reach: Reach
    interface: str
    address: str = ""
    dhcp: str = "own"
    other_dhcp: str = "refuse"
    network: str = "data"
    gateway: str = ""
    dns: tuple[str, ...] = ()
    port: int = 8080
    directory: str = "/var/lib/microdc/boot"
    image: str = ""
    authorized_keys: tuple[str, ...] = ()
    limit: int = 8
    streams: int = 4
    ironic: Ironic | None = None


@dataclass(frozen=True, slots=True)
class DiskHints:
    """Which disk a system is written to: all that is said holds, for one disk and no other. least, most: bytes; "" and None: not said."""

    serial: str = ""
    wwn: str = ""
    model: str = ""
    path: str = ""
    least: int | None = None
    most: int | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """What a server becomes. "" and None stand for what follows from the site, or from the server itself.

    address: with /32 for an address that was written without its prefix length.
    """

    image: str = ""
    nic: str = ""
    address: IPv4Interface | None = None
    disk: DiskHints = DiskHints()
    firmware: str = ""
