"""Which pairs of a fleet are shown, in which order of sites. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from microdc.health.model import DeviceHealth, Kind, Place, State
from microdc_tui.filtering import Term, matches
from microdc_tui.pairs.cell import word
from microdc_tui.pairs.link import Link, link
from microdc_tui.pairs.regions import region
from microdc_tui.text import plain

Ends = tuple[str, str]
_CLEAR = 3
"""Lines for each site that a map can show."""
_TROUBLED = frozenset({State.DEGRADED, State.DOWN})


def links(devices: Iterable[DeviceHealth]) -> dict[Ends, Link]:
    """All pairs, by their ends."""
    found = (link(health) for health in devices if health.device.kind is Kind.PAIR)
    return {(one.a, one.b): one for one in found}


def sites(order: Sequence[str], pairs: Iterable[Ends]) -> tuple[str, ...]:
    """The sites of these pairs, in the fleet's order; those that the fleet does not name come last."""
    ends = dict.fromkeys(end for pair in pairs for end in pair)
    known = set(order)
    return (*(name for name in order if name in ends), *(name for name in ends if name not in known))


def chosen(terms: Sequence[Term], found: Mapping[Ends, Link]) -> dict[Ends, Link]:
    """The pairs for which a filter holds: by their sites, state, overlay, reasons; labels are a, b, state, overlay, origin."""
    if not terms:
        return dict(found)
    return {ends: one for ends, one in found.items() if matches(tuple(terms), *_haystack(one))}


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a map shows. note: what it leaves out, "" where nothing."""

    places: tuple[Place, ...]
    links: tuple[Link, ...]
    note: str = ""


def drawn(places: Sequence[Place], found: Iterable[Link], ends: Ends | None, *, near: bool) -> Drawn:
    """A map for the pair between `ends`. near: only of the region where both are, if there is one.

    Of a mesh, which would be a heap of lines, it has the pairs of the first of the ends, and those that are not well.
    """
    if near and ends:
        around = region(places, ends[0])
        if ends[1] in around:
            places = [place for place in places if place.name in around]
    inside = {place.name for place in places}
    whole = tuple(one for one in found if {one.a, one.b} <= inside)
    if ends is None or len(whole) <= _CLEAR * len(places):
        return Drawn(tuple(places), whole)
    kept = tuple(one for one in whole if one.state in _TROUBLED or ends[0] in {one.a, one.b})
    left_out = len(kept) < len(whole)
    return Drawn(tuple(places), kept, f"pairs of {plain(ends[0])}, and those not well" if left_out else "")


def _haystack(one: Link) -> tuple[str, Mapping[str, str]]:
    labels = {"a": one.a, "b": one.b, "state": word(one)}
    for name in ("overlay", "origin"):
        value = one.facts.get(name)
        if isinstance(value, str):
            labels[name] = value
    words = [*labels.values(), *(f"{reason.what} {reason.where}" for reason in one.reasons)]
    if one.cut:
        words.append(State.DOWN.value)
    return "\n".join(words).lower(), {name: value.lower() for name, value in labels.items()}
