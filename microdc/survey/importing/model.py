"""What files of others state of racks, whatever their format: devices, their ports, cables, networks; every value as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from microdc.documents.model import Where
from microdc.topology.formats.model import Remark

Kind: TypeAlias = Literal["server", "switch", "pdu"]
CableKind: TypeAlias = Literal["data", "power", "console"]

MAX_BYTES = 20 * 10**6
"""Largest table or JSON file read. YAML has the limits of documents.reader."""
MAX_ROWS = 20_000
"""Most devices, ports and cables of one file: more would not fit into a document (100,000 values)."""


def short(where: Where) -> str:
    """A place by the last two names of its file, for remarks that name two: `r1/wiring.md:12`."""
    return str(Where(Path(*where.file.parts[-2:]), where.line))


@dataclass(frozen=True, slots=True)
class Device:
    """What one place states of a device.

    name: as written there. facts: by key: site, rack, unit, height, kind, role, manufacturer, model, serial, type (a device type,
    which may be described apart), oob (address of its management port or BMC), mac (of that port). labels: everything else that it
    states.
    """

    name: str
    where: Where
    facts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Port:
    """A port that is described by itself. management: the device is managed by it; bundle: a LAG; virtual: no cable can end in it."""

    device: str
    name: str
    where: Where
    mac: str = ""
    management: bool = False
    bundle: bool = False
    virtual: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """Where a cable ends. port: "" where it is not told. hint: what the device must be, since it has such an end; "" for anything."""

    device: str
    port: str = ""
    hint: Kind | Literal[""] = ""

    def __str__(self) -> str:
        return f"{self.device} {self.port}".strip() or "nowhere"


@dataclass(frozen=True, slots=True)
class Cable:
    """A cable. label: what is told of it, in words. bundle: stands for several cables, and is none itself."""

    a: End
    b: End
    where: Where
    kind: CableKind = "data"
    label: str = ""
    bundle: bool = False

    def __str__(self) -> str:
        return f"{self.a} - {self.b} ({short(self.where)})"


@dataclass(frozen=True, slots=True)
class Prefix:
    """An IP network of a site, and what it is for in words."""

    site: str
    network: str
    purpose: str
    where: Where


@dataclass(frozen=True, slots=True)
class Frame:
    """A rack. height: units; first: the number of its lowest unit; descending: its units are counted from the top."""

    site: str
    name: str
    where: Where
    height: int | None = None
    first: int = 1
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """All that was read. titles: of sites by name; heights: units by device type."""

    devices: tuple[Device, ...] = ()
    ports: tuple[Port, ...] = ()
    cables: tuple[Cable, ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    frames: tuple[Frame, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    heights: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


def together(parts: Iterable[Found]) -> Found:
    """Several files as one; of mappings, what comes first stays."""
    joined: dict[str, Any] = {}
    for part in parts:
        for item in fields(Found):
            value = getattr(part, item.name)
            before = joined.get(item.name)
            if before is None:
                joined[item.name] = value
            else:
                joined[item.name] = before + value if isinstance(value, tuple) else {**value, **before}
    return Found(**joined)


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says beside the files.

    site, rack: of devices of which nothing tells it. names: patterns such as `{site}-{role}-{rack}-u{unit}`, which tell it by the
    name. renames: names as in the files -> the name that is meant. kinds: (glob, kind), the first that fits holds. bmc: the
    protocol by which BMCs are declared, since no file tells it.
    """

    site: str = ""
    rack: str = ""
    names: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[tuple[str, Kind], ...] = ()
    bmc: Literal["redfish", "ipmi"] = "redfish"
