"""The lines of a rack: its head, its columns, and a device in its unit. Pure: spans in the theme's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from microdc.health.model import DeviceHealth, Kind, State
from microdc_tui.devices import glance, wording
from microdc_tui.devices.elevation import Frame, Slot
from microdc_tui.glyphs import SIGNS
from microdc_tui.spans import DIM, Line, Span, ends, filled, fitted
from microdc_tui.text import plain

LEAST = 56
"""Cells below which a rack is not narrowed any more: fewer stand side by side."""
WIDEST = 100
"""Cells above which a rack is not widened, so that the eye finds the end of a line."""
EDGE = 5
"""Cells of the number of the unit, and the rack's post."""

_POWER, _INLET, _HOT, _FANS, _DRAW = 7, 6, 7, 7, 8


def head(frame: Frame, healths: Mapping[str, DeviceHealth], width: int, place: str = "") -> Line:
    """The rack's name, and what its devices draw together. place: which of how many it is, where not all are in sight."""
    known = [healths[device.key] for device in frame.devices if device.key in healths]
    draws = [one.figures["draw_watts"] for one in known if "draw_watts" in one.figures]
    told = [f"{frame.height} U"] if frame.height else []
    told += [f"{len(frame.devices)} devices"]
    told += [wording.watts(sum(draws))] if draws else []
    name: Line = [(f" {plain(frame.name)}", "bold $accent"), (f"  {place}" if place else "", "$accent")]
    return ends(name, [(" · ".join(told) + " ", DIM)], width)


def titles(name: int, width: int) -> Line:
    """The names of the columns."""
    room = width - EDGE - 3
    cells = [fitted("", 2), fitted("device", name)]
    if _has(room, name, 1):
        cells += [fitted("power", _POWER), fitted("inlet", _INLET, "right")]
    if _has(room, name, 2):
        cells += [fitted("hot", _HOT, "right"), fitted("fans", _FANS, "right")]
    cells += [fitted("draw", _DRAW, "right"), "  why"]
    return filled([(fitted("U", 3, "right") + "   " + "".join(cells), DIM)], width)


def _has(room: int, name: int, level: int) -> bool:
    """Whether there is room for the columns of that level and for eight cells of the reason behind them."""
    needed = 2 + name + _DRAW + 2 + 8 + _POWER + _INLET + (_HOT + _FANS if level == 2 else 0)
    return room >= needed


def line(
    slot: Slot,
    health: DeviceHealth | None,
    name: int,
    width: int,
    *,
    under: bool = False,
    apart: bool = False,
) -> Line:
    """A line of a rack. name: cells of the longest name. under: whether the cursor is there; apart: whether a filter is about others."""
    unit = f"{slot.unit}" if slot.unit else "-"
    post: Line = [(f"{unit:>3}", DIM), ("▶" if under else " ", "$accent"), ("│", DIM)]
    room = width - EDGE - 2  # the other post, and a blank before the next rack
    if slot.device is None:
        empty = f" {slot.units} empty units" if slot.units > 1 else ""
        inside: Sequence[Span] = [(empty, DIM)]
    elif health is None:
        inside = [(f" {plain(slot.device.name)}", DIM)]
    elif slot.part == 0:
        inside = _device(slot, health, name, room)
    else:
        inside = _below(slot, health)
    if apart:
        inside = [("".join(text for text, _ in inside), DIM)]
    return [*post, *filled(inside, room), ("│", DIM), (" ", "")]


def _device(slot: Slot, health: DeviceHealth, name: int, room: int) -> Line:
    glyph, _, style = SIGNS[health.state]
    bold = "" if health.state is State.UNKNOWN else "bold"
    shown: Line = [(f" {glyph} ", style), (fitted(plain(health.device.name), name), bold)]
    if health.device.kind is Kind.SWITCH:
        shown += _switch(health, room, name)
    else:
        shown += _server(health, room, name)
    reason = glance.why(health)
    said = f"stands where another does, {reason.text}".removesuffix(", ") if slot.clash else reason.text
    more = f" (+{reason.more})" if reason.more else ""
    return [
        *shown,
        ("  ", ""),
        (said + more, reason.style or (glance.GRAVE["degraded"] if slot.clash else "")),
    ]


def _server(health: DeviceHealth, room: int, name: int) -> Line:
    figures = health.figures
    shown: Line = []
    if _has(room, name, 1):
        word = glance.power_word(health)
        glyph, style = (
            ("⏻", "$success") if word == "on" else ("○", DIM) if word == "off" else ("▲", "$warning")
        )
        shown += [(fitted(f" {glyph} {word}" if word else " -", _POWER), style if word else DIM)]
        shown += [(fitted(wording.celsius(figures.get("inlet_celsius")), _INLET, "right"), "")]
    if _has(room, name, 2):
        fans = glance.fans(health)
        shown += [(fitted(wording.celsius(figures.get("hottest_celsius")), _HOT, "right"), "")]
        shown += [(fitted(fans, _FANS, "right"), "$error" if fans.startswith("✗") else "")]
    return [*shown, (fitted(wording.watts(figures.get("draw_watts")), _DRAW, "right"), "")]


def _switch(health: DeviceHealth, room: int, name: int) -> Line:
    """In the place of a server's columns what there is to say of a switch, as long as those are wide."""
    figures = health.figures
    wide = (
        _DRAW + (_POWER + _INLET if _has(room, name, 1) else 0) + (_HOT + _FANS if _has(room, name, 2) else 0)
    )
    told = f" {glance.ports(health)} up"
    if "in_bits" in figures and wide > 30:
        told += f"   in {wording.bits(figures['in_bits'])}  out {wording.bits(figures.get('out_bits'))}"
    return [(fitted(told, wide), "$secondary")]


def _below(slot: Slot, health: DeviceHealth) -> Line:
    """The second line of a tall device has room for the second reason."""
    if slot.part == 1 and len(health.reasons) > 1:
        reason = health.reasons[1]
        where = f"{reason.where}: " if reason.where else ""
        return [(f"   {plain(where + reason.what)}", glance.GRAVE[reason.severity])]
    return [("   ·", DIM)]
