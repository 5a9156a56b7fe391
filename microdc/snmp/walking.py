"""A walk: GETBULK after GETBULK until the subtree ends, or until the agent makes no sense any more."""

from __future__ import annotations

from collections.abc import Sequence

from microdc.snmp.errors import Cause, SnmpError
from microdc.snmp.model import Row, Walk
from microdc.snmp.oids import Oid, below, text
from microdc.snmp.session import Session
from microdc.snmp.values import Bound, ends, row

ROWS = 100_000
"""The most rows of one walk: the largest tables of switches, of MAC addresses, have fewer."""
AT_ONCE = 25
"""Rows that are asked for in one request; more are often cut down by the agent, since an answer is one datagram."""


async def walk(session: Session, root: Oid, *, limit: int = ROWS, at_once: int = AT_ONCE) -> Walk:
    """All rows below an OID. Raises SnmpError where the agent could not be asked.

    What an agent tells that does not come after what it told before ends the walk, since it would never end otherwise: net-snmp's bindings met
    tables that repeat one OID for ever (easysnmp#205).
    """
    rows: list[Row] = []
    last = root
    while True:
        try:
            answer = await session.bulk(last, at_once)
        except SnmpError as problem:
            if problem.cause is not Cause.TOO_BIG or at_once == 1:
                raise
            at_once //= 2
            continue
        new, over, cut = taken(root, last, answer)
        rows += map(row, new)
        if len(rows) > limit:
            return Walk(tuple(rows[:limit]), f"there are more than {limit} rows below {text(root)}")
        if over:
            return Walk(tuple(rows), cut)
        last = new[-1][0]


def taken(root: Oid, last: Oid, answer: Sequence[Bound]) -> tuple[list[Bound], bool, str]:
    """What of an answer belongs to a walk; whether the walk is over; and, where that is not as it should be, why."""
    new: list[Bound] = []
    for bound in answer:
        oid, value = bound
        if ends(value) or not below(root, oid):
            return new, True, ""
        if oid <= last:
            return new, True, f"{text(oid)} was told after {text(last)}"
        new.append(bound)
        last = oid
    if not new:  # net-snmp#746: an empty answer, asked for again, makes a loop
        return new, True, f"nothing was told after {text(last)}, nor that it ends there"
    return new, False, ""
