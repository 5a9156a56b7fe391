"""A backbone as values: PoPs and the links between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from microdc.documents.model import Where
from microdc.impairment import NO_DELAY, NO_LOSS
from microdc.topology.geo import Place
from microdc.units import Delay, Percent, Rate

Origin = Literal["measured", "length", "derived", "profile"]
"""Where a link's delay comes from: a published delay; a published length; great circle times route factor; its profile."""


@dataclass(frozen=True, slots=True)
class Pop:
    """A point of presence.

    name: TOPOLOGY/NAME, after the topology that declares it. at: latitude and longitude in degrees, None where it is not known.
    source: the citation, "" for none.
    """

    name: str
    title: str
    where: Where
    at: Place | None = None
    network: str = ""
    role: str = ""
    source: str = ""

    @property
    def home(self) -> str:
        """The topology that declares it."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Link:
    """A link, the same both ways unless its profile says otherwise.

    name: TOPOLOGY/A:B or, for one with a name, TOPOLOGY/NAME. a, b: the PoPs' full names. great_circle, km: distance of its ends and
    length of its route, km, None where not known. measured: published delay, ns one way; derived: what comes of the
    length; None each where there is none. capacity: bit/s, None for no limit. profile: of all that it does, "" for none.
    sources: citations by what they are for ("delay", "length", "capacity", "jitter", "loss", "route_factor").
    """

    name: str
    a: str
    b: str
    where: Where
    network: str = ""
    capacity: Rate | None = None
    measured: Delay | None = None
    derived: Delay | None = None
    great_circle: float | None = None
    km: float | None = None
    published_length: bool = False
    route_factor: float | None = None
    jitter: Delay = NO_DELAY
    loss: Percent = NO_LOSS
    medium: str = "fibre"
    profile: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def owd(self) -> Delay | None:
        """Ns one way: what was measured, else what is derived; None where the profile says."""
        return self.measured if self.measured is not None else self.derived

    @property
    def origin(self) -> Origin:
        if self.profile:
            return "profile"
        if self.measured is not None:
            return "measured"
        return "length" if self.published_length else "derived"

    @property
    def ends(self) -> frozenset[str]:
        return frozenset((self.a, self.b))


@dataclass(frozen=True, slots=True)
class Topology:
    """A backbone with all that it includes. pops and links are by their full names. includes: all topologies in it."""

    name: str
    description: str
    source: str
    pops: Mapping[str, Pop]
    links: Mapping[str, Link]
    where: Where
    includes: tuple[str, ...] = ()

    def without(self, links: Iterable[str]) -> Topology:
        """The same without some links, by their names."""
        gone = set(links)
        return replace(self, links={name: link for name, link in self.links.items() if name not in gone})
