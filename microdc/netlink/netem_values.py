"""Parts of a netem qdisc as values, in the kernel's own units."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """netem's slots: ns, packets, bytes; all zero is off.

    Without a table the distance of two slots is uniform in min_delay..max_delay; with one it is dist_delay ± dist_jitter.
    """

    min_delay: int = 0
    max_delay: int = 0
    max_packets: int = 0
    max_bytes: int = 0
    dist_delay: int = 0
    dist_jitter: int = 0


NO_SLOT = Slot()


@dataclass(frozen=True, slots=True)
class GeModel:
    """netem's Gilbert-Elliott model as the kernel holds it: fractions of 2**32 - 1.

    p, r: from the good state to the bad one and back. h: what the bad state lets through. k1: what the good one loses.
    """

    p: int
    r: int
    h: int
    k1: int


@dataclass(frozen=True, slots=True)
class StateModel:
    """netem's chain of four states, in the order in which the kernel holds it: fractions of 2**32 - 1."""

    p13: int
    p31: int
    p32: int
    p14: int
    p23: int


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table of delays or slots: a distribution that is known by name, or own values in 1/8192 of the jitter.

    The kernel does not give tables back. One that is not known (no name, no values) therefore equals every other.
    """

    name: str = ""
    values: tuple[int, ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.name or self.values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return not (self.known and other.known) or (self.name, self.values) == (other.name, other.values)

    def __hash__(self) -> int:
        return 0

    def __str__(self) -> str:
        return self.name or (f"own table of {len(self.values)}" if self.values else "unknown")


UNKNOWN_TABLE = Table()


@dataclass(frozen=True, slots=True, eq=False)
class Seed:
    """Where netem's chances start. None: wherever the kernel likes, so that it equals every other.

    HIDDEN: the kernel does not show one, since it knows none (before 6.7).
    """

    value: int | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Seed):
            return NotImplemented
        return None in {self.value, other.value} or self.value == other.value

    def __hash__(self) -> int:
        return 0

    def __str__(self) -> str:
        return "any" if self.value is None else "unknown to the kernel" if self == HIDDEN else str(self.value)


ANY_SEED, HIDDEN = Seed(), Seed(-1)
