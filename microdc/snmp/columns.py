"""Many subtrees walked in step: each GETBULK asks for the next rows of several, so that a table of ten columns takes the time of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from microdc.snmp.errors import LOGIN, Cause, SnmpError
from microdc.snmp.model import Cell, Column
from microdc.snmp.oids import Oid, below, text
from microdc.snmp.session import Session
from microdc.snmp.values import Bound, ends, plain
from microdc.snmp.walking import ROWS

ABREAST: Final = 8
"""Subtrees in one request."""
OBJECTS: Final = 48
"""Objects that are asked for in one request: with short values their answer fits one packet of Ethernet."""
FEW: Final = 8
"""The same for an agent whose large answers do not arrive: in pieces over some networks they are lost."""
_GONE: Final = LOGIN | {Cause.NO_ROUTE, Cause.REFUSED}
"""Nothing that is asked next will be answered."""
_UPTIME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 3, 0)


@dataclass(slots=True)
class _Walk:
    """How far the walk of one subtree is. seen: the names that were told."""

    root: Oid
    last: Oid
    cells: list[Cell] = field(default_factory=list)
    seen: set[Oid] = field(default_factory=set)
    over: bool = False
    cut: str = ""

    def end(self, cut: str = "") -> None:
        self.over = True
        self.cut = self.cut or cut


async def columns(session: Session, roots: Iterable[Oid], *, limit: int = ROWS) -> dict[Oid, Column]:
    """The cells below each root, at most so many of each. Raises SnmpError where the agent answers nothing any more.

    A subtree that cannot be had (the agent fails at it, or is silent until it is asked for something else) hides no other: it says so in its `cut`.
    """
    walks = [_Walk(root, root) for root in dict.fromkeys(roots)]
    objects = OBJECTS
    for first in range(0, len(walks), ABREAST):
        objects = await _together(session, walks[first : first + ABREAST], limit, objects)
    return {walk.root: Column(tuple(walk.cells), walk.cut) for walk in walks}


async def _together(session: Session, walks: Sequence[_Walk], limit: int, objects: int) -> int:
    """Walks them to their end, each by itself where that fails for all. Returns how many objects are to be asked for from then on."""
    try:
        await _step(session, walks, limit, objects)
    except SnmpError as problem:
        silent = problem.cause is Cause.TIMEOUT
        if problem.cause in _GONE:
            raise
        if silent:
            await session.get([_UPTIME])  # raises where it is silent altogether
            objects = min(objects, FEW)
        alone = [await _alone(session, walk, limit, objects) for walk in walks]
        # where all went well in small parts, it was the large ones that did not arrive
        return objects if silent and all(alone) else OBJECTS
    return objects


async def _alone(session: Session, walk: _Walk, limit: int, objects: int) -> bool:
    """Whether it could be walked."""
    try:
        await _step(session, [walk], limit, objects)
    except SnmpError as problem:
        if problem.cause in _GONE:
            raise
        if problem.cause is Cause.TIMEOUT:
            await session.get([_UPTIME])
        walk.end(problem.what)
        return False
    return True


async def _step(session: Session, walks: Sequence[_Walk], limit: int, objects: int) -> None:
    """Until all are over. An answer that is too big is asked for in smaller parts."""
    while waiting := [walk for walk in walks if not walk.over]:
        try:
            answer = await session.bulk_of([walk.last for walk in waiting], max(1, objects // len(waiting)))
        except SnmpError as problem:
            if problem.cause is not Cause.TOO_BIG or objects <= len(waiting):
                raise
            objects //= 2
            continue
        count = len(waiting)
        if not answer:  # net-snmp#746: an empty answer, asked for again, makes a loop
            for walk in waiting:
                walk.end(f"nothing was told after {text(walk.last)}, nor that it ends there")
        for place, walk in enumerate(waiting):
            take(walk, answer[place::count], limit)


def take(walk: _Walk, told: Sequence[Bound], limit: int) -> None:
    """What one answer tells of one subtree.

    Some agents tell their rows in no order, and yet come to an end: such rows are taken. Others repeat themselves for ever (easysnmp#205): a name that was
    told before ends the walk. An answer that was cut short has nothing of the last subtrees; they are asked for again, with the ones before them done or
    further on.
    """
    for oid, value in told:
        if ends(value) or not below(walk.root, oid):
            walk.end()
            return
        if oid in walk.seen:
            walk.end(f"{text(oid)} was told twice")
            return
        if len(walk.cells) >= limit:
            walk.end(f"there are more than {limit} rows")
            return
        if oid < walk.last and not walk.cut:
            walk.cut = f"{text(oid)} was told after {text(walk.last)}: its rows are in no order"
        walk.seen.add(oid)
        walk.cells.append((oid, plain(value)))
        walk.last = oid
