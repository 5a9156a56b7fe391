"""Declared cables against what the switches hear: a verdict on each, and on each port where something is that nobody declared. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from microdc.survey.cabling.crossing import crossed, with_hosts
from microdc.survey.cabling.evidence import told
from microdc.survey.cabling.heard import listen
from microdc.survey.cabling.known import known
from microdc.survey.cabling.laying import Laid, lay
from microdc.survey.cabling.meeting import meet
from microdc.survey.cabling.model import KINDS, CableVerdict, End, Expected, Kind, OwnMacs, Seen
from microdc.survey.cabling.siding import Scene, Side, side
from microdc.survey.cabling.strangers import strangers
from microdc.survey.cabling.vlans import wrong_vlans
from microdc.survey.model import Severity

_SEVERITIES: dict[Kind, Severity | None] = {
    "right": None,
    "wrong": "critical",
    "missing": "warning",
    "one side": "info",
    "unknown": "unknown",
}


def check(expected: Expected, seen: Seen, own: OwnMacs | None = None) -> tuple[CableVerdict, ...]:
    """A verdict on every declared cable, on ports in a wrong VLAN, and on strangers; what asks for a person first, else in the inventory's order."""
    return judge(scene(expected, seen, own))


def scene(expected: Expected, seen: Seen, own: OwnMacs | None = None) -> Scene:
    """What is declared and what is heard, put side by side."""
    who = known(expected, seen, own or {})
    plan, ears = lay(who), listen(who)
    return Scene(who, plan, ears, meet(who, plan, ears))


def judge(of: Scene) -> tuple[CableVerdict, ...]:
    judged = [(laid, *_judged(of, laid)) for laid in of.plan.laid]
    rings = _rings(of, judged)
    verdicts = [_with_ring(verdict, rings.get(laid, ())) for laid, verdict, _ in judged]
    wrong = {laid for laid, verdict, _ in judged if verdict.kind == "wrong"}
    verdicts += [*wrong_vlans(of), *strangers(of, wrong)]
    return tuple(sorted(verdicts, key=lambda one: KINDS.index(one.kind)))


def _judged(of: Scene, laid: Laid) -> tuple[CableVerdict, tuple[tuple[End, Side], ...]]:
    """The verdict on a cable by itself, and what each switch at it says."""
    if laid.trouble:
        return _troubled(of, laid), ()
    if not laid.b.port:
        return _somewhere(of, laid), ()
    sides = tuple(
        (end, side(of, end, laid.other(end))) for end in (laid.b, laid.a) if end.device in of.known.seen
    )
    if not sides:
        return _unread(of, laid), ()
    if len(sides) == 1:
        return _one(of, laid, *sides[0]), sides
    return _two(of, laid, dict(sides)), sides


def _verdict(laid: Laid, port: End, kind: Kind, reason: str, of: Side | None = None) -> CableVerdict:
    found = of or Side("unknown", "")
    severity = _SEVERITIES[kind] if found.sure or kind != "wrong" else "warning"
    return CableVerdict(
        kind, severity, laid.declared(port), reason, laid.cable, found.there, found.stands, (), found.evidence
    )


def _troubled(of: Scene, laid: Laid) -> CableVerdict:
    """The declaration cannot be followed; but where the end is seen, that can be said."""
    for end in (laid.a, laid.b):
        stands = of.meeting.joined.get(end)
        if stands is not None and end not in of.plan.at and stands in of.ears.at:
            evidence = told(stands, of.ears.at[stands], of.known)
            found = Side("wrong", "", None, stands, evidence)
            return _verdict(laid, laid.b, "wrong", f"{laid.trouble}; {end} is in {stands}", found)
    return _verdict(laid, laid.b, "unknown", laid.trouble)


def _somewhere(of: Scene, laid: Laid) -> CableVerdict:
    """A cable to a switch of which no port is declared."""
    stands = of.meeting.joined.get(laid.a)
    if stands is None:
        missing = laid.b.device not in of.known.seen
        why = (
            f"{laid.b.device} was not read"
            if missing
            else f"{laid.a} is not heard, and no port is declared for it"
        )
        return _verdict(laid, laid.b, "unknown", why)
    evidence = told(stands, of.ears.at.get(stands), of.known)
    if stands.device == laid.b.device:
        return _verdict(
            laid, laid.b, "right", f"{laid.a} is in {stands}", Side("right", "", None, stands, evidence)
        )
    return _verdict(
        laid, laid.b, "wrong", f"{laid.a} is in {stands}", Side("wrong", "", None, stands, evidence)
    )


def _unread(of: Scene, laid: Laid) -> CableVerdict:
    """No switch at its ends was read. Only a neighbour that names itself at another switch says more."""
    for end in (laid.a, laid.b):
        stands = of.meeting.joined.get(end)
        if stands is not None and stands != laid.other(end) and stands in of.ears.at:
            evidence = told(stands, of.ears.at[stands], of.known)
            found = Side("wrong", "", None, stands, evidence)
            return _verdict(laid, laid.b, "wrong", f"{end} is in {stands}", found)
    switches = [end.device for end in (laid.a, laid.b) if of.known.expected.kinds.get(end.device) == "switch"]
    if not switches:
        return _verdict(laid, laid.b, "unknown", "no switch is at either end, so nobody can hear it")
    return _verdict(laid, laid.b, "unknown", f"{' and '.join(dict.fromkeys(switches))} was not read")


def _only(of: Scene, laid: Laid) -> bool:
    """Whether no other cable joins the same two devices, so that the device alone tells the cable."""
    return of.plan.between[frozenset((laid.a.device, laid.b.device))] == 1


def _alone(of: Scene, laid: Laid, port: End) -> bool:
    """Whether the device at the other end has no other port that could be meant."""
    far = laid.other(port)
    if of.known.expected.kinds.get(far.device) == "server":
        return len(of.known.expected.nics.get(far.device, ())) <= 1
    return _only(of, laid)


def _one(of: Scene, laid: Laid, port: End, found: Side) -> CableVerdict:
    kinds: dict[str, Kind] = {"right": "right", "wrong": "wrong", "down": "missing", "silent": "missing"}
    kind = kinds.get(found.finding, "unknown")
    if found.finding == "host" and found.sure and _alone(of, laid, port):
        kind = "right"
    verdict = _verdict(laid, port, kind, found.reason, found)
    return replace(verdict, severity="unknown") if found.finding == "silent" else verdict


def _two(of: Scene, laid: Laid, sides: Mapping[End, Side]) -> CableVerdict:
    """A cable between two switches that were both read."""
    (port, found), (other, back) = sorted(sides.items(), key=lambda one: _rank(one[1]))
    both = replace(found, evidence=tuple(dict.fromkeys((*found.evidence, *back.evidence))))
    findings = {found.finding, back.finding}
    hears = back.finding in {"right", "host"}
    if found.finding == "wrong" and back.finding == "right":
        reason = f"{other.device} hears {port}, but {found.reason}"
        return replace(_verdict(laid, other, "one side", reason, both), severity="warning")
    if found.finding == "wrong":
        return _verdict(laid, port, "wrong", found.reason, both)
    if hears and findings <= {"right", "host", "deaf"}:
        sure = "right" in findings or (back.sure and _only(of, laid))
        return _verdict(laid, laid.b, "right" if sure else "unknown", back.reason, both)
    if hears:
        return _verdict(laid, other, "one side", f"only {other.device} hears the other: {found.reason}", both)
    kind: Kind = "missing" if found.finding == "down" or findings == {"silent"} else "unknown"
    verdict = _verdict(laid, port, kind, found.reason, both)
    return verdict if found.finding == "down" else replace(verdict, severity="unknown")


def _rank(found: Side) -> int:
    """What asks for a person first: of two wrong ones, the one that knows what is there."""
    order = ("wrong", "down", "silent", "unknown", "deaf", "host", "right")
    return order.index(found.finding) * 2 + (found.there is None)


_Judged = list[tuple[Laid, CableVerdict, tuple[tuple[End, Side], ...]]]


def _rings(of: Scene, judged: _Judged) -> dict[Laid, tuple[Laid, ...]]:
    wrong = [laid for laid, verdict, sides in judged if verdict.kind == "wrong" and sides]
    hosts: dict[End, str] = {}
    settled: set[End] = set()
    for laid, _, sides in judged:
        for port, found in sides:
            if found.finding == "host":
                settled.add(laid.other(port))
            elif found.finding == "wrong" and found.there is not None and not found.there.port:
                hosts[port] = found.there.device
    return crossed(wrong, with_hosts(of.meeting.joined, hosts, of.plan, settled), of.plan)


def _with_ring(verdict: CableVerdict, ring: tuple[Laid, ...]) -> CableVerdict:
    if not ring:
        return verdict
    cables = tuple(laid.cable for laid in ring)
    if len(cables) == 1:
        words = f"swapped with {cables[0]}"
    else:
        words = f"{len(cables) + 1} cables changed places, with {' and '.join(map(str, cables))}"
    return replace(verdict, reason=f"{words}: {verdict.reason}", crossed=cables)
