"""The VLANs that are declared for ports of switches against those that the switches tell. Pure.

Looked at is the port that is declared for a NIC, whatever is plugged into it: a cable in a wrong port is the cable's fault, not the port's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from microdc.remarks import Remark
from microdc.survey.cabling.laying import Laid
from microdc.survey.cabling.model import CableVerdict, End, Evidence, PortVlan
from microdc.survey.cabling.siding import Scene


def wrong_vlans(of: Scene) -> Iterator[CableVerdict]:
    """A verdict for each port whose untagged frames are of another VLAN than is declared."""
    for end, port, laid in _declared(of):
        declared, found = of.known.expected.vlans[end], _told(of, port)
        if found is None or found == declared.vlan:
            continue
        reason = (
            f"VLAN {declared.vlan} is declared for {end}, and untagged frames of {port} are of VLAN {found}: "
            f"set VLAN {declared.vlan} on that port, or declare `vlan: {found}`"
        )
        evidence = (Evidence("VLAN", port, f"untagged frames are of VLAN {found}"),)
        yield CableVerdict(
            "wrong vlan",
            "critical",
            laid.declared(laid.b),
            reason,
            laid.cable,
            evidence=evidence,
            vlan=PortVlan(declared.vlan, found, declared.where),
        )


def untold(of: Scene) -> tuple[Remark, ...]:
    """The switches that do not tell which VLAN a port is in for which one is declared."""
    ports: dict[str, list[str]] = defaultdict(list)
    for _, port, _ in _declared(of):
        if _told(of, port) is None:
            ports[port.device].append(port.port)
    return tuple(
        Remark(
            switch,
            f"VLANs are declared for ports of it, and it does not clearly tell theirs: {', '.join(of_it)}",
        )
        for switch, of_it in ports.items()
    )


def _declared(of: Scene) -> Iterator[tuple[End, End, Laid]]:
    """A server's end of which the VLAN is declared, its port on a switch that was read, and the cable."""
    for laid in of.plan.laid:
        if laid.a in of.known.expected.vlans and not laid.trouble and laid.b.device in of.known.seen:
            port = laid.b if laid.b.port else of.meeting.joined.get(laid.a)
            if port is not None and port.device == laid.b.device:
                yield laid.a, port, laid


def _told(of: Scene, port: End) -> int | None:
    """A port of an aggregation may be told with the aggregation only."""
    state = of.known.seen[port.device]
    lags = [one.lag for one in state.ports if one.name == port.port and one.lag]
    return next((state.pvids[name] for name in (port.port, *lags) if name in state.pvids), None)
