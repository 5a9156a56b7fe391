"""What is asked of a direction as JSON holds it: on the shapers, in the journal and in records alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microdc import impairment
from microdc.wan import floor
from microdc.wan.model import Asked, Direction


def to_data(direction: Direction, asked: Asked) -> dict[str, Any]:
    """One direction and what is asked of it; `from_data` is the way back."""
    return {
        "source": direction.source,
        "target": direction.target,
        "impairment": impairment.to_data(asked.impairment),
        "origin": asked.origin,
        "floor": floor.to_data(asked.floor),
    }


def from_data(data: Mapping[str, Any]) -> tuple[Direction, Asked]:
    """Raises KeyError or TypeError for what is none, InputError for an impairment that is none."""
    return Direction(data["source"], data["target"]), Asked(
        impairment.from_data(data["impairment"]), data["origin"], floor.from_data(data["floor"])
    )
