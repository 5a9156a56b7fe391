"""Which pairs of a fleet are shown, in which order of sites. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from microdc.health.model import DeviceHealth, Kind, State
from microdc_tui.filtering import Term, matches
from microdc_tui.pairs.cell import word
from microdc_tui.pairs.link import Link, link

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


def drawn(found: Iterable[Link], places: int, site: str) -> tuple[tuple[Link, ...], bool]:
    """The pairs for a map of so many sites, and whether some are left out: of a mesh that would be a heap of lines only those of one site and those

    that are not well.
    """
    whole = tuple(found)
    if len(whole) <= _CLEAR * places:
        return whole, False
    kept = tuple(one for one in whole if one.state in _TROUBLED or site in {one.a, one.b})
    return kept, len(kept) < len(whole)


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
