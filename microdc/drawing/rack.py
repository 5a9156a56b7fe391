"""Racks as SVG: an elevation with the devices in their units, and their cables. What is wrong is told by dashes, by colour and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from microdc.drawing.elevation import (
    LOOKS,
    UNIT,
    Device,
    Drawn,
    Elevation,
    Frame,
    Look,
    Standing,
    Wire,
    elevation,
)
from microdc.drawing.svg import Point, add, document, path, render, resize
from microdc.drawing.text import clean, counted, shortened, wrapped

__all__ = ["Device", "Frame", "Wire", "svg_racks"]

_NOTE = 10.5
_LEAST = 560.0
"""Px of the narrowest picture, for its title, legend and notes."""

STYLE = """
.rack{font-family:"Helvetica Neue",Helvetica,Arial,sans-serif}
.rack .paper{fill:#ffffff}
.rack text{fill:#1f2328}
.rack .head{font-size:20px;font-weight:600}
.rack .name{font-size:13px;font-weight:600}
.rack .frame{fill:#f6f8fa;stroke:#8c959f}
.rack .device{fill:#dfe5ec;stroke:#57606a}
.rack .switch{fill:#cfe3f5}
.rack .pdu{fill:#f3e6cf}
.rack .in{font-size:11.5px}
.rack .tick{font-size:9px;fill:#59636e}
.rack .note,.rack .key{font-size:10.5px}
.rack .word{font-size:11px}
.rack .wire{fill:none;stroke-width:1.3;stroke-linejoin:round}
.rack .right{stroke:#7d8fa3}
.rack .unknown{stroke:#7d8fa3;stroke-dasharray:1.5 3}
.rack .one-side{stroke:#b58900;stroke-width:2;stroke-dasharray:9 3}
.rack .stranger{stroke:#8250a0;stroke-width:2;stroke-dasharray:3 3}
.rack .missing{stroke:#d55e00;stroke-width:2;stroke-dasharray:2 5}
.rack .wrong-vlan{stroke:#c1121f;stroke-width:2;stroke-dasharray:12 3 2 3}
.rack .wrong{stroke:#c1121f;stroke-width:2.2;stroke-dasharray:6 4}
.rack .found{stroke:#c1121f;stroke-width:2.2}
.rack .leader{fill:none;stroke:#8c959f;stroke-width:.7}
"""
_DARK = """
.rack .paper{fill:#0d1117}
.rack text{fill:#e6edf3}
.rack .tick{fill:#9aa4af}
.rack .frame{fill:#151b23;stroke:#656c76}
.rack .device{fill:#2a313a;stroke:#9aa4af}
.rack .switch{fill:#1b3a5c}
.rack .pdu{fill:#4a3a1b}
.rack .wrong,.rack .wrong-vlan,.rack .found{stroke:#ff6b6b}
.rack .missing{stroke:#ff9e57}
.rack .stranger{stroke:#c79ae0}
"""
STYLE += f"@media (prefers-color-scheme:dark){{{_DARK}}}\n"

_MEANINGS: dict[Look, str] = {
    "right": "right",
    "unknown": "unknown: nothing can be said",
    "one side": "only one side seen",
    "stranger": "stranger: not declared",
    "missing": "missing",
    "wrong vlan": "its port is in a wrong VLAN",
    "wrong": "wrong: as declared",
    "found": "wrong: as it is",
}


def svg_racks(frames: Sequence[Frame], wires: Sequence[Wire], title: str, notes: Sequence[str] = ()) -> str:
    """The picture as text of an SVG document. The same values give the same text.

    Raises InputError for a wire to a device that is in no rack.
    """
    laid = elevation(frames, wires)
    width = max(laid.width, _LEAST)
    count = Counter(wire.look for wire in wires)
    said = ", ".join(f"{count[look]} {look}" for look in reversed(LOOKS) if count[look] and look != "found")
    summary = f"{counted(len(frames), 'rack')}; cables: {said or 'none'}."
    root, _ = document("rack", (width, 0), title, summary, STYLE)
    add(root, "text", title, class_="head", x=16, y=30)
    for rack in laid.racks:
        _draw_rack(root, rack)
    _draw_wires(root, laid)
    foot = _legend(root, count, laid.bottom + 30)
    for note in notes:
        for text in wrapped(clean(note), _NOTE, width - 32):
            add(root, "text", text, class_="note", x=16, y=foot)
            foot += 14
    resize(root, (width, foot + 6))
    return render(root)


def _draw_rack(root: Element, rack: Standing) -> None:
    group = add(root, "g")
    add(group, "text", rack.frame.name, class_="name", x=rack.box.left, y=54)
    add(
        group,
        "rect",
        class_="frame",
        x=rack.box.left,
        y=rack.box.top,
        width=rack.box.right - rack.box.left,
        height=rack.box.bottom - rack.box.top,
    )
    for unit in range(1, rack.frame.height + 1):
        y = rack.box.bottom - UNIT * (unit - 0.5) + 3
        add(group, "text", str(unit), class_="tick", x=rack.box.left - 5, y=y, text_anchor="end")
    for device, box in rack.boxes:
        form = add(group, "g")
        add(form, "title", f"{device.name}{f': {device.kind}' if device.kind else ''}")
        kind = device.kind if device.kind in {"switch", "pdu"} else "other"
        add(
            form,
            "rect",
            class_=f"device {kind}",
            x=box.left + 1,
            y=box.top,
            width=box.right - box.left - 2,
            height=box.bottom - box.top,
            rx=2,
        )
        middle = (box.top + box.bottom) / 2 + 4
        add(form, "text", shortened(clean(device.name), 26), class_="in", x=box.left + 8, y=middle)


def _draw_wires(root: Element, laid: Elevation) -> None:
    for drawn in sorted(laid.wires, key=lambda one: LOOKS.index(one.wire.look)):
        wire = drawn.wire
        group = add(root, "g")
        add(group, "title", wire.label or f"{wire.a} - {wire.b or 'a stranger'} ({wire.look})")
        add(group, "path", class_=f"wire {wire.look.replace(' ', '-')}", d=path([drawn.line]))
        if drawn.word is not None:
            _write(group, drawn, drawn.word)


def _write(group: Element, drawn: Drawn, at: Point) -> None:
    """A wire's word, and a thin line to it from where the wire enters its lane."""
    start = drawn.line[1] if len(drawn.line) > 1 else drawn.line[0]
    add(group, "path", class_="leader", d=path([[start, (at[0] - 3, at[1])]]))
    add(group, "text", drawn.wire.word, class_="word", x=at[0], y=at[1] + 4)


def _legend(root: Element, count: Counter[Look], top: float) -> float:
    """Only what the picture shows. Returns where the notes begin."""
    for look in (look for look in reversed(LOOKS) if count[look]):
        add(root, "path", class_=f"wire {look.replace(' ', '-')}", d=f"M16 {top - 4:g}h36")
        add(root, "text", f"{_MEANINGS[look]} ({count[look]})", class_="key", x=60, y=top)
        top += 16
    return top + 8
