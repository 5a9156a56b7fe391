"""The health of sites and devices: for people as tables, for programs as data."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from microdc.cli import render
from microdc.cli.render import Cell, Human, Styled, Table
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.health.board import Board
    from microdc.health.model import DeviceHealth, Reason, SiteHealth, State

_GLYPHS = {"ok": "●", "unknown": "○", "degraded": "▲", "down": "✗", "maintenance": "■"}
_PLAIN = {"ok": "o", "unknown": "?", "degraded": "!", "down": "x", "maintenance": "#"}
_STYLES = {
    "ok": "green",
    "unknown": "dim",
    "degraded": "yellow",
    "down": "bold red",
    "maintenance": "cyan",
}
_WORST = ("down", "degraded", "unknown", "maintenance", "ok")
_SITES = ("site", "state", "devices", "draw", "hottest", "age", "why")
_DEVICES = ("device", "site", "state", "for", "what", "age", "why")
"""Why comes last: it is as long as it is, and nothing has to be filled up behind it."""
SITE_REASONS = 2
"""Reasons of a site that a table shows; `microdc health SITE` shows all."""


def now() -> float:
    """Unix time."""
    return time.time()


def tell(board: Board, *, detailed: bool) -> None:
    """Prints how all of it is. detailed: device by device."""
    at = now()
    render.emit("Health", data(board, at), lambda: human(board, at, detailed=detailed))


def verdict(board: Board, *, detailed: bool) -> Exit:
    """The exit code that stands for all: of devices that were named, else of the sites and of what belongs to none."""
    states = {
        str(one.state) for one in board.devices().values() if detailed or not board.site_of(one.device.key)
    }
    if not detailed:
        states -= {"unknown"}
        states |= {str(site.state) for site in board.sites(now())}
    if states & {"degraded", "down"}:
        return Exit.FAILED
    return Exit.UNREACHABLE if "unknown" in states else Exit.OK


# -- for programs


def data(board: Board, at: float) -> dict[str, Any]:
    """All of it. sites: with their devices; devices: those that belong to none or to two, such as emulators and pairs."""
    devices = board.devices().values()
    titles = {place.name: place.title for place in board.fleet.sites}
    return {
        "origin": board.fleet.origin,
        "at": iso(at),
        "problems": board.fleet.problems,
        "sites": [
            {
                "site": site.site,
                "title": titles.get(site.site, ""),
                "state": site.state,
                "reasons": [{"device": one.device, **_reason(one.reason)} for one in site.reasons],
                "counts": site.counts,
                "oldest": None if site.oldest is None else round(site.oldest, 3),
                "figures": site.figures,
                "devices": [_device(one) for one in devices if one.device.site == site.site],
            }
            for site in board.sites(at)
        ],
        "devices": [_device(one) for one in devices if not one.device.site],
    }


def _device(one: DeviceHealth) -> dict[str, Any]:
    device = one.device
    trouble = one.trouble
    return {
        "device": device.key,
        "kind": device.kind,
        "name": device.name,
        "rack": device.rack or None,
        "unit": device.unit,
        "role": device.role or None,
        "state": one.state,
        "since": iso(one.since),
        "at": None if one.at is None else iso(one.at),
        "stale": one.stale,
        "reasons": [_reason(reason) for reason in one.reasons],
        "trouble": None
        if trouble is None
        else {
            "kind": trouble.kind,
            "what": trouble.what,
            "where": trouble.where or None,
            "hint": trouble.hint or None,
        },
        "figures": one.figures,
        "facts": one.facts,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"severity": reason.severity, "what": reason.what, "where": reason.where or None}


def iso(at: float) -> str:
    """UTC, as programs read it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# -- for people


def human(board: Board, at: float, *, detailed: bool) -> Human:
    """A table of sites, and one of what is not well and belongs to none; detailed: one of devices."""
    if detailed:
        return device_table(board.devices().values(), at)
    parts: list[Table | str] = []
    sites = board.sites(at)
    if sites:
        parts.append(Table(_SITES, [_site_row(site) for site in sites]))
    lone = [
        one
        for one in board.devices().values()
        if not board.site_of(one.device.key) and str(one.state) not in {"ok", "unknown"}
    ]
    if lone:
        parts.append(device_table(lone, at))
    return parts or "Nothing is watched."


def device_table(devices: Iterable[DeviceHealth], at: float) -> Table:
    """A row for each device, with all that is wrong with it."""
    return Table(_DEVICES, [_device_row(one, at) for one in devices])


def sign(state: State | str) -> Styled:
    """A state with its glyph, its word and its colour."""
    glyphs = _GLYPHS if (sys.stdout.encoding or "").lower().replace("-", "") == "utf8" else _PLAIN
    return Styled(f"{glyphs[str(state)]} {state}", _STYLES[str(state)])


def _site_row(site: SiteHealth) -> tuple[Cell, ...]:
    counts = {str(state): count for state, count in site.counts.items() if count}
    said = [f"{one.device}: {words(one.reason)}" if one.device else words(one.reason) for one in site.reasons]
    left = len(said) - SITE_REASONS
    shown = [*said[:SITE_REASONS], *([f"and {left} more"] if left > 0 else [])]
    return (
        site.site,
        sign(site.state),
        ", ".join(f"{counts[state]} {state}" for state in _WORST if state in counts) or None,
        _figure(site.figures, "draw_watts", "{:.0f} W"),
        _figure(site.figures, "hottest_celsius", "{:.0f} °C"),
        None if site.oldest is None else age(site.oldest),
        "; ".join(shown) or None,
    )


def _device_row(one: DeviceHealth, at: float) -> tuple[Cell, ...]:
    told = [words(reason) for reason in one.reasons]
    if one.trouble is not None and one.trouble.hint:
        told.append(one.trouble.hint)
    old = None if one.at is None else age(at - one.at)
    return (
        one.device.key,
        one.device.site or None,
        sign(one.state),
        age(at - one.since) if one.at is not None or one.trouble is not None else None,
        what(one) or None,
        Styled(f"{old}, stale", "yellow") if old and one.stale else old,
        "; ".join(told) or None,
    )


def words(reason: Reason) -> str:
    """Such as: inlet: 60 °C, critical: above 47."""
    return f"{reason.where}: {reason.what}" if reason.where else reason.what


def what(one: DeviceHealth) -> str:
    """What a device does, in a few words, from its figures and facts."""
    figures, facts = one.figures, one.facts
    match str(one.device.kind):
        case "server":
            told = [
                _text(facts.get("power")),
                _figure(figures, "draw_watts", "{:.0f} W"),
                _figure(figures, "inlet_celsius", "{:.0f} °C in"),
            ]
        case "switch":
            told = [
                _figure(figures, "ports_up", "{:.0f} up"),
                _figure(figures, "ports_down", "{:.0f} down"),
                _figure(figures, "in_bits", "{:.1f} Mbit/s in", 1e-6),
            ]
        case "shaper":
            told = [
                _figure(figures, "overlays", "{:.0f} overlays"),
                _figure(figures, "drifted", "{:.0f} drifted"),
            ]
        case "pair":
            told = [
                _figure(figures, "rtt_asked", "rtt {:.3g} ms asked", 1e3),
                _figure(figures, "rtt_measured", "{:.3g} ms measured", 1e3),
            ]
        case _:
            told = [
                _text(facts.get("state")),
                _text(facts.get("phase")),
                _figure(figures, "progress", "{:.0f} %", 100),
            ]
    return ", ".join(one for one in told if one)


def _figure(figures: Mapping[str, float], name: str, form: str, scale: float = 1.0) -> str | None:
    return form.format(figures[name] * scale) if name in figures else None


def _text(value: object) -> str | None:
    return str(value) if value else None


def age(seconds: float) -> str:
    """Roughly: 3 s, 5 min, 2 h, 4 d."""
    seconds = max(0.0, seconds)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
