"""Backbone links that are down: every pair that goes over the backbone is worked out without them.

What an owner has cut is one overlay. It covers every pair that goes over a topology, worked out without all links that
anyone has cut, so that the topmost of such overlays says all; in the kernel only what differs is changed. They lie above the
inventory and below what holds end to end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from microdc.errors import InputError
from microdc.testbed.model import Testbed
from microdc.topology.selecting import links_named
from microdc.wan.model import BASE, Asked, Direction, Overlay, Plan
from microdc.wan.operate import Wan
from microdc.wan.paths import Paths
from microdc.wan.planning import Wish
from microdc.wan.profile import Library
from microdc.wan.underlay import on_floor


def links_of(testbed: Testbed, library: Library, names: Iterable[str]) -> list[str]:
    """The links that names call, of the topologies that the testbed goes over. Raises InputError."""
    used = sorted({pair.topology for pair in testbed.pairs if pair.topology})
    if not used:
        hint = "give sites a `pop`, and no pair a profile of its own: docs/topologies.md"
        raise InputError("no pair of this testbed goes over a topology", where=testbed.name, hint=hint)
    topologies = [library.atlas[name] for name in used]
    within = {name for topology in topologies for name in (topology.name, *topology.includes)}
    found = set()
    for name in names:
        home = name.partition("/")[0]
        if home in library.atlas and home not in within:
            over = f"the pairs of this testbed go over {', '.join(used)}, of which {home} is no part"
            raise InputError(f"{name} is on no way: {over}", where=testbed.name)
        found |= {link.name for link in links_named(name, topologies)}
    return sorted(found)


def detours(testbed: Testbed, library: Library, cuts: Collection[str]) -> dict[Direction, Asked]:
    """Every direction that goes over a topology, without the links that are cut. Raises as `Paths.asked`."""
    paths = Paths(testbed, library, cuts)
    return {d: asked for pair in testbed.pairs if pair.topology for d, asked in paths.asked(pair).items()}


def cut_by(overlays: Iterable[Overlay]) -> set[str]:
    """All links that overlays cut."""
    return {link for overlay in overlays for link in overlay.cuts}


def own_cut(overlays: Sequence[Overlay], owner: str) -> Overlay | None:
    """What an owner has cut."""
    return next((overlay for overlay in reversed(overlays) if overlay.cuts and overlay.owner == owner), None)


def plan_cut(
    wan: Wan, library: Library, links: Sequence[str], owner: str, *, seconds: float | None = None
) -> Plan:
    """What brings it about that just these links are down for an owner. seconds: when all of them come up again; None: as before.

    Raises InputError where the inventory's WAN is not laid, out of which a cut is cut.
    """
    overlays = wan.overlays
    if not any(overlay.id == BASE for overlay in overlays):
        raise InputError(
            "the WAN of the inventory is not laid: there is nothing to cut", hint="microdc apply"
        )
    own = own_cut(overlays, owner)
    if not links:
        return plan_removal(wan, library, [own.id] if own else [])
    others = [overlay for overlay in overlays if overlay.cuts and (own is None or overlay.id != own.id)]
    end = seconds if seconds is not None else own.seconds if own else None
    summary = f"cut {', '.join(links)}"
    cut = Overlay(wan.next_id(), owner, summary, {}, end, cuts=tuple(links))
    cut = _worked_out(wan, library, cut, others)
    if own is not None and seconds is None and _same(own, cut, overlays):
        return wan.plan(Wish(summary))
    return wan.plan(Wish(summary, cut, drop=[own.id] if own else []))


def plan_removal(wan: Wan, library: Library, idents: Sequence[str]) -> Plan:
    """What takes overlays away. Where cuts go and others remain, these are worked out anew.

    Raises InputError for an overlay that is not laid.
    """
    overlays = wan.overlays
    left = [overlay for overlay in overlays if overlay.cuts and overlay.id not in idents]
    plan = wan.plan_removal(idents)
    if not left or not any(overlay.cuts for overlay in overlays if overlay.id in idents):
        return plan
    return _laid_anew(wan, library, plan.summary, left, idents)


def plan_again(wan: Wan, library: Library) -> Plan:
    """What works out anew whatever is cut, where it is not as the documents and all cuts have it now. Else a plan of nothing."""
    cuts = [overlay for overlay in wan.overlays if overlay.cuts]
    if not cuts or not outdated(wan.testbed, library, wan.overlays):
        return wan.plan(Wish("what is cut, worked out anew"))
    return _laid_anew(wan, library, "what is cut, worked out anew", cuts)


def outdated(testbed: Testbed, library: Library, overlays: Sequence[Overlay]) -> list[Direction]:
    """The directions that do not go around what is cut, or go around what no longer is: a cut ended, or documents changed.

    Raises as `detours`.
    """
    cuts = [overlay for overlay in overlays if overlay.cuts]
    if not cuts:
        return []
    right, laid = detours(testbed, library, cut_by(cuts)), cuts[-1].values
    return sorted(
        direction
        for direction in right.keys() | laid.keys()
        if direction not in right
        or direction not in laid
        or right[direction].impairment != laid[direction].impairment
    )


def _laid_anew(
    wan: Wan, library: Library, summary: str, cuts: Sequence[Overlay], gone: Sequence[str] = ()
) -> Plan:
    """The topmost of the cuts that stay takes its own place, worked out beside the others. gone: overlays that go with that."""
    *others, top = cuts
    anew = _worked_out(wan, library, replace(top, id=wan.next_id()), others)
    return wan.plan(Wish(summary, anew, drop=[*gone, top.id]))


def _worked_out(wan: Wan, library: Library, cut: Overlay, others: Sequence[Overlay]) -> Overlay:
    """With the values that hold once it is laid beside others."""
    values: Mapping[Direction, Asked] = detours(wan.testbed, library, cut_by([*others, cut]))
    if not values:
        raise InputError("no pair of this testbed goes over a topology", where=wan.testbed.name)
    return replace(cut, values=on_floor(values, wan.floors))


def _same(own: Overlay, cut: Overlay, overlays: Sequence[Overlay]) -> bool:
    """Whether it is laid already, on top of all cuts and whole."""
    top = [overlay for overlay in overlays if overlay.cuts][-1]
    return (own.id, own.values, own.cuts, list(own.missing)) == (top.id, cut.values, cut.cuts, [])
