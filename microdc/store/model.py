"""The values of the store: who did what, when, and how it came out; leases; calibrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Outcome = Literal["open", "done", "failed", "refused", "interrupted"]
LeaseKind = Literal["lease", "maintenance"]
LeaseState = Literal["held", "planned", "expired", "released", "forced"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: on whose behalf, by which account, and the process that does it.

    started: clock ticks since boot at which the process began, and boot: the boot's id; with host and pid they name one
    process for good. 0 and "" where they are not known.
    """

    owner: str
    user: str
    host: str
    pid: int
    argv: Sequence[str]
    started: int = 0
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. Times are UTC.

    testbed: "" for what concerns none. data: what was to be done; result: what came of it. version: of the microdc that
    wrote it. ended: None while it is open.
    """

    id: int
    kind: str
    actor: Actor
    testbed: str
    summary: str
    began: datetime
    ended: datetime | None
    outcome: Outcome
    data: Mapping[str, Any]
    result: Mapping[str, Any]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of an entry. number: grows in the order in which events became visible, and never comes twice."""

    number: int
    what: Literal["began", "ended", "happened"]
    at: datetime
    entry: Entry


@dataclass(frozen=True, slots=True)
class Lease:
    """A resource that is somebody's for a while. Times are UTC; it holds from `begins` to just before `ends`.

    resource: "wan", "site:NAME" or "rack:SITE/RACK". taken: when it was asked for. token: names this lease among those of
    one holder. ended_by: who released it, or took it by force.
    """

    id: int
    testbed: str
    resource: str
    holder: str
    kind: LeaseKind
    reason: str
    begins: datetime
    ends: datetime
    taken: datetime
    token: str
    state: LeaseState = "held"
    ended_by: str = ""

    @property
    def open(self) -> bool:
        """Whether it counts, now or later."""
        return self.state in {"held", "planned"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What one direction does of itself, before anything is emulated on it.

    delay (one way) and jitter: nanoseconds. rate: bit/s, None where it was not measured. loss: percent.
    """

    source: str
    target: str
    delay: int
    jitter: int
    rate: int | None
    loss: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured of one direction, when, from which host, and how.

    fingerprint: of the parts of the testbed that the measurement depends on; another one says that it no longer holds.
    """

    testbed: str
    measured: Measured
    at: datetime
    host: str
    fingerprint: str
    method: str


@dataclass(frozen=True, slots=True)
class Info:
    """A store in figures. place: without a password. version: of the schema; known: the newest that this program knows.

    size: bytes, of a SQLite file with what belongs to it, or of the PostgreSQL database.
    """

    database: Literal["SQLite", "PostgreSQL"]
    place: str
    version: int
    known: int
    size: int
    rows: Mapping[str, int] = field(default_factory=dict)
