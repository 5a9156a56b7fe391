"""What an explanation is made of: the timeline of a node, what is known around it, and the diagnoses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from microdc.deploy.model import Evidence, NodeSpec

Tone = Literal["", "good", "bad", "mind"]


class Certainty(StrEnum):
    """How much of a diagnosis was seen."""

    CERTAIN = "certain"  # what was seen says so itself
    LIKELY = "likely"  # it fits all that was seen, and little else does
    POSSIBLE = "possible"  # it is one of several that fit

    @property
    def rank(self) -> int:
        """0 for the most certain."""
        return list(Certainty).index(self)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a timeline. at: by the station's clock, None where the source had no clock that can be placed; times: how often, until `until`.

    evidence: the last one of them.
    """

    at: datetime | None
    text: str
    evidence: Evidence
    tone: Tone = ""
    times: int = 1
    until: datetime | None = None

    @property
    def source(self) -> str:
        return self.evidence.source

    @property
    def kind(self) -> str:
        return self.evidence.kind

    @property
    def last(self) -> datetime | None:
        """When it was seen last."""
        return self.until or self.at


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that was seen of a node, in order. left_out: entries that were dropped so that it stays readable."""

    entries: tuple[Entry, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Seat:
    """A port of a switch, where a NIC's cable should end."""

    switch: str
    port: str


@dataclass(frozen=True, slots=True)
class PortFact:
    """What a switch says of a port now. up: whether there is a signal; enabled: whether it is administratively on; vlan: untagged. None: not told."""

    seat: Seat
    up: bool | None = None
    enabled: bool | None = None
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a switch has a MAC address in its forwarding table."""

    mac: str
    seat: Seat
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """Differences of clocks, each as that clock minus the controller's. bmc None: it does not tell its time."""

    station: timedelta = timedelta(0)
    bmc: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a node beside what happened: its document, and what its switches say now.

    nics: names of its NICs by MAC; others: names of the testbed's other servers by MAC; seats: by MAC, where the cables should end; ports: of those
    seats; sightings: of its MACs; boot_vlan: the VLAN of the station, None where that is not known. engine: what deploys the nodes of its site in
    microdc's place, "" for nothing.
    """

    spec: NodeSpec | None = None
    nics: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    seats: Mapping[str, Seat] = field(default_factory=dict)
    ports: tuple[PortFact, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    boot_vlan: int | None = None
    engine: str = ""
    clocks: Clocks = Clocks()


@dataclass(frozen=True, slots=True)
class Advice:
    """The next thing to try. command: that does it or looks, "" where hands are needed."""

    what: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A cause that fits what was seen. cause: its word, see `causes`; because: the lines it rests on; next: in the order in which to try."""

    cause: str
    certainty: Certainty
    what: str
    because: tuple[str, ...] = ()
    next: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """status: one sentence; diagnoses: the most certain first, none where nothing is wrong."""

    node: str
    status: str
    timeline: Timeline
    diagnoses: tuple[Diagnosis, ...] = ()

    @property
    def healthy(self) -> bool:
        return not self.diagnoses
