"""Where the delay of a link comes from, in words."""

from __future__ import annotations

from collections.abc import Iterable

from microdc.topology.model import Link
from microdc.units import Delay, format_delay


def told(link: Link) -> str:
    """Measured, published, derived or a profile's; with the numbers that it comes of and their source."""
    source = cited(link)
    return comes_of(link) + (f" ({source})" if source else "")


def cited(link: Link) -> str:
    """The source of its delay, "" where none is given."""
    fact = {"measured": "delay", "length": "length", "derived": "route_factor", "profile": ""}[link.origin]
    return link.sources.get(fact, "")


def comes_of(link: Link) -> str:
    """The numbers that its delay comes of."""
    fibre = "4.9 us/km" if link.medium == "fibre" else "3.336 us/km"
    match link.origin:
        case "profile":
            return f"profile {link.profile}"
        case "measured":
            rtt = format_delay(Delay(2 * (link.measured or Delay(0))))
            return f"measured {rtt} there and back"
        case "length":
            return f"length {link.km:g} km x {fibre}"
        case "derived":
            factor = f" x route factor {link.route_factor:g}" if link.route_factor != 1 else ""
            return f"derived from {link.great_circle:.0f} km of great circle{factor} x {fibre}"


def sources_told(links: Iterable[Link]) -> str:
    """Of several links what their delays come of, those of one source together."""
    by_source: dict[str, list[str]] = {}
    for link in links:
        by_source.setdefault(cited(link), []).append(f"{link.name} {comes_of(link)}")
    return "; ".join(
        ", ".join(facts) + (f" ({source})" if source else "") for source, facts in by_source.items()
    )
