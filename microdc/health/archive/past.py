"""What was kept, put together for who looks back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microdc.health.figures import FIGURES
from microdc.store.healthrows import MINUTE, PointRow


@dataclass(frozen=True, slots=True)
class Summary:
    """A figure of a device over a time. last: of the newest minute that has it; least, mean, most: of the minutes' means.

    series: the time in equal steps, the mean of each; None where nothing was kept.
    """

    device: str
    figure: str
    last: float
    least: float
    mean: float
    most: float
    series: tuple[float | None, ...] = ()


def summaries(points: Sequence[PointRow], since: float, until: float, steps: int) -> list[Summary]:
    """Of each device and figure, in the order of the points and of FIGURES. points: by device and minute; since, until: Unix seconds."""
    by_device: dict[str, list[PointRow]] = {}
    for point in points:
        by_device.setdefault(point.device, []).append(point)
    return [
        _summary(device, name, values, since=since, step=(until - since) / steps, steps=steps)
        for device, found in by_device.items()
        for name in FIGURES
        if (values := [(one.minute, one.figures[name]) for one in found if name in one.figures])
    ]


def _summary(
    device: str, name: str, values: Sequence[tuple[int, float]], *, since: float, step: float, steps: int
) -> Summary:
    """A minute counts for the step in which its middle lies."""
    inside: list[list[float]] = [[] for _ in range(steps)]
    for minute, value in values:
        place = int((minute + MINUTE / 2 - since) / step) if step > 0 else 0
        inside[min(max(place, 0), steps - 1)].append(value)
    only = [value for _, value in values]
    series = tuple(sum(one) / len(one) if one else None for one in inside)
    return Summary(device, name, only[-1], min(only), sum(only) / len(only), max(only), series)
