"""The testbed as values: sites with their racks, servers and switches, the emulators between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from microdc.documents.model import Where

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Nic:
    """A network port of a server, and the switch port that its cable should end in."""

    name: str
    mac: str = ""
    switch: str = ""
    port: str = ""


@dataclass(frozen=True, slots=True)
class Bmc:
    """How a server's management controller is reached. Credentials are a reference, never a value."""

    redfish: str = ""
    ipmi: str = ""
    credentials: str = ""
    fingerprint: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    site: str
    rack: str
    role: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    unit: int | None = None
    height: int = 1
    bmc: Bmc | None = None
    nics: Mapping[str, Nic] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Pdu:
    name: str
    site: str
    rack: str
    labels: Mapping[str, str] = field(default_factory=dict)
    unit: int | None = None
    height: int = 0
    management: str = ""


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

    access: name of the profile of the line from the site to its PoP ("" for none). networks: by purpose
    ("data", "mgmt", ...); the WAN classifies packets by the data networks. probe: the address of the host where
    measurements of this site run (`netns:NAME`, `ssh://...`, "" for none); probe_ip: the address that the other
    sites' probes send to. mtu: bytes, the largest IP packet inside the site.
    """

    name: str
    title: str = ""
    pop: str = ""
    access: str = ""
    uplink: Uplink | None = None
    networks: Mapping[str, tuple[Network, ...]] = field(default_factory=dict)
    probe: str = ""
    probe_ip: str = ""
    mtu: int = 1500
    labels: Mapping[str, str] = field(default_factory=dict)
    racks: Mapping[str, Rack] = field(default_factory=dict)

    @property
    def data_networks(self) -> tuple[Network, ...]:
        return self.networks.get("data", ())


@dataclass(frozen=True, slots=True)
class Emulator:
    """A Linux host in whose interfaces the WAN lives.

    host: `local`, `netns:NAME` or `ssh://[user@]host[:port]`. identity and known_hosts: files for ssh, resolved
    against the document that names them. via: the namespace from which an ssh connection is opened ("" for the
    caller's). mtu: bytes, the largest IP packet that its interfaces carry.
    """

    name: str
    host: str
    identity: str = ""
    known_hosts: str = ""
    via: str = ""
    mtu: int = 1500


@dataclass(frozen=True, slots=True)
class PairWan:
    """What the inventory asks of a pair of sites.

    Exactly one of the two: profile (end to end, as it is) or backbone (PoP to PoP; both sites' access lines are
    added). The profile's `up` is the direction a→b.
    """

    a: str
    b: str
    profile: str = ""
    backbone: str = ""


@dataclass(frozen=True, slots=True)
class Testbed:
    """All of it. `where(*path)` tells the place of a value in the documents.

    Paths: ("sites", NAME, *keys), ("emulators", NAME, *keys), ("pairs", A, B, *keys); of a path that no document has,
    the place of its nearest parent. pairs: every pair that is emulated, those that the default fills included.
    """

    __test__ = False  # the name is the field's; pytest is not to collect it

    name: str
    title: str
    sites: Mapping[str, Site]
    emulators: Mapping[str, Emulator]
    pairs: tuple[PairWan, ...]
    where: Callable[..., Where]
