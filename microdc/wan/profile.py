"""Profiles: documents that say what each direction of a pair or an access line does to packets, and their library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from microdc import locations
from microdc.documents.check import nearest
from microdc.documents.model import DocumentError, Problem, Where
from microdc.documents.reader import parse
from microdc.errors import InputError
from microdc.impairment import Impairment
from microdc.testbed.model import Testbed
from microdc.topology.atlas import Atlas
from microdc.topology.told import sources_told
from microdc.units import Delay
from microdc.wan.backbone import Backbone
from microdc.wan.compose import compose
from microdc.wan.drafts import TOPOLOGIES, Drafts


@dataclass(frozen=True, slots=True)
class Profile:
    """What the two directions do to packets, and where the numbers come from.

    On an access line `up` is site to PoP; on a pair A:B `up` is A to B and `down` is B to A. base: the profile that
    it inherits from, "" for none. shipped: it comes with microdc. shadows: the profile of the same name that it hides.
    """

    name: str
    description: str
    source: str
    up: Impairment
    down: Impairment
    where: Where
    base: str = ""
    shipped: bool = False
    shadows: Where | None = None

    @property
    def rtt(self) -> Delay:
        return Delay(self.up.owd + self.down.owd)

    @property
    def symmetric(self) -> bool:
        return self.up == self.down


class UnknownProfileError(InputError, KeyError):
    """No profile has this name."""

    __str__ = InputError.__str__


class Library(Mapping[str, Profile]):
    """Profiles by name, in alphabetical order. A name that is none raises UnknownProfileError with the nearest.

    TOPOLOGY/POP:POP names the profile that comes of the way between two PoPs; no list has those. atlas: the topologies.
    """

    def __init__(
        self, profiles: Mapping[str, Profile], drafts: Drafts | None = None, atlas: Atlas | None = None
    ) -> None:
        self._profiles = dict(sorted(profiles.items()))
        self.drafts = drafts or Drafts()
        self.atlas = atlas or Atlas()

    def __getitem__(self, name: str) -> Profile:
        if "/" in name:
            return derived(name, self)
        if name not in self._profiles:
            hint = nearest(name, self._profiles) or "microdc profile list shows all"
            raise UnknownProfileError(f"there is no profile {name!r}", hint=hint)
        return self._profiles[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._profiles)

    def __len__(self) -> int:
        return len(self._profiles)


def load_library(*directories: Path) -> Library:
    """The profiles of all `*.yaml` below the directories; later directories shadow earlier ones.

    Raises DocumentError with every problem of every file. A directory that does not exist is an empty one.
    """
    library, problems = inspect_library(*directories)
    if problems:
        raise DocumentError(problems)
    return library


def inspect_library(*directories: Path) -> tuple[Library, list[Problem]]:
    """The profiles that are right, and all problems of the others."""
    drafts, problems = Drafts(), []
    for directory in directories:
        problems += drafts.add_directory(directory)
    profiles: dict[str, Profile] = {}
    for name in drafts:
        try:
            profiles[name] = _profile(drafts, name)
        except DocumentError as error:
            problems += error.problems
    return Library(profiles, drafts), sorted(set(problems))


def library_of(inventory: Path) -> Library:
    """The library that ships with microdc, and over it the inventory's own `profiles/`. Raises DocumentError."""
    return with_atlas(load_library(*directories_of(inventory)), inventory)


def with_atlas(library: Library, inventory: Path) -> Library:
    """The same, with the topologies that ship with microdc, and over them the inventory's own."""
    return Library(library, library.drafts, Atlas(*topologies_of(inventory)))


def topologies_of(inventory: Path) -> tuple[Path, Path]:
    """Where the topologies that an inventory may name are kept, the shadowing directory last."""
    return locations.data_dir("netem_profiles") / TOPOLOGIES, inventory / TOPOLOGIES


def derived(name: str, library: Library) -> Profile:
    """The profile of TOPOLOGY/POP:POP: what the way of least delay between two PoPs does to packets.

    PoPs of the topology itself need no TOPOLOGY/ before their names. Raises InputError for what is none of this.
    """
    top, _, ends = name.partition("/")
    a, _, b = ends.partition(":")
    if not a or not b or ":" in b:
        hint = "write TOPOLOGY/POP:POP, such as nren-europe/paris:madrid"
        raise UnknownProfileError(f"there is no profile {name!r}", hint=hint)
    topology = library.atlas[top]
    pops = [end if "/" in end else f"{top}/{end}" for end in (a, b)]
    for end, pop in zip((a, b), pops, strict=True):
        if pop not in topology.pops:
            hint = nearest(end, [p.removeprefix(f"{top}/") for p in topology.pops])
            raise UnknownProfileError(
                f"{top} has no PoP {end!r}", hint=hint or f"microdc topology show {top} lists them"
            )
    backbone = Backbone(topology, library)
    route = backbone.route(*pops)
    ways = backbone.along(route)
    up = compose({link.name: there for link, (there, _) in ways})
    back = {link.name: home for link, (_, home) in reversed(ways)}
    down = up if all(there == home for _, (there, home) in ways) else compose(back)
    shipped = topology.where.file.is_relative_to(locations.data_dir("netem_profiles"))
    source = sources_told(route.links) or "the same PoP"
    words = f"The way between {topology.pops[pops[0]].title} and {topology.pops[pops[1]].title} over {top}"
    return Profile(name, words, source, up, down, topology.where, shipped=shipped)


def directories_of(inventory: Path) -> tuple[Path, Path]:
    """Where the profiles that an inventory may name are kept, the shadowing directory last."""
    return locations.data_dir("netem_profiles"), inventory / "profiles"


def parse_profile(data: bytes, name: Path, library: Library | None = None) -> Profile:
    """A profile from the bytes of a document called `name` in errors; its base is one of the library.

    Raises DocumentError.
    """
    drafts = library.drafts.copy() if library is not None else Drafts()
    return _profile(drafts, drafts.add(parse(data, name)))


def _profile(drafts: Drafts, name: str) -> Profile:
    draft, (up, down) = drafts[name], drafts.impairments(name)
    record = draft.record
    return Profile(
        name=name,
        description=record.description,
        source=record.source,
        up=up,
        down=down,
        where=draft.document.where(),
        base=record.base or "",
        shipped=draft.document.file.is_relative_to(locations.data_dir("netem_profiles")),
        shadows=draft.shadows,
    )


def check(testbed: Testbed, library: Library) -> list[Problem]:
    """Where the testbed names profiles that the library does not have."""
    problems = []
    for site in testbed.sites.values():
        problems += _unknown(library, site.access, testbed.where("sites", site.name, "access"))
    for pair in testbed.pairs:
        for key, name in (("profile", pair.profile), ("backbone", pair.backbone)):
            problems += _unknown(library, name, testbed.where("pairs", pair.a, pair.b, key))
    problems += unknown_topologies(testbed, library.atlas)
    return sorted(set(problems))


def unknown_topologies(testbed: Testbed, atlas: Atlas) -> list[Problem]:
    """Where topologies are named that are none. Whether they have the PoPs is known when they are read."""
    named = [(testbed.topology, testbed.where("wan", "topology"))]
    if not testbed.topology:
        homes = [(site.name, pop.partition("/")[0]) for site in testbed.sites.values() for pop in site.pops]
        named = [(home, testbed.where("sites", site, "pop")) for site, home in homes]
    return [
        Problem(where, f"unknown topology {name!r}", nearest(name, atlas.files) or "microdc topology list")
        for name, where in named
        if name and name not in atlas.files
    ]


def _unknown(library: Library, name: str, where: Where) -> list[Problem]:
    if not name or "/" in name or name in library or name in library.drafts or name in library.drafts.unread:
        return []
    hint = nearest(name, library) or "microdc profile list shows all"
    return [Problem(where, f"unknown profile {name!r}", hint)]
