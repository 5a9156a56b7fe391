"""Links of a backbone as rows of a table, and as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from microdc.cli.render import Styled, Table

if TYPE_CHECKING:
    from microdc.topology.model import Link

_STYLES = {"measured": "green", "length": "cyan", "derived": "yellow", "profile": "magenta"}


def links_table(links: Iterable[Link]) -> Table:
    """Delay, where it comes from, and capacity of each."""
    from microdc.topology.told import told
    from microdc.units import Delay, format_delay, format_rate

    rows = [
        (
            link.name,
            None if link.owd is None else format_delay(Delay(round(2 * link.owd, -4))),
            Styled(link.origin, _STYLES[link.origin]),
            None if link.km is None else round(link.km),
            format_rate(link.capacity) if link.capacity else None,
            told(link),
        )
        for link in links
    ]
    return Table(("link", "rtt", "delay is", "km", "capacity", "which comes of"), rows)


def link_data(link: Link) -> dict[str, Any]:
    """One link as plain data."""
    return {
        "name": link.name,
        "a": link.a,
        "b": link.b,
        "network": link.network,
        "owd_ns": link.owd,
        "delay_is": link.origin,
        "derived_owd_ns": link.derived,
        "great_circle_km": link.great_circle,
        "route_km": link.km,
        "route_factor": link.route_factor,
        "capacity_bit_per_s": link.capacity,
        "jitter_ns": link.jitter,
        "loss_percent": link.loss,
        "medium": link.medium,
        "profile": link.profile or None,
        "sources": link.sources,
    }
