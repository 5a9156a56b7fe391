"""What a measurement found, and what a verdict says: frozen values, ns, bit/s, percent 0..100 and packets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from microdc.errors import MicrodcError

T = TypeVar("T")


class Direction(StrEnum):
    """Which way of a pair a figure belongs to."""

    A_TO_B = "a-to-b"
    B_TO_A = "b-to-a"
    ROUND_TRIP = "round-trip"


@dataclass(frozen=True, slots=True)
class Both(Generic[T]):
    """One value for each direction of a pair."""

    a_to_b: T
    b_to_a: T

    def items(self) -> Iterator[tuple[Direction, T]]:
        """The two directions, a→b first."""
        yield Direction.A_TO_B, self.a_to_b
        yield Direction.B_TO_A, self.b_to_a

    def values(self) -> tuple[T, T]:
        """The two values, a→b first."""
        return self.a_to_b, self.b_to_a


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Stands where a figure would stand, and says why there is none."""

    why: str


@dataclass(frozen=True, slots=True)
class DelayStats:
    """A distribution of delays in ns over `count` packets; quantiles interpolate linearly between packets.

    spread: half the distance between the 15.87 % and 84.13 % quantiles, which is the standard deviation of a normal
    distribution; a few packets that a busy machine held up leave it as it is, other than `stdev`.
    """

    count: int
    minimum: int
    median: int
    p95: int
    p99: int
    maximum: int
    mean: int
    stdev: int
    spread: int


@dataclass(frozen=True, slots=True)
class LossCount:
    """Packets sent into a direction, or out for the round trip, and how many of them did not arrive.

    probe_drops: at most so many of the lost ones came through and were dropped by the receiving probe itself, whose
    programs were not scheduled in time.
    """

    sent: int
    lost: int
    probe_drops: int = 0

    def __add__(self, other: LossCount) -> LossCount:
        drops = self.probe_drops + other.probe_drops
        return LossCount(self.sent + other.sent, self.lost + other.lost, drops)


@dataclass(frozen=True, slots=True)
class ReorderCount:
    """Packets that arrived, and how many of them came after one that was sent later (RFC 4737, section 3.3)."""

    received: int
    reordered: int

    def __add__(self, other: ReorderCount) -> ReorderCount:
        return ReorderCount(self.received + other.received, self.reordered + other.reordered)


@dataclass(frozen=True, slots=True)
class Throughput:
    """UDP packets through one direction for `seconds`, start-up left out.

    rate: bit/s at the receiver. sent: bit/s that the sender managed. offered: bit/s that it was told to send. All are
    wire bytes as the kernel counts them: Ethernet, IP and UDP headers included, frame check sequence not. lost: packets
    that did not arrive in that time, those that found the queue full included. packet: bytes of each, counted so.
    """

    rate: int
    sent: int
    offered: int
    seconds: float
    lost: int
    packet: int = 1514

    @property
    def packets(self) -> float:
        """How many were sent in that time."""
        return self.sent * self.seconds / 8 / self.packet


@dataclass(frozen=True, slots=True)
class OneWay:
    """What was found in one direction.

    delay: one way; needs one clock for both ends. variation: the delay above the shortest one (RFC 5481, PDV), which the
    offset between two clocks leaves alone; its spread is the jitter.
    """

    delay: DelayStats | Unmeasured
    variation: DelayStats | Unmeasured
    loss: LossCount | Unmeasured
    reorder: ReorderCount | Unmeasured
    throughput: Throughput | Unmeasured


@dataclass(frozen=True, slots=True)
class Measurement:
    """What two probes found between them.

    tool: the program that sent the timing packets. interval: ns between those. resolution: ns, what the tool's
    output rounds the largest round trip to. clock: what the one-way delays stand on, or why there are none. notes: what
    went wrong on the way without ending the measurement.
    """

    tool: str
    interval: int
    resolution: int
    clock: str
    rtt: DelayStats | Unmeasured
    round_trip_loss: LossCount
    duplicates: int
    directions: Both[OneWay]
    notes: tuple[str, ...] = ()


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNMEASURED = "unmeasured"


Unit = Literal["ns", "bit/s", "percent", "packets"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one quantity of one direction is what was asked.

    quantity: "rtt", "owd", "jitter", "loss", "duplicates", "reordering" or "throughput". asked, measured: in `unit`; None where nothing
    was asked or found. required: whether leaving it unmeasured leaves the pair unmeasured; false where nothing was asked,
    or where another quantity tells the same.
    """

    quantity: str
    direction: Direction
    asked: float | None
    measured: float | None
    unit: Unit
    tolerance: str
    outcome: Outcome
    why: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a pair could not be measured: an error as a value."""

    what: str
    where: str = ""
    hint: str = ""

    @classmethod
    def of(cls, error: MicrodcError) -> Failure:
        """The same as a value."""
        return cls(error.what, error.where, error.hint)

    def __str__(self) -> str:
        return str(MicrodcError(self.what, where=self.where, hint=self.hint))


@dataclass(frozen=True, slots=True)
class PairResult:
    """The measurement of the pair a, b and the verdicts on it, or the failure that was in the way of both."""

    a: str
    b: str
    measurement: Measurement | None
    verdicts: tuple[Verdict, ...]
    failure: Failure | None = None

    @property
    def outcome(self) -> Outcome:
        """Fail if one verdict fails; else unmeasured if a required one could not be given; else pass."""
        if any(verdict.outcome is Outcome.FAIL for verdict in self.verdicts):
            return Outcome.FAIL
        open_ones = [v for v in self.verdicts if v.outcome is Outcome.UNMEASURED and v.required]
        return Outcome.UNMEASURED if self.failure or open_ones else Outcome.PASS
