"""Cables as declared, and what is said of each once the switches have told what they hear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from microdc.survey.model import Severity
from microdc.switch.model import SwitchState

DeviceKind = Literal["server", "switch", "pdu", "emulator"]

BMC = "bmc"
"""What the port of a server's BMC is called, as `cables` call it."""


@dataclass(frozen=True, slots=True, order=True)
class End:
    """One end of a cable. port: "" where only the device is known."""

    device: str
    port: str = ""

    def __str__(self) -> str:
        return f"{self.device}:{self.port}" if self.port else self.device


@dataclass(frozen=True, slots=True)
class Cabled:
    """A data cable as declared. b is a switch's end where one is; its port is "" where only the switch is declared. where: file:line."""

    a: End
    b: End
    label: str = ""
    where: str = ""

    @property
    def ends(self) -> tuple[End, End]:
        return self.a, self.b

    def other(self, end: End) -> End:
        return self.b if end == self.a else self.a

    def __str__(self) -> str:
        return f"{self.a} - {self.b}"


@dataclass(frozen=True, slots=True)
class DeclaredVlan:
    """Of untagged frames of the switch port that is declared for a NIC. where: file:line."""

    vlan: int
    where: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the inventory says: its data cables, and by what its devices are known.

    kinds: by device. nics: by server, its network ports, its BMC's (`BMC`) with them where the inventory describes it. macs: by end.
    addresses: of management, by end; that of a switch or a PDU has port "". vlans: by the server's end, where one is declared.
    """

    cables: tuple[Cabled, ...]
    kinds: Mapping[str, DeviceKind]
    nics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    macs: Mapping[End, str] = field(default_factory=dict)
    addresses: Mapping[str, End] = field(default_factory=dict)
    vlans: Mapping[End, DeclaredVlan] = field(default_factory=dict)


Seen = Mapping[str, SwitchState]
"""What switches told, by their names in the inventory; one that could not be read is not in it."""

OwnMacs = Mapping[str, tuple[str, ...]]
"""MAC addresses that were found in servers, by server, where nobody declared which port has which. Also those of emulators."""

By = Literal["LLDP", "CDP", "MAC table", "link", "VLAN"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a switch told of a port, in words."""

    by: By
    port: End
    told: str

    def __str__(self) -> str:
        return f"{self.by} of {self.port}: {self.told}"


Kind = Literal["right", "wrong", "wrong vlan", "missing", "one side", "unknown", "stranger"]

KINDS: tuple[Kind, ...] = ("wrong", "wrong vlan", "missing", "one side", "stranger", "unknown", "right")
"""What asks for a person first."""


@dataclass(frozen=True, slots=True)
class PortVlan:
    """Of untagged frames of a port: the one that is declared, and the one that the switch tells. where: file:line of the declaration."""

    declared: int
    found: int
    where: str = ""


@dataclass(frozen=True, slots=True)
class CableVerdict:
    """What is said of a declared cable, of its port's VLAN (`wrong vlan`, beside the verdict on the cable itself), or of a switch's port where

    something is that nobody declared (`stranger`).

    right: a switch hears the declared end at the declared port. wrong: something else is there, or the end is elsewhere. missing: no link, or
    nothing is heard. one side: of two switches, only one hears the other. unknown: nothing can be said, and why. severity: None where it is
    right. port: the switch's port, as declared. cable: None for a stranger. there: what is at the port instead; stands: where the declared end
    is instead; each None where it is not known or no device of ours. crossed: the cables that changed places with this one, in turn: one for
    two that are swapped. vlan: of a wrong one.
    """

    kind: Kind
    severity: Severity | None
    port: End
    reason: str
    cable: Cabled | None = None
    there: End | None = None
    stands: End | None = None
    crossed: tuple[Cabled, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    vlan: PortVlan | None = None

    @property
    def where(self) -> str:
        """The declaration that it is about, as file:line; "" for a stranger."""
        if self.vlan is not None and self.vlan.where:
            return self.vlan.where
        return self.cable.where if self.cable else ""

    @property
    def alarming(self) -> bool:
        return self.severity in {"critical", "warning"}
