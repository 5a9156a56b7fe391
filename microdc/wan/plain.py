"""What is asked of a direction as JSON holds it: on the shapers, in the journal and in records alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microdc import impairment
from microdc.wan import floor
from microdc.wan.model import AccessLine, Asked, Direction


def to_data(direction: Direction, asked: Asked) -> dict[str, Any]:
    """One direction and what is asked of it; `from_data` is the way back."""
    return {
        "source": direction.source,
        "target": direction.target,
        "impairment": impairment.to_data(asked.impairment),
        "origin": asked.origin,
        "floor": floor.to_data(asked.floor),
        "shared": asked.shared,
    }


def from_data(data: Mapping[str, Any]) -> tuple[Direction, Asked]:
    """Raises KeyError or TypeError for what is none, InputError for an impairment that is none."""
    return Direction(data["source"], data["target"]), Asked(
        impairment.from_data(data["impairment"]),
        data["origin"],
        floor.from_data(data["floor"]),
        data.get("shared", False),  # what was written down before lines were shared does not say
    )


def lines_to_data(lines: Mapping[str, AccessLine]) -> dict[str, Any]:
    """Access lines by site; `lines_from_data` is the way back."""
    return {site: [line.up, line.buffer, line.down] for site, line in lines.items()}


def lines_from_data(data: Mapping[str, Any]) -> dict[str, AccessLine]:
    """Raises TypeError for what is none."""
    return {site: AccessLine(*values) for site, values in data.items()}
