"""Cables as declared against what the switches hear."""

from __future__ import annotations

from microdc.health.demo.building import Machine, SwitchBox
from microdc.health.demo.documents.frame import Document, document
from microdc.health.demo.documents.switches import seated
from microdc.health.demo.state import State


def check(state: State, name: str, at: float) -> Document:
    """As `microdc cabling check NAME` prints it, of a site, `SITE/RACK` or a switch; the wrong ones first. Raises InputError."""
    boxes = state.boxes(name)
    verdicts: list[Document] = []
    unread = []
    for box in boxes:
        trouble = state.trouble(box.device.key, box.device.site, at)
        if trouble is not None:
            unread.append({"switch": box.device.name, "error": f"{box.device.name}: {trouble.what}"})
            continue
        there = seated(state, box, at)
        verdicts += [_verdict(box, number, there) for number in box.wired]
    order = ("wrong", "missing", "right")
    verdicts.sort(key=lambda one: order.index(one["kind"]))
    return document("Cabling", {"verdicts": verdicts, "remarks": [], "unread": unread})


def _verdict(box: SwitchBox, number: int, there: dict[int, Machine]) -> Document:
    machine = box.wired[number]
    end = "bmc" if box.management else "eno1"
    mine, seat = f"{machine.name}:{end}", _seat(box, number)
    where = f"sites/{box.device.site}.yaml:{20 + number}"
    heard = there.get(number)
    one: Document = {
        "kind": "right",
        "severity": None,
        "a": mine,
        "b": seat,
        "port": seat,
        "reason": f"{mine} is in {seat}",
        "there": None,
        "stands": None,
        "crossed": [],
        "label": None,
        "vlan": None,
        "where": where,
        "evidence": [],
    }
    if heard is None:
        return one | {"kind": "missing", "severity": "warning", "reason": f"no link at {seat}"}
    heard_end = f"{heard.name}:{end}"
    one["evidence"] = [
        {"by": "MAC table" if box.management else "LLDP", "port": seat, "told": f"hears {heard_end}"}
    ]
    if heard is machine:
        return one
    stands = next(place for place, other in there.items() if other is machine)
    crossed = f"{heard_end} - {_seat(box, stands)}"
    reason = f"swapped with {crossed}: {heard_end} is in {seat}"
    return one | {
        "kind": "wrong",
        "severity": "critical",
        "reason": reason,
        "there": heard_end,
        "stands": _seat(box, stands),
        "crossed": [crossed],
    }


def _seat(box: SwitchBox, number: int) -> str:
    return f"{box.device.name}:{box.ports[number - 1]}"
