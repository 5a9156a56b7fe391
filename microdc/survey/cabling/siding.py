"""What one switch says of a cable that should end in one of its ports. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from microdc.survey.cabling.evidence import told
from microdc.survey.cabling.heard import Ears, Heard
from microdc.survey.cabling.identity import Identity
from microdc.survey.cabling.known import Known
from microdc.survey.cabling.laying import Plan
from microdc.survey.cabling.makers import foreign
from microdc.survey.cabling.meeting import Meeting
from microdc.survey.cabling.model import BMC, End, Evidence

Finding = Literal["right", "host", "wrong", "down", "silent", "deaf", "unknown"]
"""host: the right device, which of its ports is not told. silent: a link, and nothing heard. deaf: this switch tells nothing that could say it."""


@dataclass(frozen=True, slots=True)
class Side:
    """there: what is at the port instead; stands: where the declared end is instead. sure: known by LLDP or a declared address, not by a lack."""

    finding: Finding
    reason: str
    there: End | None = None
    stands: End | None = None
    evidence: tuple[Evidence, ...] = ()
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a judgement looks at."""

    known: Known
    plan: Plan
    ears: Ears
    meeting: Meeting


def side(scene: Scene, port: End, wanted: End) -> Side:
    """What is heard at a port of a switch that was read, against the end that should be heard there."""
    heard = scene.ears.at.get(port)
    evidence = told(port, heard, scene.known)
    stands = scene.meeting.joined.get(wanted)
    if stands is not None and stands != port and stands in scene.ears.at:
        evidence += tuple(
            one for one in told(stands, scene.ears.at[stands], scene.known) if one not in evidence
        )
    else:
        stands = None
    found = _here(scene, port, heard, wanted) if heard else Side("unknown", f"{port} was not told of")
    if found.finding in {"right", "host", "wrong"}:
        away = stands if found.finding == "wrong" else None
        return Side(found.finding, found.reason, found.there, away, evidence, found.sure)
    if stands is not None:
        return Side("wrong", f"{wanted} is in {stands}", None, stands, evidence)
    return Side(found.finding, found.reason, None, None, evidence, found.sure)


def _here(scene: Scene, port: End, heard: Heard, wanted: End) -> Side:
    named = [one for one in heard.neighbours if one.end]
    if any(one.end == wanted for one in named):
        by = next(one.by for one in named if one.end == wanted)
        return Side("right", f"{wanted} is heard by {by}")
    if scene.meeting.single.get(port) == wanted and scene.meeting.joined.get(port) == wanted:
        return Side("right", f"{wanted} is heard by its address")
    if named:
        return _by_neighbours(port, named, wanted)
    behind = scene.meeting.single.get(port)
    if behind is not None and behind.device == wanted.device:
        return _by_host(scene, port, heard, wanted)
    if heard.neighbours:
        return _by_stranger(scene, heard.neighbours, wanted)
    return _by_addresses(scene, port, heard, wanted)


def _by_neighbours(port: End, named: Sequence[Identity], wanted: End) -> Side:
    same = [one for one in named if one.end and one.end.device == wanted.device]
    vague = next((one for one in same if one.end and not one.end.port), None)
    if vague is not None:
        reason = f"{wanted.device} is heard there by {vague.by}; which of its ports it is, is not told"
        doubt = f" ({vague.doubt})" if vague.doubt else ""
        return Side("host", f"{reason}{doubt}", sure=not vague.doubt)
    there = (same or named)[0].end
    if len(named) > 1:
        words = ", ".join(str(one.end) for one in named)
        return Side("wrong", f"several devices are heard in {port}, {wanted} not among them: {words}", there)
    doubt = f" ({named[0].doubt})" if named[0].doubt else ""
    return Side("wrong", f"{there} is in {port}{doubt}", there)


def _by_host(scene: Scene, port: End, heard: Heard, wanted: End) -> Side:
    behind = scene.meeting.single[port]
    if behind.port:
        return Side("wrong", f"{behind} is in {port}, by its address", behind)
    if heard.lag:
        reason = f"{wanted.device} is heard behind {heard.lag}, of which {port.port} is one port among others"
        return Side("host", reason)
    return Side(
        "host", f"{wanted.device} is heard there by an address; which of its ports it is, is not told"
    )


def _by_stranger(scene: Scene, neighbours: Sequence[Identity], wanted: End) -> Side:
    words = "; ".join(one.told for one in neighbours)
    doubts = [one.doubt for one in neighbours if one.doubt]
    if doubts:
        return Side("unknown", f"{words}: {doubts[0]}")
    if _not(scene, neighbours, wanted):
        return Side("wrong", f"a stranger is there: {words}")
    return Side("unknown", f"nothing says whether this is {wanted.device}: {words}")


def _not(scene: Scene, neighbours: Sequence[Identity], wanted: End) -> bool:
    """Whether a neighbour that is nobody of ours tells what the wanted one would tell otherwise."""
    known = scene.known
    macs = [mac for one in neighbours for mac in one.macs]
    if known.expected.kinds.get(wanted.device) == "switch":
        return wanted.device in known.seen and known.seen[wanted.device].system.chassis is not None
    return bool(macs) and wanted in known.expected.macs


def _by_addresses(scene: Scene, port: End, heard: Heard, wanted: End) -> Side:
    if not heard.macs:
        return _nothing(scene, port, heard, wanted)
    behind = scene.meeting.single.get(port)
    leads_on = scene.known.expected.kinds.get(wanted.device) in {"switch", "emulator"}
    if behind is not None and (behind.port or not leads_on):
        return Side("wrong", f"{behind} is in {port}, by its address", behind)
    if leads_on:
        return Side("unknown", f"addresses are heard behind {port}, but nothing that names {wanted.device}")
    if port in scene.meeting.through:
        return _by_many(scene.meeting.devices[port], port, wanted)
    if foreign(heard.macs, scene.known, wanted):
        reason = f"an address is heard that no device of ours has, and none of {wanted.device}'s"
        return Side("wrong", reason, sure=False)
    reason = f"only addresses that nobody declared are heard; {wanted.device} may have them"
    return Side("unknown", reason)


def _by_many(devices: frozenset[str], port: End, wanted: End) -> Side:
    if wanted.device in devices:
        return Side("unknown", f"{len(devices)} devices are heard behind {port}, {wanted.device} among them")
    return Side(
        "wrong", f"{len(devices)} devices are heard behind {port}, and {wanted.device} is none of them"
    )


def _nothing(scene: Scene, port: End, heard: Heard, wanted: End) -> Side:
    if heard.down:
        off = heard.port.admin == "down"
        return Side("down", f"{port} is switched off" if off else f"{port} has no link")
    if deaf := _deaf(scene, port, wanted):
        return Side("deaf", deaf)
    loose = [
        lag for lag in _elsewhere(scene, wanted) if lag in scene.ears.loose and lag.device == port.device
    ]
    if loose:
        reason = (
            f"{wanted.device} is heard behind {loose[0]}; whether {port.port} is a port of it is not told"
        )
        return Side("unknown", reason)
    words = _heard_at(scene, port, wanted)
    if heard.port.oper != "up":
        reason = f"nothing is heard at {port}, and whether it has a link is not told{words}"
        return Side("unknown", reason)
    return Side("silent", f"{port} has a link, and nothing is heard there{words}")


def _deaf(scene: Scene, port: End, wanted: End) -> str:
    """Why a switch cannot hear anybody like the wanted one, "" where it can."""
    ears = scene.ears
    if port.device in ears.deaf and port.device in ears.blind:
        return f"{port.device} tells neither neighbours nor addresses"
    if scene.known.expected.kinds.get(wanted.device) == "switch" and port.device in ears.deaf:
        return f"{port.device} tells no neighbours"
    return ""


def _elsewhere(scene: Scene, wanted: End) -> list[End]:
    """Where else on the switches an address of the wanted device is heard; its own address first."""
    own = [scene.known.expected.macs.get(wanted, ""), *sorted(scene.known.own.get(wanted.device, ()))]
    return list(dict.fromkeys(port for mac in own for port in sorted(scene.ears.behind.get(mac, ()))))


def _heard_at(scene: Scene, port: End, wanted: End) -> str:
    mac = scene.known.expected.macs.get(wanted, "")
    places = [place for place in sorted(scene.ears.behind.get(mac, ())) if place != port]
    if not places:
        return ""
    words = f"; its address is heard behind {', '.join(map(str, places[:3]))}"
    partner = scene.plan.partner(places[0])
    if partner is not None and partner.device == wanted.device:
        shares = "does the BMC share that port" if wanted.port == BMC else "a bond"
        return f"{words}, which is for {partner}: {shares}?"
    return words
