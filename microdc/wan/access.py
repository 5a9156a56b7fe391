"""Who does not keep to the access lines that the pairs of a site share. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microdc.units import Rate, format_rate
from microdc.wan.layers import lines_of
from microdc.wan.model import Asked, Direction, Plan

_NAMED = 3
"""Directions that a remark names; of more it gives the number."""


def beyond_lines(plan: Plan) -> list[str]:
    """What a plan lays end to end and is more than a shared line carries: a sentence without a full stop for each line and way."""
    return list(_beyond(plan, plan.put.values)) if plan.put else []


def _beyond(plan: Plan, values: Mapping[Direction, Asked]) -> Iterator[str]:
    sides = {port.site: port.port.side for port in plan.ports}
    into: dict[str, list[Direction]] = {}
    out: dict[str, list[Direction]] = {}
    for direction, asked in values.items():
        if not asked.shared:
            into.setdefault(direction.target, []).append(direction)
            out.setdefault(direction.source, []).append(direction)
    for site, line in lines_of(plan.overlays).items():
        uplink = sides.get(site) == "uplink"
        faster = _faster(into.get(site, []), values, line.down) if uplink else ""
        if faster and line.down:
            yield (
                f"{faster}: asked end to end, faster than the access line of {site} ({format_rate(line.down)} down): "
                "it passes all the same, and what shares the line has next to nothing meanwhile and up to a minute after"
            )
        faster = _faster(out.get(site, []), values, line.up)
        if faster and line.up:
            passes = (
                "it gets no more than that, since all that leaves the site goes through one queue"
                if uplink
                else "it passes all the same, at the expense of what shares the line"
            )
            yield f"{faster}: asked end to end, faster than the access line of {site} ({format_rate(line.up)} up): {passes}"


def _faster(directions: list[Direction], values: Mapping[Direction, Asked], line: Rate | None) -> str:
    """Those that may carry more than a line does, in words."""
    rates = {direction: values[direction].impairment.rate for direction in directions}
    found = sorted(d for d, rate in rates.items() if line is not None and (rate is None or rate > line))
    if len(found) > _NAMED:
        return f"{found[0]} and {len(found) - 1} other directions"
    return ", ".join(map(str, found))
