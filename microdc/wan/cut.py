"""Backbone links that are down: which pairs go another way, and what that does to them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from microdc.errors import InputError
from microdc.testbed.model import Testbed
from microdc.topology.selecting import links_named
from microdc.wan.asked import asked
from microdc.wan.model import BASE, Asked, Direction, Overlay
from microdc.wan.profile import Library


@dataclass(frozen=True, slots=True)
class Detour:
    """What becomes of the WAN while links are down. values: the directions that change. kept: pairs on which an overlay of another
    kind lies, which stays as it is.
    """

    values: Mapping[Direction, Asked]
    kept: Sequence[tuple[str, str]] = ()


def links_of(testbed: Testbed, library: Library, names: Iterable[str]) -> list[str]:
    """The links that names call, of the topologies that the testbed goes over. Raises InputError."""
    used = sorted({pair.topology for pair in testbed.pairs if pair.topology})
    if not used:
        hint = "give sites a `pop`, and no pair a profile of its own: docs/topologies.md"
        raise InputError("no pair of this testbed goes over a topology", where=testbed.name, hint=hint)
    topologies = [library.atlas[name] for name in used]
    return sorted({link.name for name in names for link in links_named(name, topologies)})


def detour(
    testbed: Testbed,
    library: Library,
    cuts: Collection[str],
    in_force: Mapping[Direction, tuple[Overlay, Asked]],
) -> Detour:
    """What has to be laid over what is in force, so that every pair goes without the links that are cut.

    Raises InputError where the inventory's WAN is not laid, which a cut is cut out of.
    """
    if not any(overlay.id == BASE for overlay, _ in in_force.values()):
        raise InputError(
            "the WAN of the inventory is not laid: there is nothing to cut", hint="microdc apply"
        )
    before, after = asked(testbed, library), asked(testbed, library, cuts)
    changed = {d: value for d, value in after.items() if value.impairment != before[d].impairment}
    kept = {d for d in changed if d in in_force and in_force[d][0].id != BASE and not in_force[d][0].cuts}
    values = {
        d: value
        for d, value in changed.items()
        if d not in kept and (d not in in_force or in_force[d][1].impairment != value.impairment)
    }
    return Detour(values, sorted({(min(d.source, d.target), max(d.source, d.target)) for d in kept}))


def cut_by(overlays: Iterable[Overlay]) -> set[str]:
    """All links that overlays cut."""
    return {link for overlay in overlays for link in overlay.cuts}


def outdated(overlays: Sequence[Overlay]) -> dict[str, list[str]]:
    """By overlay, the links that were cut when its detours were worked out and no longer are."""
    cut = cut_by(overlays)
    gone = {overlay.id: sorted(set(overlay.assumed) - cut) for overlay in overlays}
    return {ident: links for ident, links in gone.items() if links}
