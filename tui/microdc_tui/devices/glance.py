"""A device in one line: why it is as it is, its figures in columns, what filters can ask of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from textual.content import Content

from microdc.health.model import DeviceHealth, Kind, State
from microdc_tui.devices import wording
from microdc_tui.devices.pane import dim, verdict
from microdc_tui.glyphs import GRAVITY, SIGNS, sign
from microdc_tui.readings.fields import text
from microdc_tui.text import plain
from microdc_tui.widgets.rows import Cell, Column, Row

_SIGNS = {state: sign(state) for state in State}

GRAVE = {"down": "$error", "degraded": "$warning", "info": "$text-muted"}
"""Colours of reasons, by their severity."""


class Why(NamedTuple):
    """The gravest that is to be said of a device; "" where all is well. more: how many other reasons there are."""

    text: str
    style: str = ""
    more: int = 0


def why(health: DeviceHealth) -> Why:
    """Its gravest reason; else why nothing is known of it."""
    if health.reasons:
        first = health.reasons[0]
        where = f"{first.where}: " if first.where else ""
        return Why(plain(where + first.what), GRAVE[first.severity], len(health.reasons) - 1)
    if health.trouble is not None:
        return Why(plain(f"{health.trouble.kind}: {health.trouble.what}"), GRAVE["degraded"])
    if health.stale:
        return Why("nothing heard for too long", GRAVE["degraded"])
    return Why("never heard of", GRAVE["info"]) if health.at is None else Why("")


_UNPOLLED = "not polled: "


def unpolled(problems: Iterable[str], name: str) -> str:
    """Why a device cannot be polled, as the fleet's problems tell it: `not polled: NAME, NAME: WHY`; "" where none does."""
    for problem in problems:
        names, _, told = problem.removeprefix(_UNPOLLED).partition(": ")
        if problem.startswith(_UNPOLLED) and name in names.split(", "):
            return told
    return ""


def power_word(health: DeviceHealth) -> str:
    """On, off, or what else its BMC says; "" where nothing is known."""
    told = text(health.facts, "power")
    value = health.figures.get("power_state")
    if told or value is None:
        return plain(told)
    return "on" if value >= 0.5 else "off"


def fans(health: DeviceHealth) -> str:
    """How many have failed, else how fast the slowest is."""
    failed, slowest = health.figures.get("fans_failed"), health.figures.get("fan_rpm_least")
    return f"✗ {failed:.0f}" if failed else wording.rpm(slowest)


def ports(health: DeviceHealth) -> str:
    """Such as 22/48: ports that are up, of those that are up or down."""
    up, down = health.figures.get("ports_up"), health.figures.get("ports_down")
    return "-" if up is None else f"{up:.0f}/{up + (down or 0.0):.0f}"


def labels(health: DeviceHealth) -> dict[str, str]:
    """What filters can ask of it: its own labels, and what it is, where and how."""
    device = health.device
    own = (
        ("kind", str(device.kind)),
        ("site", device.site),
        ("rack", device.rack),
        ("role", device.role),
        ("state", SIGNS[health.state].word),
        ("power", power_word(health)),
        ("driver", text(health.facts, "driver")),
        ("stale", "yes" if health.stale else "no"),
    )
    return {**device.labels, **{key: value for key, value in own if value}}


COLUMNS = (
    Column("state", "state", 13),
    Column("name", "name", 14),
    Column("site", "site", 12),
    Column("rack", "rack", 6),
    Column("role", "role", 10),
    Column("power", "power", 5),
    Column("inlet", "inlet", 6, align="right"),
    Column("hottest", "hot", 6, align="right"),
    Column("fans", "fans", 6, align="right"),
    Column("draw", "draw", 7, align="right"),
    Column("ports", "ports", 6, align="right"),
    Column("why", "why", least=16),
)
"""All columns of the table of devices."""


_LEFT_OUT = ((160, {"rack"}), (130, {"role", "hottest"}), (110, {"fans"}), (90, {"ports", "draw"}))
"""Columns that there is no room for in fewer cells than that."""


def columns(width: int) -> tuple[Column, ...]:
    """Those for which so many cells have room, so that the reason can be read."""
    out = set[str]().union(*(names for least, names in _LEFT_OUT if width < least))
    return tuple(column for column in COLUMNS if column.id not in out)


def _figure(name: str, say: Callable[[float | None], str]) -> Callable[[DeviceHealth], Cell]:
    """A cell of a figure that only servers have."""

    def told(health: DeviceHealth) -> Cell:
        return "" if health.device.kind is Kind.SWITCH else say(health.figures.get(name))

    return told


def _why(health: DeviceHealth) -> Cell:
    reason = why(health)
    told = f"{reason.text}  (+{reason.more})" if reason.more else reason.text
    return Content.styled(told, reason.style) if reason.style else told


_CELLS: Mapping[str, Callable[[DeviceHealth], Cell]] = {
    "state": lambda health: _SIGNS[health.state],
    "name": lambda health: plain(health.device.name),
    "site": lambda health: plain(health.device.site),
    "rack": lambda health: plain(health.device.rack),
    "role": lambda health: plain(health.device.role or str(health.device.kind)),
    "power": lambda health: power_word(health) or ("" if health.device.kind is Kind.SWITCH else "-"),
    "inlet": _figure("inlet_celsius", wording.celsius),
    "hottest": _figure("hottest_celsius", wording.celsius),
    "fans": lambda health: "" if health.device.kind is Kind.SWITCH else fans(health),
    "draw": _figure("draw_watts", wording.watts),
    "ports": lambda health: ports(health) if health.device.kind is Kind.SWITCH else "",
    "why": _why,
}


def row(health: DeviceHealth, shown: Iterable[Column]) -> Row:
    """A row of the table of devices. Columns whose text sorts as it should need no word on it."""
    figures = health.figures
    sorts = {
        "state": float(GRAVITY[health.state]),
        "draw": figures.get("draw_watts", -1.0),
        "ports": -figures.get("ports_down", -1.0),
    }
    style = "$text-muted" if health.state is State.UNKNOWN or health.stale else ""
    return Row(
        health.device.key, tuple(_CELLS[column.id](health) for column in shown), labels(health), style, sorts
    )


def detail(health: DeviceHealth | None, problems: Iterable[str] = (), lines: int = 3) -> Content:
    """All that is wrong with a device, a line each; as many as there is room for. problems: of the fleet."""
    if health is None:
        return Content()
    told = [verdict(one.severity, f"{one.where}: {one.what}".removeprefix(": ")) for one in health.reasons]
    if health.trouble is not None:
        trouble = health.trouble
        said = ": ".join(filter(None, (trouble.where, trouble.what)))
        hint = dim(f"  {trouble.hint}" if trouble.hint else "")
        told.append(verdict("warning", f"last poll {trouble.kind}: {said}") + hint)
    left_out = unpolled(problems, health.device.name) if health.at is None else ""
    if left_out:
        told.append(verdict("warning", _UNPOLLED + left_out))
    if len(told) > lines:
        told[lines - 1 :] = [told[lines - 1] + dim(f"  and {len(told) - lines} more: Enter tells")]
    well = "nothing is wrong with it" if health.state is State.OK else why(health).text
    return Content("\n").join(told or [dim(well)])
