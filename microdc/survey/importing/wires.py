"""Cables between devices of ours: each once, between two named ports; what is no cable is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from microdc.survey.importing.merge import Merged
from microdc.survey.importing.model import Cable, CableKind, End, short
from microdc.survey.importing.names import Names
from microdc.survey.importing.placing import Place
from microdc.topology.formats.model import Ledger

BMC = "bmc"
"""The port of a server's BMC, as a cable calls it."""
_BMC_PORT = re.compile(
    r"(bmc|ipmi|mgmt|management|oob|idrac|ilo|imm|xcc|cimc|irmc)([ _-]?(port|lan|nic))?[ _-]?\d*",
    re.IGNORECASE,
)

Spot = tuple[str, str]
"""A device of ours and a port of it, as the sources call it."""


@dataclass(slots=True)
class Wire:
    """A cable between two ports."""

    a: Spot
    b: Spot
    kind: CableKind
    label: str
    first: Cable


def is_bmc(one: Merged, port: str) -> bool:
    """Whether a port of a device is that of its BMC: as told, else by its name."""
    known = one.ports.get(port)
    return one.kind == "server" and (
        (known is not None and known.management) or _BMC_PORT.fullmatch(port) is not None
    )


def join(
    cables: Iterable[Cable],
    devices: Mapping[str, Merged],
    places: Mapping[str, Place],
    names: Names,
    ledger: Ledger,
) -> Iterator[Wire]:
    """Cables that can be held, each once."""
    known: dict[frozenset[Spot], Wire] = {}
    for cable in cables:
        a, b = names.of(cable.a.device), names.of(cable.b.device)
        if cable.bundle or any(_bundles(devices[n], end) for n, end in ((a, cable.a), (b, cable.b))):
            ledger.dropped("a bundle of ports (LAG) is no cable; the cables of its members are", str(cable))
            continue
        spots = (
            (a, _port(devices[a], cable.a, cable.b, cable, ledger)),
            (b, _port(devices[b], cable.b, cable.a, cable, ledger)),
        )
        if spots[0] == spots[1]:
            ledger.dropped("a cable that joins a port with itself", str(cable))
        elif places[a].site != places[b].site:
            ledger.dropped("a cable between two sites, which the document of a site cannot hold", str(cable))
        elif (before := known.get(frozenset(spots))) is not None:
            _again(before, cable, ledger)
        else:
            yield known.setdefault(frozenset(spots), Wire(*spots, cable.kind, cable.label, cable))


def _bundles(one: Merged, end: End) -> bool:
    return end.port in one.ports and one.ports[end.port].bundle


def _port(one: Merged, end: End, other: End, cable: Cable, ledger: Ledger) -> str:
    """The port as told, else one that is called after its use."""
    if end.port:
        return BMC if is_bmc(one, end.port) and one.fact("oob") else end.port
    if cable.kind == "power" and one.kind != "pdu":
        name = "psu"
    else:
        name = "-".join(filter(None, (other.device, other.port)))
    ledger.noted(
        "ports that are not told, called after what is at the cable's other end, or psu",
        f"{one.name}:{name} ({short(cable.where)})",
    )
    return name


def _again(before: Wire, cable: Cable, ledger: Ledger) -> None:
    if not before.label:
        before.label = cable.label
    elif cable.label and cable.label != before.label:
        why = "cables that are told twice with different words: the first hold"
        ledger.noted(why, f"{before.first}: {before.label}; {cable.label} ({short(cable.where)})")
    if cable.kind != before.kind:
        why = "cables that are told twice as of different kinds: the first holds"
        ledger.noted(why, f"{before.first}: {before.kind}, {cable.kind} ({short(cable.where)})")


def tell_crowded(wires: Iterable[Wire], ledger: Ledger) -> None:
    """Two cables in one port are kept: which of them is there, only the rack can tell."""
    first: dict[Spot, Wire] = {}
    for wire in wires:
        for spot in (wire.a, wire.b):
            before = first.setdefault(spot, wire)
            if before is not wire:
                both = " and ".join(_far(one, spot) for one in (before, wire))
                ledger.noted("two cables in one port, both kept", f"{spot[0]}:{spot[1]} to {both}")


def _far(wire: Wire, near: Spot) -> str:
    device, port = wire.b if wire.a == near else wire.a
    return f"{device}:{port} ({short(wire.first.where)})"
