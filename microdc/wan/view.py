"""What holds on the WAN now, direction by direction: what was asked, by whom, and what the kernel says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from microdc.impairment import CLEAN, Impairment
from microdc.netlink.model import Counters, comes_in
from microdc.testbed.model import Testbed
from microdc.wan.compile import ACCESS_HANDLE
from microdc.wan.layers import on_top
from microdc.wan.model import Direction, Overlay, Plan
from microdc.wan.planning import Situation, Wish, make_plan


@dataclass(frozen=True, slots=True)
class Line:
    """One direction. overlay: the one on top, None where nothing is asked. as_asked: the kernel holds just that, shared lines too.

    sent: what left the delay line; lost: what netem or a full buffer dropped.
    """

    direction: Direction
    emulator: str
    interface: str
    impairment: Impairment
    origin: str
    overlay: Overlay | None
    as_asked: bool
    sent: Counters
    lost: int


def as_laid(testbed: Testbed, situations: Mapping[str, Situation]) -> Plan:
    """What would bring the kernels back to what is laid, foreign qdiscs put aside: to look at, not to be applied.

    Raises InputError or UnreachableError for an interface that does not fit.
    """
    return make_plan(testbed, situations, Wish("", take_over=True))


def lines(
    testbed: Testbed, situations: Mapping[str, Situation], overlays: Sequence[Overlay]
) -> Iterator[Line]:
    """Every direction that crosses an emulator, by target and source."""
    top = on_top(overlays)
    plan = as_laid(testbed, situations)
    blocked = {port.site for port in plan.ports if any(comes_in(o.item) for o in port.operations)}
    for port in plan.ports:
        observed = situations[port.emulator].observed[port.interface]
        leaving = [operation for operation in port.operations if not comes_in(operation.item)]
        touched = {operation.item for operation in leaving}
        for direction, leaf in sorted(port.leaves.items()):
            overlay, asked = top.get(direction, (None, None))
            objects = {leaf.cls, leaf.netem, leaf.buffer, port.desired.classes.get(ACCESS_HANDLE)}
            yield Line(
                direction,
                port.emulator,
                port.interface,
                asked.impairment if asked else CLEAN,
                asked.origin if asked else "",
                overlay,
                not objects & touched
                and not any(operation.structural for operation in leaving)
                and direction.source not in blocked,
                observed.counters.get(leaf.cls.handle, Counters()),
                observed.counters.get(leaf.netem.handle, Counters()).drops,
            )
