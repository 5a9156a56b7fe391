"""The sensors of a server: as polled, with the limits that `microdc bmc sensors` tells. Pure."""

from __future__ import annotations

from microdc_tui.devices import wording
from microdc_tui.devices.pane import Line, Pane, Scene, dim, verdict
from microdc_tui.readings.fields import Document, number, part, parts, text
from microdc_tui.text import plain
from microdc_tui.widgets.rows import Column

_COLUMNS = (
    Column("health", "health", 11),
    Column("sensor", "sensor"),
    Column("kind", "kind", 12),
    Column("value", "value", 12, align="right"),
    Column("limits", "limits", 14),
)
_ORDER = ("critical", "warning", "ok")


def lines(scene: Scene) -> list[Line]:
    """What is not well first; what is polled is newer than what was asked once, so it wins."""
    asked = {text(one, "name"): one for one in parts(scene.answer("sensors"), "readings")}
    polled = {text(one, "name"): one for one in parts(scene.health.facts, "sensors")}
    shown = [_line(name, one, asked.get(name, one)) for name, one in {**asked, **polled}.items()]
    return sorted(shown, key=lambda line: _gravity(line.labels["health"]))


def _gravity(health: str) -> int:
    return _ORDER.index(health) if health in _ORDER else len(_ORDER)


def _line(name: str, one: Document, limited: Document) -> Line:
    value, health = number(one, "value"), text(one, "health")
    shown = wording.reading(value, text(one, "unit")) if value is not None else text(one, "state") or "-"
    limits = _limits(part(limited, "thresholds"))
    kind = text(one, "kind")
    more = f"{name}: {shown}" + (f", should be {limits}" if limits else "")
    cells = (verdict(health), plain(name), dim(kind), plain(shown), dim(limits))
    return Line(name, cells, more, labels={"health": health, "kind": kind})


def _limits(found: Document) -> str:
    """The innermost limits, such as 5 .. 42."""
    low = _first(found, "lower_warning", "lower_critical", "lower_fatal")
    high = _first(found, "upper_warning", "upper_critical", "upper_fatal")
    if low is None and high is None:
        return ""
    return f"{'' if low is None else f'{low:g}'} .. {'' if high is None else f'{high:g}'}".strip()


def _first(found: Document, *keys: str) -> float | None:
    return next((value for key in keys if (value := number(found, key)) is not None), None)


PANE = Pane(
    "sensors",
    "Sensors",
    _COLUMNS,
    lines,
    lambda device: {"sensors": ("bmc", "sensors", device.name)},
    needed=lambda scene: not parts(scene.health.facts, "sensors"),
    empty="No sensor tells anything: a server that is off has few that do.",
)
