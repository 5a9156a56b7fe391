"""The testbed as values: sites with their racks, servers and switches, the emulators between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from microdc.documents.model import Where
from microdc.testbed.nodes import Deploy, NodeSettings
from microdc.testbed.reach import Reach as Reach  # noqa: PLC0414  part of what this module describes

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Nic:
    """A network port of a server, and the switch port that its cable should end in. label: what is written on that cable.

    vlan: of untagged frames of that port, None where the document says nothing of it.
    """

    name: str
    mac: str = ""
    switch: str = ""
    port: str = ""
    label: str = ""
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Bmc:
    """How a server's management controller is reached. Credentials are a reference, never a value.

    fingerprint: 64 hexadecimal digits. ca: a file, resolved against the document. system: where one BMC answers for several servers.
    via: the namespace from which it is reached. nic: its own network port.
    """

    redfish: str = ""
    ipmi: str = ""
    credentials: str = ""
    fingerprint: str = ""
    ca: str = ""
    verify: bool = True
    system: str = ""
    via: str = ""
    nic: Nic | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a server should consist of; None and "" for what the document does not say. memory: bytes; bios, bmc: the lowest versions."""

    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    processors: int | None = None
    memory: int | None = None
    modules: int | None = None
    disks: int | None = None
    power_supplies: int | None = None
    bios: str = ""
    bmc: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """The interface by which a server sends into the WAN, and how the server is reached to shape it there."""

    interface: str
    reach: Reach


@dataclass(frozen=True, slots=True)
class Server:
    """A server. edge: given where no emulator stands before its site and it shapes what it sends itself. deploy: None for one that microdc never deploys."""

    name: str
    site: str
    rack: str
    role: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    unit: int | None = None
    height: int = 1
    bmc: Bmc | None = None
    nics: Mapping[str, Nic] = field(default_factory=dict)
    hardware: Expected | None = None
    edge: Edge | None = None
    deploy: NodeSettings | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    name: str
    site: str
    rack: str
    role: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    unit: int | None = None
    height: int = 1
    management: str = ""
    snmp_version: int | None = None
    snmp_credentials: str = ""
    ssh_platform: str = ""
    ssh_credentials: str = ""
    ssh_host_key: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Pdu:
    name: str
    site: str
    rack: str
    labels: Mapping[str, str] = field(default_factory=dict)
    unit: int | None = None
    height: int = 0
    management: str = ""
    snmp_version: int | None = None
    snmp_credentials: str = ""
    outlets: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Cable:
    """Any cable, by its two ends `device:port`: data, power or console."""

    a: str
    b: str
    kind: str = "data"
    label: str = ""


@dataclass(frozen=True, slots=True)
class Rack:
    name: str
    site: str
    height: int = 42
    servers: Mapping[str, Server] = field(default_factory=dict)
    switches: Mapping[str, Switch] = field(default_factory=dict)
    pdus: Mapping[str, Pdu] = field(default_factory=dict)
    cables: tuple[Cable, ...] = ()


@dataclass(frozen=True, slots=True)
class Uplink:
    """The emulator's interface behind which a site lies."""

    emulator: str
    interface: str


@dataclass(frozen=True, slots=True)
class Site:
    """One micro data centre.

    pops: the PoPs behind its access line, as TOPOLOGY/POP. access: name of the profile of the line from the site to its PoP
    ("" for none). networks: by purpose
    ("data", "mgmt", ...); the WAN classifies packets by the data networks. probe_reach: how the host is reached where
    measurements of this site run; probe_ip: the address that the other sites' probes send to. mtu: bytes, the largest
    IP packet inside the site.
    """

    name: str
    title: str = ""
    pops: tuple[str, ...] = ()
    access: str = ""
    uplink: Uplink | None = None
    networks: Mapping[str, tuple[Network, ...]] = field(default_factory=dict)
    probe_reach: Reach | None = None
    probe_ip: str = ""
    mtu: int = 1500
    labels: Mapping[str, str] = field(default_factory=dict)
    deploy: Deploy | None = None
    racks: Mapping[str, Rack] = field(default_factory=dict)

    @property
    def data_networks(self) -> tuple[Network, ...]:
        return self.networks.get("data", ())

    @property
    def probe(self) -> str:
        """The address of the host where measurements of this site run; "" for none."""
        return self.probe_reach.host if self.probe_reach else ""

    @property
    def edges(self) -> tuple[Server, ...]:
        """The servers that shape what they send into the WAN, in the order of the document."""
        return tuple(
            server for rack in self.racks.values() for server in rack.servers.values() if server.edge
        )

    @property
    def joined(self) -> bool:
        """Whether it takes part in the WAN: behind an emulator, or by its own servers."""
        return self.uplink is not None or bool(self.edges)


@dataclass(frozen=True, slots=True)
class Emulator:
    """A Linux host in whose interfaces the WAN lives. mtu: bytes, the largest IP packet that its interfaces carry."""

    name: str
    reach: Reach
    mtu: int = 1500


@dataclass(frozen=True, slots=True)
class PairWan:
    """What the inventory asks of a pair of sites.

    Exactly one of the three: profile (end to end, as it is); backbone (PoP to PoP; both sites' access lines are
    added); topology (the way between the sites' PoPs is worked out over it; access lines are added). A profile's `up`
    is the direction a→b.
    """

    a: str
    b: str
    profile: str = ""
    backbone: str = ""
    topology: str = ""

    @property
    def origin(self) -> str:
        """Where what is asked of the pair comes from, in two words."""
        if self.topology:
            return f"over {self.topology}"
        return f"profile {self.profile}" if self.profile else f"backbone {self.backbone}"


@dataclass(frozen=True, slots=True)
class Testbed:
    """All of it. `where(*path)` tells the place of a value in the documents.

    Paths: ("sites", NAME, *keys), ("emulators", NAME, *keys), ("pairs", A, B, *keys); of a path that no document has,
    the place of its nearest parent. pairs: every pair that is emulated, those that PoPs or the default fill included.
    topology: over which ways are worked out, "" for that of the PoPs.
    """

    __test__ = False  # the name is the field's; pytest is not to collect it

    name: str
    title: str
    sites: Mapping[str, Site]
    emulators: Mapping[str, Emulator]
    pairs: tuple[PairWan, ...]
    where: Callable[..., Where]
    topology: str = ""
