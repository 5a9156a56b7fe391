"""Cables that changed places: two that are swapped, three that moved round. Pure.

Declared cables and those that are heard are two ways of joining ends. Where they differ, one goes from end to end, a declared cable and a heard one
in turn; back at the beginning, the declared ones on the way are those that changed places.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from microdc.survey.cabling.laying import Laid, Plan
from microdc.survey.cabling.model import End


def crossed(wrong: Collection[Laid], joined: Mapping[End, End], plan: Plan) -> dict[Laid, tuple[Laid, ...]]:
    """For each wrong cable that changed places with others: those, in turn."""
    found: dict[Laid, tuple[Laid, ...]] = {}
    for laid in wrong:
        if laid not in found:
            ring = _ring(laid, joined, plan)
            for index, one in enumerate(ring):
                found[one] = (*ring[index + 1 :], *ring[:index])
    return found


def _ring(first: Laid, joined: Mapping[End, End], plan: Plan) -> list[Laid]:
    """The cables on the way round, or nothing where it does not come back."""
    ring, end = [first], first.a
    while True:
        other = joined.get(ring[-1].other(end))
        following = plan.at.get(other) if other else None
        if other is None or following is None:
            return []
        if following == first:
            return ring if other == first.a and len(ring) > 1 else []
        if following in ring:
            return []
        ring.append(following)
        end = other


def with_hosts(
    joined: Mapping[End, End], hosts: Mapping[End, str], plan: Plan, settled: Collection[End]
) -> dict[End, End]:
    """The same with ports where only the device is known, if one of its ends alone is left for them.

    hosts: ports of switches -> the device that is heard there. settled: ends whose device is heard at their own port.
    """
    left: dict[str, list[End]] = {}
    for end, laid in plan.at.items():
        if end not in joined and end not in settled and laid.other(end).port:
            left.setdefault(end.device, []).append(end)
    found = dict(joined)
    for port, device in hosts.items():
        ends = left.get(device, [])
        if len(ends) == 1 and port not in found and sum(name == device for name in hosts.values()) == 1:
            found |= {port: ends[0], ends[0]: port}
    return found
