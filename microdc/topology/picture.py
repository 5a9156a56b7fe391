"""A topology as a map shows it."""

from __future__ import annotations

from collections.abc import Collection

from microdc.drawing.model import Line, Node
from microdc.topology.model import Link, Pop, Topology
from microdc.units import Rate, format_delay, format_rate

_WIDTHS = (Rate(10**9), Rate(10**10), Rate(4 * 10**10), Rate(10**11), Rate(4 * 10**11))
"""Bit/s from which a line is drawn one step thicker."""
WIDTH_NAMES = {
    0: "under 1gbit, or not known",
    1: "1gbit",
    2: "10gbit",
    3: "40gbit",
    4: "100gbit",
    5: "400gbit",
}
"""What a line's thickness means."""


def picture(
    topology: Topology, cut: Collection[str] = (), highlighted: Collection[str] = ()
) -> tuple[list[Node], list[Line]]:
    """Nodes and lines. cut, highlighted: links by name."""
    nodes = [_node(pop) for pop in topology.pops.values()]
    lines = [
        Line(
            link.a,
            link.b,
            link.origin,
            _label(link),
            0 if link.capacity is None else sum(link.capacity >= least for least in _WIDTHS),
            "cut" if link.name in cut else "up",
            link.name in highlighted,
            f"{link.owd / 1e6:.3g} ms" if link.owd is not None else "",
        )
        for link in topology.links.values()
    ]
    return nodes, lines


def _node(pop: Pop) -> Node:
    lat, lon = pop.at or (None, None)
    return Node(pop.name, pop.title, lat, lon, pop.role, pop.network or pop.home)


def _label(link: Link) -> str:
    parts = [link.name, format_delay(link.owd) + " one way" if link.owd is not None else "", link.network]
    return ", ".join(p for p in [*parts, format_rate(link.capacity) if link.capacity else ""] if p)
