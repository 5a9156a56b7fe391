"""The sensors of a server: as polled; where no limit is polled, with those that `microdc bmc sensors` tells. Pure."""

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


def _line(name: str, one: Document, asked: Document) -> Line:
    value, health = number(one, "value"), text(one, "health")
    shown = wording.reading(value, text(one, "unit")) if value is not None else text(one, "state") or "-"
    limits = _polled(one) or _asked(part(asked, "thresholds"))
    inner, outer = _innermost(limits), (*limits[:1], *limits[3:])
    kind = text(one, "kind")
    told = [f"{name}: {shown}", _words("should be", inner, "at least", "at most", " and ")]
    told += [_words("critical", outer, "below", "above", " or ")] if outer != inner else []
    more = ", ".join(filter(None, told))
    cells = (verdict(health), plain(name), dim(kind), plain(shown), dim(_short(inner)))
    return Line(name, cells, more, labels={"health": health, "kind": kind})


Limits = tuple[float | None, ...]
"""Lower critical, lower warning, upper warning, upper critical; () where none is known."""


def _polled(one: Document) -> Limits:
    limits = one.get("limits")
    if not isinstance(limits, (list, tuple)) or len(limits) != 4:
        return ()
    return tuple(number({"limit": limit}, "limit") for limit in limits)


def _asked(found: Document) -> Limits:
    return (
        _first(found, "lower_critical", "lower_fatal"),
        number(found, "lower_warning"),
        number(found, "upper_warning"),
        _first(found, "upper_critical", "upper_fatal"),
    )


def _first(found: Document, *keys: str) -> float | None:
    return next((value for key in keys if (value := number(found, key)) is not None), None)


def _innermost(limits: Limits) -> Limits:
    """What it crosses first on each side."""
    sides = ((limits[1], limits[0]), limits[2:]) if limits else ()
    return tuple(next((one for one in side if one is not None), None) for side in sides)


def _short(limits: Limits) -> str:
    """Such as 5 .. 42."""
    low, high = ("" if limit is None else f"{limit:g}" for limit in limits or (None, None))
    return f"{low} .. {high}".strip() if low or high else ""


def _words(lead: str, limits: Limits, low: str, high: str, between: str) -> str:
    sides = [
        f"{word} {limit:g}" for word, limit in zip((low, high), limits, strict=False) if limit is not None
    ]
    return f"{lead} {between.join(sides)}" if sides else ""


PANE = Pane(
    "sensors",
    "Sensors",
    _COLUMNS,
    lines,
    lambda device: {"sensors": ("bmc", "sensors", device.name)},
    needed=lambda scene: not any(_polled(one) for one in parts(scene.health.facts, "sensors")),
    empty="No sensor tells anything: a server that is off has few that do.",
)
