"""What the overview says of a site: its own health, and what its devices add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from microdc.health.model import DeviceHealth, Kind, Place, SiteHealth, SiteReason, State
from microdc_tui.glyphs import GRAVITY
from microdc_tui.readings import nodes

FAILED = frozenset({"failed"})


@dataclass(frozen=True, slots=True)
class Summary:
    """marks: the states of its servers and then of its switches, in the fleet's order. draw: W. lan, wan: bit/s that its switches take in, that it sends to other sites.

    pairs: how many of the WAN's pairs end here in which state. nodes: how many are in which state of their deployed life, by its word; progress: 0..1, of those
    that are being worked at, None where none is. Figures that nothing tells of are None.
    """

    site: str
    title: str
    state: State
    reasons: tuple[SiteReason, ...] = ()
    servers: tuple[State, ...] = ()
    switches: tuple[State, ...] = ()
    draw: float | None = None
    lan: float | None = None
    wan: float | None = None
    pairs: Mapping[State, int] = field(default_factory=dict)
    nodes: Mapping[str, int] = field(default_factory=dict)
    progress: float | None = None
    oldest: float | None = None

    @property
    def devices(self) -> Mapping[State, int]:
        """How many servers and switches are in which state."""
        return Counter((*self.servers, *self.switches))

    @property
    def way(self) -> State | None:
        """The gravest state among its pairs, None where it has none."""
        return min(
            (state for state, count in self.pairs.items() if count), key=GRAVITY.__getitem__, default=None
        )

    @property
    def moving(self) -> int:
        """How many nodes are being worked at."""
        return sum(count for state, count in self.nodes.items() if state in nodes.MOVING)

    @property
    def failed(self) -> int:
        return sum(count for state, count in self.nodes.items() if state in FAILED)


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all sites: states counts sites, the rest as in a Summary."""

    states: Mapping[State, int]
    draw: float | None
    lan: float | None
    wan: float | None
    pairs: Mapping[State, int]
    nodes: int
    moving: int
    failed: int


@dataclass(slots=True)
class _Gathered:
    """What the devices of a site have told so far."""

    servers: list[State] = field(default_factory=list)
    switches: list[State] = field(default_factory=list)
    pairs: Counter[State] = field(default_factory=Counter)
    nodes: Counter[str] = field(default_factory=Counter)
    progress: list[float] = field(default_factory=list)

    def take(self, health: DeviceHealth) -> None:
        kind = health.device.kind
        if kind is Kind.SERVER:
            self.servers.append(health.state)
        elif kind is Kind.SWITCH:
            self.switches.append(health.state)
        elif kind is Kind.NODE:
            state = str(health.facts.get("state") or health.state.value)
            self.nodes[state] += 1
            if state in nodes.MOVING:
                self.progress.append(min(1.0, max(0.0, health.figures.get("progress", 0.0))))


def summaries(
    places: Sequence[Place], sites: Iterable[SiteHealth], devices: Iterable[DeviceHealth]
) -> tuple[Summary, ...]:
    """One for each place, in their order. devices: all of the fleet, in any order; those of no site of the fleet are left out."""
    gathered = {place.name: _Gathered() for place in places}
    for health in devices:
        if health.device.kind is Kind.PAIR:
            for end in health.device.name.split(":"):
                if end in gathered:
                    gathered[end].pairs[health.state] += 1
        elif health.device.site in gathered:
            gathered[health.device.site].take(health)
    known = {health.site: health for health in sites}
    return tuple(_summary(place, known.get(place.name), gathered[place.name]) for place in places)


def _summary(place: Place, health: SiteHealth | None, found: _Gathered) -> Summary:
    figures = health.figures if health else {}
    return Summary(
        place.name,
        place.title,
        health.state if health else State.UNKNOWN,
        health.reasons if health else (),
        tuple(found.servers),
        tuple(found.switches),
        figures.get("draw_watts"),
        figures.get("in_bits"),
        figures.get("wan_out"),
        found.pairs,
        found.nodes,
        sum(found.progress) / len(found.progress) if found.progress else None,
        health.oldest if health else None,
    )


def totals(found: Sequence[Summary], pairs: Mapping[State, int]) -> Totals:
    """What they add up to. pairs: of the fleet, since each would be counted at both its ends here."""
    return Totals(
        Counter(one.state for one in found),
        _sum(one.draw for one in found),
        _sum(one.lan for one in found),
        _sum(one.wan for one in found),
        pairs,
        sum(sum(one.nodes.values()) for one in found),
        sum(one.moving for one in found),
        sum(one.failed for one in found),
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
