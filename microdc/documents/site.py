"""The site document: one micro data centre with its racks."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from microdc.documents.deploying import DeployRecord, NodeRecord
from microdc.documents.fields import (
    CertificateFingerprint,
    DevicePort,
    InterfaceName,
    IpAddress,
    LabelName,
    Mac,
    MemoryField,
    Name,
    Network,
    Port,
    Record,
    Secret,
    Sentence,
    Text,
    Url,
)
from microdc.documents.reach import Fingerprint, Reached, ReachRecord
from microdc.documents.topology import PopNames

Unit = Annotated[int, Field(ge=1, le=99)]
Labels = dict[LabelName, Text]


class NicRecord(Record):
    """A network port of a server, and the switch port in which its cable should end."""

    mac: Mac | None = None
    """Hardware address."""
    switch: Name | None = None
    """The switch at the other end of the cable."""
    port: Port | None = None
    """The port of that switch, as the switch calls it."""
    vlan: Annotated[int, Field(ge=1, le=4094)] | None = None
    """The VLAN of untagged frames of that switch port. Left out: nothing is said of it, and it is not looked at."""
    label: Text = ""
    """What is written on the cable."""

    @model_validator(mode="after")
    def _port_of_a_switch(self) -> Self:
        if self.port is not None and self.switch is None:
            raise ValueError("names a port without its `switch`")
        return self


class BmcRecord(Record):
    """How a server's management controller (BMC) is reached."""

    redfish: Url | None = None
    """Base URL of its Redfish service."""
    ipmi: Text | None = None
    """Host name or address of its IPMI service, where it has no Redfish."""
    credentials: Secret | None = None
    """Reference to `user:password`; never the secret itself."""
    fingerprint: CertificateFingerprint | None = None
    """SHA-256 fingerprint of its TLS certificate, for a self-signed one: `microdc bmc trust` shows and stores it."""
    ca: Text | None = None
    """File with the CA certificates that vouch for it, relative to this document, instead of the system's."""
    verify: bool = True
    """Whether its TLS certificate is verified. Prefer `fingerprint` over switching this off."""
    system: Text | None = None
    """Id of the server's system in its Redfish service, where one BMC answers for several servers."""
    via: Text | None = None
    """Network namespace of the controller from which it is reached."""
    nic: NicRecord | None = None
    """Its own network port, and where its cable should end. A cable in `cables` calls that port `bmc`."""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.redfish is None and self.ipmi is None:
            raise ValueError("says no way to reach it: write `redfish` or `ipmi`")
        if self.fingerprint is not None and self.ca is not None:
            raise ValueError("has both `fingerprint` and `ca`: write one")
        return self


class DeviceRecord(Record):
    """Something in a rack."""

    unit: Unit | None = None
    """The lowest rack unit that it fills, counted from 1 at the bottom."""
    labels: Labels = Field(default_factory=dict)
    """Free labels for selectors, such as `gpu: a2`."""


class FirmwareRecord(Record):
    """The lowest versions that are good enough, as the BMC writes versions."""

    bios: Text | None = None
    """Of the BIOS."""
    bmc: Text | None = None
    """Of the BMC itself."""


class HardwareRecord(Record):
    """What a server should consist of; `microdc inventory diff` compares it with what its BMC tells."""

    manufacturer: Sentence | None = None
    """Who made it."""
    model: Sentence | None = None
    """What it is called."""
    serial: Text | None = None
    """Its serial number."""
    processors: Annotated[int, Field(ge=1, le=1024)] | None = None
    """How many processors (sockets that are filled)."""
    memory: MemoryField | None = None
    """All of its memory."""
    modules: Annotated[int, Field(ge=1, le=1024)] | None = None
    """How many memory modules."""
    disks: Annotated[int, Field(ge=0, le=1024)] | None = None
    """How many disks."""
    power_supplies: Annotated[int, Field(ge=0, le=64)] | None = None
    """How many power supplies."""
    firmware: FirmwareRecord | None = None
    """The lowest firmware versions that are good enough."""


class EdgeRecord(ReachRecord):
    """Where a server sends into the WAN, which it then shapes itself, and how it is reached for that."""

    interface: InterfaceName
    """Interface of the server by which it sends to the other sites."""


class ServerRecord(DeviceRecord):
    """A server."""

    role: Name | None = None
    """What it is for, such as control, compute or storage."""
    height: Unit = 1
    """Rack units that it fills."""
    bmc: BmcRecord | None = None
    """Its management controller."""
    nics: dict[InterfaceName, NicRecord] = Field(default_factory=dict)
    """Its network ports by the name that its system gives them."""
    hardware: HardwareRecord | None = None
    """What it should consist of."""
    edge: EdgeRecord | None = None
    """The interface by which it sends into the WAN, where no emulator stands before the site."""
    deploy: NodeRecord | None = None
    """What it becomes when it is deployed. Left out: microdc never deploys it."""


class SnmpRecord(Record):
    """How a switch or a PDU answers SNMP."""

    version: Literal[2, 3] = 3
    """2 is v2c: the community goes over the wire unencrypted."""
    credentials: Secret | None = None
    """Reference to the community (v2c), or to `user:authentication password:privacy password` (v3: SHA-256 and AES-128)."""


class SshRecord(Record):
    """How a switch's command line is reached."""

    platform: Text
    """Its operating system: linux, frr, or netmiko's word for it, such as arista_eos."""
    credentials: Secret | None = None
    """Reference to `user:password`; where the switch asks for more, `enable:PASSWORD` in a second line."""
    host_key: Fingerprint | None = None
    """SHA-256 fingerprint of its SSH host key, as `ssh-keygen -l` shows it. Left out: the user's own known_hosts decides."""


class SwitchRecord(DeviceRecord):
    """A switch."""

    role: Name | None = None
    """What it is for, such as data or management."""
    height: Unit = 1
    """Rack units that it fills."""
    management: IpAddress | None = None
    """Address of its management port."""
    snmp: SnmpRecord | None = None
    """SNMP, by which its ports and counters are read."""
    ssh: SshRecord | None = None
    """SSH, by which its command line is read."""
    via: Text | None = None
    """Network namespace of the controller from which it is reached."""


class PduRecord(DeviceRecord):
    """A power distribution unit."""

    height: Annotated[int, Field(ge=0, le=99)] = 0
    """Rack units that it fills; 0 for a vertical one."""
    management: IpAddress | None = None
    """Address of its management port."""
    snmp: SnmpRecord | None = None
    """SNMP, by which its outlets are read and switched."""
    outlets: Literal["apc", "apc2", "raritan"] | None = None
    """By which vendor's tables its outlets are switched: PowerNet-MIB rPDU (apc) or rPDU2 (apc2), PDU2-MIB (raritan)."""
    via: Text | None = None
    """Network namespace of the controller from which it is reached."""


class CableRecord(Record):
    """Any cable that `nics` does not say already: between switches, power, console."""

    a: DevicePort
    """One end, DEVICE:PORT."""
    b: DevicePort
    """The other end, DEVICE:PORT."""
    kind: Literal["data", "power", "console"] = "data"
    """What it carries."""
    label: Text = ""
    """What is written on it."""


class RackRecord(Record):
    """A rack."""

    height: Unit = 42
    """Its rack units."""
    servers: dict[Name, ServerRecord] = Field(default_factory=dict)
    """Its servers by name."""
    switches: dict[Name, SwitchRecord] = Field(default_factory=dict)
    """Its switches by name."""
    pdus: dict[Name, PduRecord] = Field(default_factory=dict)
    """Its power distribution units by name."""
    cables: list[CableRecord] = Field(default_factory=list)
    """Its other cables."""


class UplinkRecord(Record):
    """The emulator's interface behind which the site lies."""

    emulator: Name
    """Name of the emulator, as the testbed document gives it."""
    interface: InterfaceName
    """Interface of that emulator."""


class SiteDocument(Record):
    """A site: one micro data centre, or an operator's point of presence."""

    site: Name
    """Name of the site."""
    title: Sentence | None = None
    """What people call it."""
    pop: PopNames | None = None
    """The point of presence behind its access line, TOPOLOGY/POP; or a list of them, for a site with several."""
    access: Name | None = None
    """Profile of its access line, from the site (`up`) to its PoP (`down`). Left out: it sits at the PoP."""
    uplink: UplinkRecord | None = None
    """Where it joins the emulated WAN. Left out where its servers have an `edge`."""
    networks: dict[Name, list[Network]] = Field(default_factory=dict)
    """Its IP networks by purpose. The WAN carries `data`; `mgmt` is for BMCs and switches."""
    probe: Reached = None
    """The host where measurements of this site run: netns:NAME or ssh://[user@]host[:port], or a mapping with its keys."""
    probe_ip: IpAddress | None = None
    """The address in a data network to which the other sites' probes send."""
    mtu: Annotated[int, Field(ge=576, le=65535)] = 1500
    """Largest IP packet inside the site, bytes."""
    labels: Labels = Field(default_factory=dict)
    """Free labels for selectors, such as `country: es`."""
    deploy: DeployRecord | None = None
    """How its nodes are deployed. Left out: they are not."""
    racks: dict[Name, RackRecord] = Field(default_factory=dict)
    """Its racks by name."""
