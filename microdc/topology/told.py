"""Where the delay of a link comes from, in words."""

from __future__ import annotations

from microdc.topology.model import Link
from microdc.units import Delay, format_delay


def told(link: Link) -> str:
    """Measured, published, derived or a profile's; with the numbers that it comes of and their source."""
    fibre = "4.9 us/km" if link.medium == "fibre" else "3.336 us/km"
    match link.origin:
        case "profile":
            return f"profile {link.profile}"
        case "measured":
            rtt = format_delay(Delay(2 * (link.measured or Delay(0))))
            return f"measured {rtt} there and back" + _by(link, "delay")
        case "length":
            return f"length {link.km:g} km x {fibre}" + _by(link, "length")
        case "derived":
            factor = f" x route factor {link.route_factor:g}" if link.route_factor != 1 else ""
            return f"derived from {link.great_circle:.0f} km of great circle{factor} x {fibre}" + _by(
                link, "route_factor"
            )


def _by(link: Link, fact: str) -> str:
    return f" ({link.sources[fact]})" if fact in link.sources else ""
