"""What a switch tells of itself: values that do not say by which protocol they were read.

Absent is None or an empty tuple, never 0 and never "". Text of a device is text: bytes that are no UTF-8 are kept readable, not lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from microdc.remarks import Remark

Status = Literal["up", "down", "testing", "unknown", "dormant", "not present", "lower layer down"]
"""IF-MIB, ifOperStatus and ifAdminStatus."""


@dataclass(frozen=True, slots=True)
class System:
    """uptime: seconds since the agent began (sysUpTime). chassis: its own id over LLDP, as `Identifier` says."""

    name: str | None = None
    description: str | None = None
    object_id: str | None = None
    location: str | None = None
    contact: str | None = None
    uptime: float | None = None
    chassis: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Port:
    """An interface. index: ifIndex; name: ifName, or ifDescr where there is none; speed: bit/s, of ifHighSpeed where ifSpeed is saturated;

    mac: lower case with colons; kind: ifType (6 ethernetCsmacd, 161 ieee8023adLag, ...); changed: seconds since the agent began; lag: name of the
    aggregation that it is a port of, where that is told.
    """

    index: int
    name: str
    description: str | None = None
    alias: str | None = None
    mac: str | None = None
    kind: int | None = None
    mtu: int | None = None
    speed: int | None = None
    admin: Status | None = None
    oper: Status | None = None
    changed: float | None = None
    lag: str | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """What a port has counted. wide: octets and packets of 64 bits, else of 32 (errors and discards always are). None: the agent does not count it.

    octets, packets, errors, discards: in and out. discontinuity: ticks of the device's clock when the port's counters last began anew, 0 where they
    never did (ifCounterDiscontinuityTime). oper: the port's state at that moment.
    """

    index: int
    wide: bool
    in_octets: int | None = None
    out_octets: int | None = None
    in_packets: int | None = None
    out_packets: int | None = None
    in_errors: int | None = None
    out_errors: int | None = None
    in_discards: int | None = None
    out_discards: int | None = None
    discontinuity: int | None = None
    oper: Status | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The counters of all ports at one moment of the device's own clock. ticks: sysUpTime, hundredths of a second, 32 bits."""

    ticks: int
    counters: Mapping[int, Counters]


@dataclass(frozen=True, slots=True)
class Rates:
    """What a port counted in each second between two samples. None: it cannot be told."""

    index: int
    in_octets: float | None = None
    out_octets: float | None = None
    in_packets: float | None = None
    out_packets: float | None = None
    in_errors: float | None = None
    out_errors: float | None = None
    in_discards: float | None = None
    out_discards: float | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """What happened between two samples. seconds: of the device's own clock, None after its agent began anew (`restarted`): then there are no rates.

    reset: the ports whose counters began anew.
    """

    seconds: float | None
    rates: Mapping[int, Rates]
    restarted: bool = False
    reset: frozenset[int] = frozenset()


IdKind = Literal["component", "alias", "port", "mac", "address", "name", "local", "agent circuit", "unknown"]


@dataclass(frozen=True, slots=True)
class Identifier:
    """A chassis or port id of LLDP (IEEE 802.1AB, 9.5.2 and 9.5.3). text: as people write it; a MAC address in lower case with colons, also where

    the device sent it as 17 ASCII characters. told: the bytes as they came, in hexadecimal digits.
    """

    kind: IdKind
    text: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What a switch hears on one of its ports. port: the local port's name, index its ifIndex where that is known; platform: what CDP says of it."""

    port: str
    chassis: Identifier
    remote_port: Identifier
    index: int | None = None
    system: str | None = None
    system_description: str | None = None
    port_description: str | None = None
    management: tuple[str, ...] = ()
    protocol: Literal["LLDP", "CDP"] = "LLDP"
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Vlan:
    """untagged, tagged: names of ports."""

    id: int
    name: str | None = None
    untagged: tuple[str, ...] = ()
    tagged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """A row of the forwarding table: behind which port a MAC address was seen. vlan None: the table does not say."""

    mac: str
    port: str
    vlan: int | None = None
    learned: bool = True


@dataclass(frozen=True, slots=True)
class Component:
    """A part of ENTITY-MIB: chassis, module, power supply, fan, transceiver."""

    index: int
    kind: str
    name: str | None = None
    description: str | None = None
    model: str | None = None
    serial: str | None = None
    hardware: str | None = None
    firmware: str | None = None
    software: str | None = None
    inside: int | None = None


@dataclass(frozen=True, slots=True)
class Sensor:
    """ENTITY-SENSOR-MIB. unit: as UCUM writes it. value None: it tells none now."""

    name: str
    kind: str
    value: float | None
    unit: str = ""
    ok: bool | None = None


@dataclass(frozen=True, slots=True)
class Poe:
    """Power that a port gives, POWER-ETHERNET-MIB and what vendors say of it. watts None: it does not say."""

    port: str
    enabled: bool
    delivering: bool
    power_class: str | None = None
    watts: float | None = None


@dataclass(frozen=True, slots=True)
class SwitchState:
    """All that a switch told. sample: its counters, where they were asked for. remarks: what could not be read, each with its place.

    pvids: by port, the VLAN of untagged frames that come in there, where that is told and nothing contradicts it.
    """

    system: System
    ports: tuple[Port, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    vlans: tuple[Vlan, ...] = ()
    addresses: tuple[Address, ...] = ()
    components: tuple[Component, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    poe: tuple[Poe, ...] = ()
    sample: Sample | None = None
    remarks: tuple[Remark, ...] = field(default=())
    pvids: Mapping[str, int] = field(default_factory=dict)
