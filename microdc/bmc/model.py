"""What a BMC tells of a server, and what can be asked of it: values that both drivers share.

Absent is always None or an empty tuple, never 0 and never "": a server that is off has no temperature, not one of 0 °C.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from microdc.remarks import Remark as Remark  # noqa: PLC0414  what is found has remarks: whoever reads it finds them here

# -- how it is reached


@dataclass(frozen=True, slots=True)
class Login:
    """A user of a BMC. The password is in no text form of it."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A BMC and how it is reached.

    name: the server's. where: its place in the documents, file:line. redfish: the base URL, "" for none; ipmi: host[:port], "" for
    none. system: the id of the server's ComputerSystem, where one BMC has several; "" where it has one. fingerprint: SHA-256 of its
    TLS certificate, pinned; cafile: CA certificates that stand in for the system's; verify False: the certificate is not looked at,
    which every report says. via: the network namespace from which connections are opened ("" for the caller's).
    """

    name: str
    where: str = ""
    redfish: str = ""
    ipmi: str = ""
    login: Login | None = None
    system: str = ""
    fingerprint: str = ""
    cafile: str = ""
    verify: bool = True
    via: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long is waited and how often is asked again. Seconds.

    connect, answer: for a connection and for one whole answer; a BMC that sends a byte now and then does not stretch it. attempts: of
    one request that may be repeated (GET, HEAD), first try included; pause: before the second attempt, doubled after each. busy: how long in all
    a BMC that is still starting or busy is waited for. answer_bytes: the largest answer that is read.
    """

    connect: float = 5.0
    answer: float = 30.0
    attempts: int = 3
    pause: float = 0.5
    busy: float = 60.0
    answer_bytes: int = 8 * 1024 * 1024


# -- power and boot


class Power(StrEnum):
    """The power state of a server."""

    ON = "on"
    OFF = "off"
    POWERING_ON = "powering on"
    POWERING_OFF = "powering off"
    PAUSED = "paused"
    UNKNOWN = "unknown"

    @property
    def settled(self) -> bool:
        """Whether it is on or off, not on the way and not unknown."""
        return self in {Power.ON, Power.OFF}


class Act(StrEnum):
    """What can be done to a server's power."""

    ON = "on"
    SHUTDOWN = "shutdown"  # asks the operating system (ACPI)
    FORCE_OFF = "force-off"
    RESTART = "restart"  # asks the operating system
    RESET = "reset"  # as the reset button does
    CYCLE = "cycle"  # power off and on again, by the BMC
    NMI = "nmi"  # a diagnostic interrupt: most systems write a crash dump and halt


class BootTarget(StrEnum):
    """Where a server boots from. OTHER: the BMC said something else, which `Boot.told` holds."""

    NONE = "none"
    PXE = "pxe"
    HTTP = "http"
    DISK = "disk"
    CD = "cd"
    BIOS = "bios"
    OTHER = "other"


class BootMode(StrEnum):
    """Which firmware interface the server boots with."""

    BIOS = "bios"
    UEFI = "uefi"


Lasting = Literal["disabled", "once", "continuous"]


@dataclass(frozen=True, slots=True)
class Boot:
    """A boot override. mode None: the BMC does not say, or (as a wish) whatever it has. told: the BMC's own word for the target."""

    target: BootTarget
    lasting: Lasting = "once"
    mode: BootMode | None = None
    told: str = ""


# -- what a driver and a BMC can do


class Feature(StrEnum):
    """What is asked of a BMC beside power and boot."""

    HARDWARE = "hardware inventory"
    FIRMWARE = "firmware inventory"
    SENSORS = "sensors"
    LOG = "event log"
    CLEAR_LOG = "clearing the event log"
    EVENTS = "events as they happen"
    LED = "identify LED"
    RESET = "restart of the BMC"
    CONSOLE = "serial console"
    BOOT_ONCE = "boot override"
    BOOT_MODE = "boot mode"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What can be asked of one server through one driver; what cannot, with the reason in words.

    lacks: by the value of an Act, BootTarget or Feature; of a BootMode nothing, whose `bios` is also a target.
    """

    acts: frozenset[Act]
    targets: frozenset[BootTarget]
    modes: frozenset[BootMode]
    features: frozenset[Feature]
    lacks: Mapping[str, str] = field(default_factory=dict)


# -- what was found


Health = Literal["ok", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a server says it is. Blank and placeholder values ("Not Available", "To be filled by O.E.M.") are left out."""

    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    sku: str | None = None
    uuid: str | None = None
    asset_tag: str | None = None
    host_name: str | None = None


@dataclass(frozen=True, slots=True)
class Processor:
    """A socket that holds a processor. cores, threads: of it; speed: MHz at most."""

    name: str
    model: str | None = None
    manufacturer: str | None = None
    architecture: str | None = None
    cores: int | None = None
    threads: int | None = None
    speed: float | None = None
    health: Health | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory module that is there. size: bytes; speed: MT/s."""

    name: str
    size: int | None = None
    kind: str | None = None
    speed: int | None = None
    manufacturer: str | None = None
    part: str | None = None
    serial: str | None = None
    health: Health | None = None


@dataclass(frozen=True, slots=True)
class FoundNic:
    """A network port. Two ports may tell the same MAC: each is one. mac: lower case with colons; speed: bit/s; link: whether a cable brings a signal.

    told: the MAC in the BMC's own words where it is none ("Not Available", 20 octets).
    """

    name: str
    mac: str | None = None
    link: bool | None = None
    speed: int | None = None
    enabled: bool | None = None
    where: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk. size: bytes."""

    name: str
    model: str | None = None
    serial: str | None = None
    size: int | None = None
    media: Literal["hdd", "ssd", "smr"] | None = None
    protocol: str | None = None
    health: Health | None = None


@dataclass(frozen=True, slots=True)
class PowerSupply:
    """A power supply that is there. capacity: watts."""

    name: str
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    capacity: float | None = None
    health: Health | None = None


@dataclass(frozen=True, slots=True)
class Firmware:
    """A firmware and its version, as the BMC writes it. kind: what survey policies speak of."""

    name: str
    version: str
    kind: Literal["bios", "bmc", "other"] = "other"


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a server consists of, as far as its BMC tells. memory: bytes in all, as the BMC sums it; None where it does not.

    remarks: what could not be read, each with its place; the rest stands.
    """

    identity: Identity
    power: Power = Power.UNKNOWN
    health: Health | None = None
    boot_mode: BootMode | None = None
    processors: tuple[Processor, ...] = ()
    processor_count: int | None = None
    memory: int | None = None
    modules: tuple[Memory, ...] = ()
    nics: tuple[FoundNic, ...] = ()
    disks: tuple[Disk, ...] = ()
    power_supplies: tuple[PowerSupply, ...] = ()
    firmware: tuple[Firmware, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def version(self, kind: Literal["bios", "bmc"]) -> str | None:
        """The version of the BIOS or of the BMC itself."""
        return next((one.version for one in self.firmware if one.kind == kind), None)


SensorKind = Literal[
    "temperature", "fan", "voltage", "current", "power", "energy", "humidity", "presence", "other"
]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """In the sensor's unit; None where the BMC has none."""

    lower_fatal: float | None = None
    lower_critical: float | None = None
    lower_warning: float | None = None
    upper_warning: float | None = None
    upper_critical: float | None = None
    upper_fatal: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A sensor. value None: it tells none now (absent, disabled, server off); state says why in a word.

    unit: Cel, RPM, %, V, A, W, kWh (UCUM symbols, as Redfish uses) or "". health: what the BMC says, or what its thresholds say where it says nothing; never
    worse than None for a sensor without a value.
    """

    name: str
    kind: SensorKind
    value: float | None = None
    unit: str = ""
    state: str = ""
    health: Health | None = None
    thresholds: Thresholds = Thresholds()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Sensors:
    """All readings of a server. power: what the server's state was when they were read."""

    readings: tuple[Reading, ...]
    power: Power = Power.UNKNOWN
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of a BMC's event log. at: as the BMC says, with its offset; None where its clock was not set. source: sensor or resource."""

    id: str
    message: str
    at: datetime | None = None
    severity: Health | None = None
    source: str = ""
    code: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """Entries of a BMC's logs, newest first. total: how many it holds, where it tells. skew: its clock minus ours, where it tells its time."""

    entries: tuple[LogEntry, ...]
    total: int | None = None
    skew: timedelta | None = None
    remarks: tuple[Remark, ...] = ()


Led = Literal["off", "on", "blinking"]


@dataclass(frozen=True, slots=True)
class Console:
    """How to see a server's serial console: a command line for a person, "" where none is known, and what the BMC offers."""

    command: str
    kinds: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
