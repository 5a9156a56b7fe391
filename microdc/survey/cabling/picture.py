"""Racks and verdicts as a drawing's plain values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microdc.drawing.elevation import Device, Frame, Wire
from microdc.survey.cabling.model import CableVerdict
from microdc.testbed.model import Rack, Testbed

Picture = tuple[list[Frame], list[Wire], list[str]]
"""Racks, cables, and what the picture has no place for, as notes."""


def picture(testbed: Testbed, racks: Sequence[Rack], verdicts: Sequence[CableVerdict]) -> Picture:
    """Some racks with all cables that have an end in them. A cable into another rack, or to an emulator, ends in a device drawn beside the racks.

    A cable that is right and whose port is in a wrong VLAN is drawn once, as the latter.
    """
    frames = [Frame(f"{rack.site}/{rack.name}", rack.height, tuple(_devices(rack))) for rack in racks]
    inside = {device.name for frame in frames for device in frame.devices}
    elsewise = {one.cable for one in verdicts if one.kind == "wrong vlan"}
    drawn = [one for one in verdicts if one.kind != "right" or one.cable not in elsewise]
    wires = [wire for verdict in drawn for wire in _wires(verdict) if {wire.a, wire.b} & inside]
    outside = sorted({end for wire in wires for end in (wire.a, wire.b) if end} - inside)
    if outside:
        kinds = {**dict.fromkeys(testbed.emulators, "emulator")}
        elsewhere = tuple(Device(name, kinds.get(name, "")) for name in outside)
        frames.append(Frame("elsewhere", 0, elsewhere))
    notes = [_note(one) for one in verdicts if one.kind != "right" and _ends(one) & (inside | set(outside))]
    return frames, wires, notes


def _devices(rack: Rack) -> Iterator[Device]:
    for switch in rack.switches.values():
        yield Device(switch.name, "switch", switch.unit, switch.height)
    for server in rack.servers.values():
        yield Device(server.name, "server", server.unit, server.height)
    for pdu in rack.pdus.values():
        yield Device(pdu.name, "pdu", pdu.unit, pdu.height)


def _wires(verdict: CableVerdict) -> Iterator[Wire]:
    label = _note(verdict)
    if verdict.cable is None:
        far = verdict.there.device if verdict.there else ""
        yield Wire(verdict.port.device, far, "stranger", f"stranger: {verdict.port.port}", label)
        return
    cable = verdict.cable
    word = "" if verdict.kind == "right" else f"{cable.a}: {_word(verdict)}"
    yield Wire(cable.a.device, cable.b.device, verdict.kind, word, label)
    if verdict.kind == "wrong" and verdict.stands is not None:
        moved = cable.other(verdict.port)
        yield Wire(moved.device, verdict.stands.device, "found", "", f"{moved} is in {verdict.stands}")


def _word(verdict: CableVerdict) -> str:
    if len(verdict.crossed) == 1:
        return f"wrong, swapped with {verdict.crossed[0].a}"
    if verdict.crossed:
        return f"wrong, moved round with {' and '.join(str(cable.a) for cable in verdict.crossed)}"
    if verdict.kind == "wrong" and verdict.stands is not None:
        return f"wrong, is in {verdict.stands}"
    if verdict.vlan is not None:
        return f"in VLAN {verdict.vlan.found} instead of {verdict.vlan.declared}"
    return str(verdict.kind)


def _ends(verdict: CableVerdict) -> set[str]:
    return {verdict.port.device} if verdict.cable is None else {end.device for end in verdict.cable.ends}


def _note(verdict: CableVerdict) -> str:
    return f"{verdict.cable or verdict.port}: {verdict.kind}: {verdict.reason}"
