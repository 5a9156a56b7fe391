"""What is heard at ports of which no cable is declared. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from microdc.survey.cabling.evidence import addresses, told
from microdc.survey.cabling.heard import Heard, wired
from microdc.survey.cabling.laying import Laid
from microdc.survey.cabling.model import CableVerdict, End
from microdc.survey.cabling.siding import Scene


def strangers(of: Scene, wrong: Collection[Laid]) -> Iterator[CableVerdict]:
    """One verdict for each thing. What the verdict on a wrong cable tells already is not told again, nor a cable from its second switch."""
    done: set[frozenset[End]] = set()
    for port, heard in of.ears.at.items():
        if port in of.plan.at or not wired(heard):
            continue
        for reason, there in _unasked(of, port, heard):
            if there is not None and there.port:
                joined = frozenset((port, there))
                if of.plan.at.get(there) in wrong or joined in done or _anywhere(of, port, there):
                    continue
                done.add(joined)
            evidence = told(port, heard, of.known)
            yield CableVerdict("stranger", "info", port, reason, there=there, evidence=evidence)


def _anywhere(of: Scene, port: End, there: End) -> bool:
    """Whether a cable is declared from there to this switch, to whatever port."""
    return any(not laid.b.port and laid.b.device == port.device and laid.a == there for laid in of.plan.laid)


def _unasked(of: Scene, port: End, heard: Heard) -> Iterator[tuple[str, End | None]]:
    for one in heard.neighbours:
        if one.end:
            yield f"{one.end} is there, which nobody declared", one.end
        elif one.doubt:
            yield f"{one.told}: {one.doubt}", None
        else:
            yield f"a neighbour that is no device of ours: {one.told}", None
    if heard.neighbours or heard.lag or not heard.macs:
        return
    behind = of.meeting.single.get(port)
    devices = of.meeting.devices[port]
    if behind is not None:
        yield f"{behind} is there by its address, which nobody declared", behind
    elif devices:
        yield f"{len(devices)} devices of ours are heard behind it: a switch that nobody declared?", None
    else:
        yield f"addresses that nobody declared: {addresses(of.known, sorted(heard.macs))}", None
