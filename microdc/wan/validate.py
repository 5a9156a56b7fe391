"""Everything wrong with an inventory and its profiles, or with a single document, at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from microdc import locations
from microdc.documents.check import check as check_schema
from microdc.documents.check import nearest
from microdc.documents.model import DocumentError, Problem
from microdc.documents.reader import Document, read
from microdc.documents.schema import KINDS
from microdc.errors import InputError
from microdc.images.disk.recipe import Recipes
from microdc.testbed.load import inspect
from microdc.testbed.model import PairWan, Testbed
from microdc.topology.atlas import Atlas, load_topology
from microdc.wan.asked import of_pair
from microdc.wan.backbone import Backbone
from microdc.wan.drafts import TOPOLOGIES
from microdc.wan.paths import Paths
from microdc.wan.profile import (
    Library,
    Profile,
    UnknownProfileError,
    check,
    directories_of,
    inspect_library,
    load_library,
    parse_profile,
    with_atlas,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked and what is wrong with it. counts: how many of what, in the words of a sentence."""

    path: Path
    problems: tuple[Problem, ...]
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        return not self.problems


def validate(path: Path) -> Report:
    """Checks an inventory directory, a directory of profiles, or one document. Changes nothing, raises nothing."""
    if path.is_file():
        return _one_document(path)
    if path.is_dir() and not (path / "testbed.yaml").exists() and not (path / "sites").exists():
        return _library(path)
    return _inventory(path)


def _library(path: Path) -> Report:
    """A directory of profiles, with its topologies; or that of topologies alone."""
    alone = path.name == TOPOLOGIES
    library, problems = (Library({}), []) if alone else inspect_library(path)
    profiles = load_library(locations.data_dir("netem_profiles")) if alone else library
    atlas = Atlas(path if alone else path / TOPOLOGIES)
    problems += [problem for name in atlas for problem in _topology(atlas, name, profiles)]
    return Report(path, tuple(sorted(set(problems))), {"profiles": len(library), "topologies": len(atlas)})


def _inventory(path: Path) -> Report:
    testbed, problems = inspect(path)
    library, more = inspect_library(*directories_of(path))
    library = with_atlas(library, path)
    problems += [*more, *Recipes(path).problems()]
    if testbed is not None:
        problems += check(testbed, library)
        problems += _topologies(testbed, library, path)
        problems += _pairs(testbed, library)
    counts = _counts(testbed) if testbed is not None else {}
    return Report(path, tuple(sorted(set(problems))), {**counts, "profiles": len(library)})


def _topologies(testbed: Testbed, library: Library, inventory: Path) -> list[Problem]:
    """What is wrong with the topologies of the inventory, and with those that it names."""
    atlas = library.atlas
    own = {name for name, file in atlas.files.items() if file.is_relative_to(inventory)}
    named = {pair.topology for pair in testbed.pairs if pair.topology in atlas.files}
    return [problem for name in sorted(own | named) for problem in _topology(atlas, name, library)]


def _topology(atlas: Atlas, name: str, profiles: Mapping[str, Profile]) -> list[Problem]:
    return atlas.problems(name) or Backbone(atlas[name], profiles).problems()


def _pairs(testbed: Testbed, library: Library) -> list[Problem]:
    """What keeps a pair from being what it is asked to be: a PoP that is none, no way, what cannot be put together."""
    paths = Paths(testbed, library)
    problems: list[Problem] = []
    for pair in testbed.pairs:
        try:
            of_pair(paths, pair)
        except DocumentError as error:
            problems += error.problems
        except UnknownProfileError as unknown:
            if "/" in pair.profile + pair.backbone:  # another is told of already, with its own line
                problems.append(_of_pair(testbed, pair, unknown))
        except InputError as wrong:
            problems.append(_of_pair(testbed, pair, wrong))
    return problems


def _of_pair(testbed: Testbed, pair: PairWan, wrong: InputError) -> Problem:
    return Problem(testbed.where("pairs", pair.a, pair.b), f"{pair.a} - {pair.b}: {wrong.what}", wrong.hint)


def _counts(testbed: Testbed) -> dict[str, int]:
    racks = [rack for site in testbed.sites.values() for rack in site.racks.values()]
    return {
        "sites": len(testbed.sites),
        "racks": len(racks),
        "servers": sum(len(rack.servers) for rack in racks),
        "switches": sum(len(rack.switches) for rack in racks),
        "emulators": len(testbed.emulators),
        "pairs": len(testbed.pairs),
    }


def _one_document(path: Path) -> Report:
    """A file by itself; what it says of other files is not checked, but for the base of a profile."""
    try:
        document = read(path)
        kind = _kind(document)
        if kind == "profile":
            parse_profile(path.read_bytes(), path, load_library(locations.data_dir("netem_profiles")))
        elif kind == "topology":
            load_topology(path, Atlas(locations.data_dir("netem_profiles") / TOPOLOGIES, path.parent))
        else:
            check_schema(document, KINDS[kind])
    except DocumentError as error:
        return Report(path, error.problems)
    return Report(path, (), {f"{kind} documents": 1})


def _kind(document: Document) -> str:
    kinds = [kind for kind in KINDS if kind in document.value]
    if not kinds:
        first = next(iter(document.value), "")
        hint = nearest(first, KINDS) if first else f"start with {', '.join(KINDS)}"
        raise DocumentError([Problem(document.where(), "cannot tell what kind of document this is", hint)])
    return kinds[0]
