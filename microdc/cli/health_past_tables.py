"""What was of sites and devices, as tables for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from microdc.cli import health_results, history
from microdc.cli.render import Cell, Human, Table

if TYPE_CHECKING:
    from microdc.health.archive.past import Summary
    from microdc.store.healthrows import ChangeRow, PointRow

SHOWN = 20
"""Devices whose figures a table has."""
_STEPS = 24
"""Of a curve, but none shorter than a minute."""
_BARS, _PLAIN = "▁▂▃▄▅▆▇█", "_.-=+*%#"
_CHANGES = ("when", "device", "from", "to", "why")
_FIGURES = ("device", "figure", "last", "least", "mean", "most", "over the time")


def human(
    changes: Sequence[ChangeRow], points: Sequence[PointRow], since: datetime, until: datetime, *, left: int
) -> Human:
    """Changes, and figures of devices over the time. left: devices whose figures are not among the points."""
    from microdc.health.archive.past import summaries
    from microdc.store.healthrows import MINUTE

    parts: list[Table | str] = []
    if changes:
        parts.append(Table(_CHANGES, [_change_row(one) for one in changes]))
    else:
        span = f"between {history.clock(since)} and {history.clock(until)}"
        parts.append(f"No device changed its state {span}.")
    begin, end = since.timestamp(), until.timestamp()
    steps = max(1, min(_STEPS, round((end - begin) / MINUTE)))
    found = summaries(points, begin, end, steps)
    if found:
        parts.append(Table(_FIGURES, [_figure_row(one) for one in found]))
    if left:
        parts.append(f"Figures of {left} more devices are not shown: -o json has them.")
    return parts


def _change_row(one: ChangeRow) -> tuple[Cell, ...]:
    return (
        history.clock(one.at),
        one.device,
        health_results.sign(one.before),
        health_results.sign(one.after),
        one.why or None,
    )


def _figure_row(one: Summary) -> tuple[Cell, ...]:
    from microdc.health.figures import FIGURES

    unit = FIGURES[one.figure].unit
    values = (one.last, one.least, one.mean, one.most)
    return (one.device, one.figure, *(worded(value, unit) for value in values), curve(one.series))


def worded(value: float, unit: str) -> str:
    """A figure for people, in three or four digits: 212 W, 8.4 Mbit/s, 12 ms."""
    for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if unit == "bit/s" and abs(value) >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    if unit == "s" and 0 < abs(value) < 1:
        return f"{value * 1e3:.3g} ms"
    text = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{text} {unit}" if unit else text


def curve(series: Sequence[float | None]) -> str:
    """The steps as bars, from the least to the most of them; a gap where nothing was kept."""
    bars = _BARS if (sys.stdout.encoding or "").lower().replace("-", "") == "utf8" else _PLAIN
    there = [value for value in series if value is not None]
    if not there:
        return ""
    low, high = min(there), max(there)
    scale = (len(bars) - 1) / (high - low) if high > low else 0.0
    return "".join(" " if value is None else bars[round((value - low) * scale)] for value in series)
