"""Cables into the NICs and BMCs of servers where they end in a switch; the others stand by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from microdc.survey.importing.merge import Merged
from microdc.survey.importing.model import Cable, CableKind
from microdc.survey.importing.names import Names, port_names
from microdc.survey.importing.placing import Place
from microdc.survey.importing.wires import BMC, Spot, Wire, is_bmc, join, tell_crowded
from microdc.topology.formats.model import Ledger

_LONGEST = 100
"""Longest name of a port of a switch or a PDU."""


@dataclass(frozen=True, slots=True)
class Plug:
    """Where the cable of a NIC ends: a switch of ours and its port."""

    switch: str
    port: str
    label: str


@dataclass(slots=True)
class Cabling:
    """What the documents say of cables.

    nics: by server, then by name of the NIC; None for one without a switch. macs: likewise, as told. bmcs: by server. cables: by
    (site, rack): a, b, kind, label.
    """

    nics: dict[str, dict[str, Plug | None]] = field(default_factory=dict)
    macs: dict[Spot, str] = field(default_factory=dict)
    bmcs: dict[str, Plug] = field(default_factory=dict)
    cables: dict[Spot, list[tuple[str, str, CableKind, str]]] = field(default_factory=dict)


def lay(
    cables: Iterable[Cable],
    devices: Mapping[str, Merged],
    places: Mapping[str, Place],
    names: Names,
    ledger: Ledger,
) -> Cabling:
    """The cables in the order in which they come up; of one that is told twice, the first."""
    wires = list(join(cables, devices, places, names, ledger))
    tell_crowded(wires, ledger)
    ports = _ports(wires, devices, ledger)
    cabling = Cabling()
    data = {spot for wire in wires if wire.kind == "data" for spot in (wire.a, wire.b)}
    for (name, port), ours in ports.items():
        one, known = devices[name], devices[name].ports.get(port)
        if one.kind == "server" and not _is_own(one, port) and (known is not None or (name, port) in data):
            cabling.nics.setdefault(name, {})[ours] = None
            if known is not None and known.mac:
                cabling.macs[name, ours] = known.mac
    taken = set[Spot]()
    for wire in wires:
        if not _plug(wire, devices, ports, cabling, taken):
            rack = places[wire.a[0]].rack if places[wire.a[0]].unit is not None else places[wire.b[0]].rack
            entry = (_end(wire.a, ports), _end(wire.b, ports), wire.kind, wire.label)
            cabling.cables.setdefault((places[wire.a[0]].site, rack), []).append(entry)
    return cabling


def _is_own(one: Merged, port: str) -> bool:
    """Whether a port of a server is that of its BMC, which is described apart from the NICs."""
    return port == BMC and bool(one.fact("oob"))


def _end(spot: Spot, ports: Mapping[Spot, str]) -> str:
    return f"{spot[0]}:{ports[spot]}"


def _ports(wires: list[Wire], devices: Mapping[str, Merged], ledger: Ledger) -> dict[Spot, str]:
    """The name of ours of every port that a cable ends in, and of the NICs that are described."""
    told: dict[str, list[str]] = {name: _described(one, ledger) for name, one in devices.items()}
    for wire in wires:
        for name, port in (wire.a, wire.b):
            told[name].append(port)
    found: dict[Spot, str] = {}
    for name, ports in told.items():
        one = devices[name]
        longest, forbidden = (15, r"[\s:/]") if one.kind == "server" else (_LONGEST, r"[\s:]")
        own_first = [*filter(partial(_is_own, one), ports), *ports]  # its name is not given to another
        for port, ours in port_names(own_first, longest, forbidden).items():
            found[name, port] = ours
            if ours != port:
                ledger.repaired("names of ports that are none here", f"{name}: {port} is {ours}")
            if is_bmc(one, port) and not one.fact("oob"):
                why = "ports of BMCs whose address is not told: they stand among the NICs"
                ledger.noted(why, f"{name}:{port}")
    return found


def _described(one: Merged, ledger: Ledger) -> list[str]:
    """The ports of a server that are described by themselves and are NICs."""
    nics = []
    for port in one.ports.values() if one.kind == "server" else ():
        if port.bundle or port.virtual:
            ledger.noted("ports of servers that are no hardware", f"{one.name}:{port.name}")
        elif not (is_bmc(one, port.name) and one.fact("oob")):
            nics.append(port.name)
    return nics


def _plug(
    wire: Wire, devices: Mapping[str, Merged], ports: Mapping[Spot, str], cabling: Cabling, taken: set[Spot]
) -> bool:
    """Says a cable at the NIC or the BMC of the server in which it ends; False where it is to stand by itself."""
    if wire.kind != "data":
        return False
    for (server, port), (switch, far) in ((wire.a, wire.b), (wire.b, wire.a)):
        if devices[server].kind != "server" or devices[switch].kind != "switch" or (switch, far) in taken:
            continue
        plug = Plug(switch, ports[switch, far], wire.label)
        if _is_own(devices[server], port) and server not in cabling.bmcs:
            cabling.bmcs[server] = plug
        elif (
            ports[server, port] in cabling.nics.get(server, {})
            and cabling.nics[server][ports[server, port]] is None
        ):
            cabling.nics[server][ports[server, port]] = plug
        else:
            continue
        taken.add((switch, far))
        return True
    return False
