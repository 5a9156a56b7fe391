"""The way between two sites: up the one's access line, over the backbone, down the other's. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from microdc.documents.check import nearest
from microdc.documents.model import DocumentError, Problem
from microdc.errors import InputError
from microdc.impairment import Impairment
from microdc.testbed.model import PairWan, Site, Testbed
from microdc.topology.model import Link, Topology
from microdc.topology.routes import Route
from microdc.units import Percent
from microdc.wan.backbone import Backbone, NoWayError, Totals, totals_of
from microdc.wan.compose import NOTHING, compose, joined, whole
from microdc.wan.model import Asked, Direction
from microdc.wan.profile import Library

PARTED = Impairment(loss=Percent(100.0))
"""What is left of a pair between which every way is cut."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One part of a path, and what it does towards b and back. near, far: the site or PoP at its ends. link: None for an access."""

    kind: Literal["access", "link", "backbone", "profile"]
    name: str
    near: str
    far: str
    forth: Impairment
    back: Impairment
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """All that lies between two sites. remarks: where it stops being meaningful, in words."""

    a: str
    b: str
    hops: tuple[Hop, ...]
    remarks: tuple[str, ...] = ()

    def reverse(self) -> Path:
        """The same, seen from the other site."""
        hops = tuple(
            replace(hop, near=hop.far, far=hop.near, forth=hop.back, back=hop.forth)
            for hop in reversed(self.hops)
        )
        return Path(self.b, self.a, hops, self.remarks)

    @property
    def forth(self) -> Impairment:
        return compose({f"{hop.name}{' ' * n}": hop.forth for n, hop in enumerate(self.hops)})

    @property
    def back(self) -> Impairment:
        """Just what is done forth where every part does the same both ways, whatever the order of adding up rounds."""
        if all(hop.forth == hop.back for hop in self.hops):
            return self.forth
        return compose({f"{hop.name}{' ' * n}": hop.back for n, hop in enumerate(reversed(self.hops))})


class _End(NamedTuple):
    """How a site hangs on a topology: its PoPs, and what adds up on its access line, up and down (None where it asks more)."""

    pops: tuple[str, ...]
    line: Totals | None


@dataclass(slots=True)
class Paths:
    """The ways between the sites of a testbed. cuts: the links that are down, by name."""

    testbed: Testbed
    library: Library
    cuts: Collection[str] = ()
    _backbones: dict[str, Backbone] = field(default_factory=dict)
    _known: dict[tuple[str, str], _End] = field(default_factory=dict)

    def backbone(self, topology: str) -> Backbone:
        """A topology without what is cut."""
        if topology not in self._backbones:
            self._backbones[topology] = Backbone(
                self.library.atlas[topology].without(self.cuts), self.library
            )
        return self._backbones[topology]

    def asked(self, pair: PairWan) -> dict[Direction, Asked]:
        """Both directions of a pair that goes over a topology. Raises NoWayError, InputError for an unknown PoP or profile.

        A pair between which every way is cut loses all.
        """
        try:
            forth, back = self._both(pair)
        except NoWayError:
            if not self.cuts:
                raise
            forth, back, origin = PARTED, PARTED, f"no way over {pair.topology}: cut"
        else:
            origin = self._origin(pair)
        there = Direction(pair.a, pair.b)
        return {there: Asked(forth, origin, shared=True), there.reverse: Asked(back, origin, shared=True)}

    def totals(self, pair: PairWan) -> Totals | None:
        """What adds up between the two sites there and back; None where a part asks more than adds up. Raises as `asked`."""
        near, far = self._end(pair.a, pair.topology).line, self._end(pair.b, pair.topology).line
        middle = self.backbone(pair.topology).totals(*self._ends(pair))
        if near is None or far is None or middle is None:
            return None
        return joined(joined(near[0], middle[0]), far[1]), joined(joined(far[0], middle[1]), near[1])

    def between(self, a: str, b: str) -> Path:
        """All that lies between two sites, from a to b. Raises as `path`, and InputError where the inventory asks nothing of them."""
        pair = next((pair for pair in self.testbed.pairs if {pair.a, pair.b} == {a, b}), None)
        if pair is None:
            raise InputError(
                f"the inventory asks nothing between {a} and {b}",
                where=self.testbed.name,
                hint="give both a `pop`, or name the pair under wan.pairs in testbed.yaml",
            )
        path = self.path(pair)
        return path if path.a == a else path.reverse()

    def path(self, pair: PairWan) -> Path:
        """Hop by hop. Raises as `asked`; NoWayError also where every way is cut."""
        if pair.topology:
            return self._over_topology(pair)
        profile = self.library[pair.profile or pair.backbone]
        if pair.profile:
            return Path(
                pair.a, pair.b, (Hop("profile", profile.name, pair.a, pair.b, profile.up, profile.down),)
            )
        a, b = self.testbed.sites[pair.a], self.testbed.sites[pair.b]
        middle = Hop("backbone", profile.name, f"{a.name}'s PoP", f"{b.name}'s PoP", profile.up, profile.down)
        return self._with_access(a, b, [middle], ())

    def _over_topology(self, pair: PairWan) -> Path:
        a, b = self.testbed.sites[pair.a], self.testbed.sites[pair.b]
        backbone, (x, y) = self.backbone(pair.topology), self._ends(pair)
        route = backbone.route(x, y)
        hops = [
            Hop("link", link.name, near, far, *both, link)
            for near, far, (link, both) in zip(
                route.pops, route.pops[1:], backbone.along(route), strict=False
            )
        ]
        return self._with_access(a, b, hops, self._remarks(a, b, route), (x, y))

    def _with_access(
        self, a: Site, b: Site, middle: list[Hop], remarks: tuple[str, ...], pops: tuple[str, str] = ("", "")
    ) -> Path:
        """A way between two PoPs with the sites' access lines at its ends."""
        x, y = (pop or f"{site.name}'s PoP" for pop, site in zip(pops, (a, b), strict=True))
        hops = list(middle)
        if a.access:
            line = self.library[a.access]
            hops.insert(0, Hop("access", line.name, a.name, x, line.up, line.down))
        if b.access:
            line = self.library[b.access]
            hops.append(Hop("access", line.name, y, b.name, line.down, line.up))
        return Path(a.name, b.name, tuple(hops), remarks)

    def _ends(self, pair: PairWan) -> tuple[str, str]:
        """The PoPs between which a pair's way goes."""
        a, b = self._end(pair.a, pair.topology).pops, self._end(pair.b, pair.topology).pops
        return (a[0], b[0]) if len(a) == len(b) == 1 else self.backbone(pair.topology).nearest(a, b)

    def _end(self, name: str, topology: str) -> _End:
        """How a site hangs on a topology. Raises DocumentError for a PoP that it does not have, UnknownProfileError for the line."""
        if (name, topology) not in self._known:
            site = self.testbed.sites[name]
            if problems := unknown_pops(self.testbed, site, self.backbone(topology).topology):
                raise DocumentError(problems)
            line = self.library[site.access] if site.access else None
            totals = totals_of(line.up, line.down) if line else (NOTHING, NOTHING)
            self._known[name, topology] = _End(site.pops, totals)
        return self._known[name, topology]

    def _both(self, pair: PairWan) -> tuple[Impairment, Impairment]:
        totals = self.totals(pair)
        if totals is not None:
            return whole(totals[0]), whole(totals[1])
        path = self.path(pair)
        return path.forth, path.back

    def _origin(self, pair: PairWan) -> str:
        a, b = (self.testbed.sites[name].access for name in (pair.a, pair.b))
        x, y = (end.removeprefix(f"{pair.topology}/") for end in self._ends(pair))
        return " + ".join(part for part in (a, f"{pair.topology} {x}:{y}", b) if part)

    def _remarks(self, a: Site, b: Site, route: Route) -> tuple[str, ...]:
        said = []
        for site, pop in ((a, route.pops[0]), (b, route.pops[-1])):
            if len(site.pops) > 1:
                said.append(
                    f"{site.name} hangs on {len(site.pops)} PoPs, and the nearest ({pop}) is taken for this pair alone: "
                    "which of them a real site uses is its routing's choice"
                )
        if route.ways > 1:
            said.append(
                f"{route.ways} ways over the backbone have the same delay, and one of them is taken: routers would spread the "
                "traffic over all, so that their capacities add up"
            )
        return tuple(said)


def unknown_pops(testbed: Testbed, site: Site, topology: Topology) -> list[Problem]:
    """The PoPs on which a site hangs and which the topology does not have."""
    where = testbed.where("sites", site.name, "pop")
    return [
        Problem(
            where,
            f"{site.name} hangs on {pop!r}, which is no PoP of {topology.name}",
            nearest(pop, topology.pops) or f"microdc topology show {topology.name} lists them",
        )
        for pop in site.pops
        if pop not in topology.pops
    ]
