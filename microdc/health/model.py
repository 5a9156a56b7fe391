"""What is polled, what a poll gave, and the health that comes of it: values, all of which can be written as JSON.

Times are Unix seconds. Figures are in base units: seconds, bits per second, watts, degrees Celsius, shares 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Kind(StrEnum):
    """What a device is, to who polls it."""

    SERVER = "server"  # through its BMC, or the outlets that feed it
    SWITCH = "switch"
    SHAPER = "shaper"  # an emulator, or a server that shapes at its edge
    PAIR = "pair"  # two sites and the WAN between them
    NODE = "node"  # a server in its deployed life, as the store has it


class State(StrEnum):
    """Health, of a device or of a site; the later the graver, but MAINTENANCE, which hides what lies under it."""

    OK = "ok"
    UNKNOWN = "unknown"  # never heard of, or not for too long
    DEGRADED = "degraded"
    DOWN = "down"
    MAINTENANCE = "maintenance"


Severity = Literal["info", "degraded", "down"]


@dataclass(frozen=True, slots=True)
class Device:
    """Something that has a health. name: unique within its kind; a pair's is `a:b`. site: "" for what belongs to none or to two. role: of a server or switch.

    rack, unit, height: where it is mounted; unit None where the inventory does not say.
    """

    kind: Kind
    name: str
    site: str = ""
    rack: str = ""
    unit: int | None = None
    height: int = 1
    role: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """`kind/name`: by this samples, tracks and series speak of it."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Place:
    """A site as the screens draw it. at: latitude and longitude in degrees of its PoP, None where no topology tells; racks: name -> units."""

    name: str
    title: str = ""
    at: tuple[float, float] | None = None
    racks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fleet:
    """All that is watched. sites in the inventory's order; devices of all kinds. problems: why part of the inventory is missing here, a line each.

    origin: where it comes from, for people: the inventory's directory, "demo", a recording.
    """

    sites: tuple[Place, ...] = ()
    devices: tuple[Device, ...] = ()
    origin: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that is not as it should be. severity: what it makes of the device, "info" nothing. where: sensor, port or part, "" for all of it."""

    severity: Severity
    what: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a poll gave nothing. kind: "unreachable" (nothing answers), "refused" (credentials, certificate), "late" (no answer in time), "fault" (it answers

    nonsense), "own" (a mistake of the program). what, where, hint as an error has them.
    """

    kind: Literal["unreachable", "refused", "late", "fault", "own"]
    what: str
    where: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a poll gave of one device. reasons: judged already. figures: by the names of `microdc.health.figures`. facts: what screens show of it (docs/health.md).

    maintenance: why nobody is to be alarmed by it, "" where it is in service.
    """

    device: str
    reasons: tuple[Reason, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    maintenance: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One poll of one device. device: its key. at: when it ended; took: seconds; next: seconds until the next is due (back-off included).

    Either `trouble` is given, or what was observed.
    """

    device: str
    at: float
    took: float = 0.0
    next: float = 0.0
    trouble: Trouble | None = None
    reasons: tuple[Reason, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    maintenance: str = ""


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """A device now. since: when it came into this state. at: of the last sample that told something, None where none did; stale: whether that is too long ago.

    reasons: those that led there, the gravest first. trouble: of the last poll, where it gave nothing. figures, facts: the last that were told.
    """

    device: Device
    state: State
    since: float
    at: float | None = None
    stale: bool = False
    reasons: tuple[Reason, ...] = ()
    trouble: Trouble | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteReason:
    """A reason of a site. device: the key of that at which it lies, "" for the site as a whole."""

    device: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class SiteHealth:
    """A site now. counts: how many of its devices are in each state. oldest: seconds since the sample that is oldest among those that hold, None without any.

    figures: summed up over the site, such as its draw.
    """

    site: str
    state: State
    reasons: tuple[SiteReason, ...] = ()
    counts: Mapping[State, int] = field(default_factory=dict)
    oldest: float | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
