"""The pairs of sites, all by one probe: from what the shapers told last, and from measured round trips. It asks nobody itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from microdc.errors import MicrodcError
from microdc.health.model import Kind, Observation
from microdc.health.sources import judging_pairs as judging
from microdc.health.sources.intervals import Pace
from microdc.health.sources.judging_pairs import PairView, Trip
from microdc.health.sources.laid import Laid
from microdc.testbed.model import PairWan, Testbed
from microdc.testbed.shapers import directions, shapers
from microdc.wan.matrix import Entry, matrix
from microdc.wan.model import Direction
from microdc.wan.profile import Library

_FRESH = 3.0
"""Intervals within which a shaper must have told something, or nothing is known of the pairs that it shapes."""


class Trips(Protocol):
    """Who measures round trips."""

    def ask(self, asked: Mapping[str, float | None]) -> None:
        """By name, the round trip in seconds that is laid on each pair which has a way, None where none is; those are to be measured."""

    def newest(self, name: str) -> Trip | None:
        """What was found last of a pair; None where that is too long ago to be said of now."""


def pair_name(pair: PairWan) -> str:
    """As its device is called."""
    return f"{pair.a}:{pair.b}"


class PairsProbe:
    """All pairs; see `polling.Probe`. A pair of whose shapers one was not heard lately is left out, so that it goes stale."""

    kind = Kind.PAIR

    def __init__(
        self,
        testbed: Testbed,
        library: Library | None,
        pace: Pace,
        laid: Laid,
        trips: Trips | None = None,
    ) -> None:
        self._pairs = {pair_name(pair): pair for pair in pairs_of(testbed)}
        self.devices = tuple(f"{Kind.PAIR}/{name}" for name in self._pairs)
        self.interval, self.timeout = pace.interval, pace.timeout
        self._testbed = testbed
        self._library = library
        self._laid = laid
        self._trips = trips
        self._shapers = _shapers(testbed)
        self._entries: Mapping[tuple[str, str], Entry] | None = None

    def read(self) -> Iterable[Observation]:
        """One observation for each pair of which something is known."""
        found = list(self.views())
        if self._trips is not None:
            self._trips.ask({name: view.held for name, view in found if view.way})
        for name, view in found:
            yield Observation(
                f"{Kind.PAIR}/{name}", judging.reasons(view), judging.figures(view), judging.facts(view)
            )

    def views(self) -> Iterator[tuple[str, PairView]]:
        """The pairs of which something is known, by name."""
        fresh = self._fresh()
        in_force, through = self._laid.in_force(), self._laid.samples()
        if self._entries is None:
            self._entries = _entries(self._testbed, self._library)
        for name, pair in self._pairs.items():
            forth = Direction(pair.a, pair.b)
            both = forth, forth.reverse
            if not all(self._shapers[one] <= fresh and self._shapers[one] for one in both):
                continue
            yield (
                name,
                PairView(
                    pair,
                    in_force.get(forth),
                    in_force.get(forth.reverse),
                    (through.get(forth, ()), through.get(forth.reverse, ())),
                    self._entries.get((pair.a, pair.b)),
                    self._trips.newest(name) if self._trips else None,
                ),
            )

    def _fresh(self) -> set[str]:
        """The shapers that told something lately."""
        names = {name for some in self._shapers.values() for name in some}
        most = max(15.0, _FRESH * self.interval)
        ages = {name: self._laid.age(name) for name in names}
        return {name for name, age in ages.items() if age is not None and age <= most}


def pairs_of(testbed: Testbed) -> list[PairWan]:
    """The pairs between sites that are there and joined: of documents with mistakes not all are."""
    sites = testbed.sites
    return [
        pair
        for pair in testbed.pairs
        if all(name in sites and sites[name].joined for name in (pair.a, pair.b))
    ]


def _shapers(testbed: Testbed) -> defaultdict[Direction, set[str]]:
    """By direction, who shapes it."""
    found: defaultdict[Direction, set[str]] = defaultdict(set)
    for shaper in shapers(testbed):
        for port in shaper.ports:
            for source, target in directions(testbed, port):
                found[Direction(source, target)].add(shaper.name)
    return found


def _entries(testbed: Testbed, library: Library | None) -> dict[tuple[str, str], Entry]:
    """What the inventory asks of each pair; nothing where its documents do not say it."""
    if library is None:
        return {}
    try:
        return {(one.a, one.b): one for one in matrix(testbed, library)}
    except MicrodcError:
        return {}
