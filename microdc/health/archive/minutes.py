"""Samples put together minute by minute: the mean of each figure of a device. Pure, but for what it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from microdc.health.figures import FIGURES
from microdc.store.healthrows import MINUTE, PointRow

_DIGITS: Final = 5
"""More than a sensor measures. Of a table of millions of points each digit counts."""


class _Minute:
    """What was told of a device in the minute that begins then. sums: by figure, with how many."""

    __slots__ = ("begin", "sums")

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.sums: dict[str, tuple[float, int]] = {}

    def add(self, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            if name in FIGURES:
                total, count = self.sums.get(name, (0.0, 0))
                self.sums[name] = total + value, count + 1

    def point(self, device: str) -> PointRow:
        means = {name: total / count for name, (total, count) in self.sums.items()}
        return PointRow(
            device, self.begin, {name: float(f"{value:.{_DIGITS}g}") for name, value in means.items()}
        )


class Minutes:
    """Of every device the minute that goes on."""

    def __init__(self) -> None:
        self._now: dict[str, _Minute] = {}

    def add(self, device: str, at: float, figures: Mapping[str, float]) -> list[PointRow]:
        """Takes the figures of a sample in. at: Unix seconds. One of another minute, later or earlier, ends the one that went on, which is returned."""
        begin = int(at // MINUTE) * MINUTE
        minute, over = self._now.get(device), []
        if minute is None or minute.begin != begin:
            over = [] if minute is None else [minute]
            minute = self._now[device] = _Minute(begin)
        minute.add(figures)
        return [one.point(device) for one in over if one.sums]

    def take(self, now: float) -> list[PointRow]:
        """The minutes that are over by then; infinity ends all."""
        over = {device: one for device, one in self._now.items() if one.begin + MINUTE <= now}
        for device in over:
            del self._now[device]
        return [one.point(device) for device, one in over.items() if one.sums]
