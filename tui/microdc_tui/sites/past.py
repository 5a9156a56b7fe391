"""The last minutes of a site: what its devices' figures add up to, step by step. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from microdc.health.model import Kind

if TYPE_CHECKING:
    from microdc.health.board import Board

STEPS = 24
STEP = 12.5
"""Seconds: all steps are five minutes."""
_SUMMED = (("draw", "draw_watts", Kind.SERVER), ("lan", "in_bits", Kind.SWITCH))
"""What a history is called, of which figure it is, and of which devices."""

History = Sequence[float | None]


def histories(board: Board, site: str, until: float) -> Mapping[str, History]:
    """By name: "draw" (W), "lan" and "wan" (bit/s); None where nothing is known. until: the end of the last step, Unix seconds."""

    def series(key: str, figure: str) -> History:
        return board.series(key, figure, count=STEPS, span=STEPS * STEP, until=until)

    own: dict[str, list[History]] = {name: [] for name, _, _ in _SUMMED}
    wan: list[History] = []
    for key, health in board.devices().items():
        device = health.device
        if device.kind is Kind.PAIR:
            a, _, b = device.name.partition(":")
            if site in {a, b}:
                wan.append(series(key, "rate_ab" if site == a else "rate_ba"))
        elif device.site == site:
            for name, figure, kind in _SUMMED:
                if device.kind is kind:
                    own[name].append(series(key, figure))
    return {**{name: summed(found) for name, found in own.items()}, "wan": summed(wan)}


def summed(found: Sequence[History]) -> History:
    """Series of the same steps, added up; None where none has a value."""
    return [
        sum(known) if (known := [value for value in step if value is not None]) else None
        for step in zip(*found, strict=True)
    ]
