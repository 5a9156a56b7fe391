"""What the site document says of deploying nodes: where a site's boot services run, and what each server becomes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from microdc.documents.fields import (
    InterfaceName,
    IpAddress,
    Ipv4Address,
    MemoryField,
    Name,
    NodeAddress,
    Record,
    Secret,
    Text,
    Url,
)
from microdc.documents.reach import ReachRecord


class IronicRecord(Record):
    """OpenStack Ironic, which deploys the nodes of a site in microdc's place."""

    url: Url
    """Base URL of its API."""
    credentials: Secret | None = None
    """Reference to `user:password` for HTTP Basic. Left out: it asks for none."""
    images: Url | None = None
    """URL below which it finds disk images, unpacked: SHA-256.raw."""
    driver: Name | None = None
    """Its hardware type of the servers, such as idrac. Left out: redfish or ipmi, by their BMCs."""


class DeployRecord(ReachRecord):
    """How the nodes of a site are deployed: the host at the site where its boot services (DHCP, TFTP, HTTP) run."""

    interface: InterfaceName
    """Interface of that host on which they answer, and no other."""
    address: Ipv4Address | None = None
    """Its address there, by which nodes reach it. Left out: the one that the interface has in the network."""
    dhcp: Literal["own", "proxy"] = "own"
    """Who gives nodes their addresses while they boot. proxy: another DHCP server of the network does, and the boot services only say what to load."""
    other_dhcp: Literal["refuse", "tell"] = "refuse"
    """What is done where another DHCP server answers, or with `dhcp: proxy` none does: the boot services do not answer, or they do and only tell of it."""
    network: Name = "data"
    """Which of the site's `networks` the nodes boot from and have their addresses in: its first IPv4 network."""
    gateway: Ipv4Address | None = None
    """Default gateway of the nodes. Left out: the first address of the network, where the site has an uplink."""
    dns: list[IpAddress] = Field(default_factory=list)
    """Name servers of the nodes."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    """TCP port of the HTTP service."""
    directory: Text = "/var/lib/microdc/boot"
    """Where that host keeps images and what it noted."""
    image: Name | None = None
    """The image that nodes get which name none."""
    authorized_keys: list[Text] = Field(default_factory=list)
    """Files with the public SSH keys that may log in to nodes as root, relative to this document."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 8
    """How many nodes are deployed at once."""
    streams: Annotated[int, Field(ge=1, le=1000)] = 4
    """How many of them are sent an image at once."""
    ironic: IronicRecord | None = None
    """OpenStack Ironic in the place of microdc's own boot services."""


class DiskRecord(Record):
    """Which disk a node's system is written to. All that is said must hold, for one disk and no other."""

    serial: Text | None = None
    """Its serial number."""
    wwn: Text | None = None
    """Its world wide name."""
    model: Text | None = None
    """A part of its model's name."""
    path: Text | None = None
    """Its name under /dev/disk/by-path, such as pci-0000:00:1f.2-ata-1."""
    least: MemoryField | None = None
    """The smallest size."""
    most: MemoryField | None = None
    """The largest size."""
    kind: Literal["ssd", "hdd", "nvme"] | None = None
    """What it is."""

    @model_validator(mode="after")
    def _sizes(self) -> Self:
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("has a `least` above its `most`")
        return self


class NodeRecord(Record):
    """What a server becomes when it is deployed."""

    image: Name | None = None
    """Its image. Left out: the site's."""
    nic: InterfaceName | None = None
    """The NIC that it boots from. Left out: the first that has a `mac`."""
    address: NodeAddress | None = None
    """Its address in the site's boot network."""
    disk: DiskRecord | None = None
    """The disk that it gets its system on. Left out: its only disk; a server with several is refused."""
    firmware: Literal["bios", "uefi"] | None = None
    """How it boots. Left out: as its BMC says, or as it does."""
