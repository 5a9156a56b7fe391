"""What outlets measure, and whether they are on, as sensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from microdc.bmc.model import Reading, Remark
from microdc.bmc.pdu.feeds import Feed, Read, by_pdu
from microdc.bmc.pdu.table import Measure
from microdc.snmp.errors import SnmpError
from microdc.snmp.model import Value

_TRUE = 1  # TruthValue (RFC 2579)
_DIGITS = range(10)  # more than a 32-bit number has cannot be decimals


def readings(feeds: Sequence[Feed], states: Read) -> tuple[tuple[Reading, ...], tuple[Remark, ...]]:
    """The readings of outlets, and a remark for each PDU that told none."""
    found: list[Reading] = []
    remarks: list[Remark] = []
    for pdu, its in by_pdu(feeds).items():
        wanted = {feed: [feed.oids(measure) for measure in feed.table.measures] for feed in its}
        oids = [oid for places in wanted.values() for place in places for oid in place.values()]
        told: Mapping[str, Value] = {}
        try:
            told = pdu.get(oids)
        except SnmpError as problem:
            remarks.append(Remark(problem.where, f"its outlets' sensors were not read: {problem.what}"))
        for feed in its:
            found.append(_switch(feed, states))
            found += [
                reading(feed, measure, told)
                for measure in feed.table.measures
                if feed.oids(measure)["value"] in told
            ]
    return tuple(found), tuple(remarks)


def _switch(feed: Feed, states: Read) -> Reading:
    """Whether an outlet is on: 1 or 0."""
    state = states.states.get(feed)
    name, where = f"outlet {feed.name}", f"{feed.pdu.agent.where} {feed.state}"
    if state is None:
        return Reading(name, "other", state="not read", where=where)
    return Reading(
        name, "other", None if state.on is None else float(state.on), state=str(state), where=where
    )


def reading(feed: Feed, measure: Measure, told: Mapping[str, Value]) -> Reading:
    """One measure of one outlet. Agents that do not measure tell no value, or a negative one."""
    place = feed.oids(measure)
    value = told.get(place["value"])
    decimals = told.get(place["digits"]) if measure.digits else 0
    digits = decimals if isinstance(decimals, int) else -1
    available = not measure.available or told.get(place["available"]) == _TRUE
    name, where = f"outlet {feed.name} {measure.kind}", f"{feed.pdu.agent.where} {place['value']}"
    if not isinstance(value, int) or value < 0 or digits not in _DIGITS or not available:
        return Reading(name, measure.kind, unit=measure.unit, state="not measured", where=where)
    # by division, since 5 * 0.1 has more digits than were measured
    scaled = value / (10**digits * round(1 / measure.scale))
    return Reading(name, measure.kind, scaled, measure.unit, where=where)
