"""Records as documents of JSON. What is empty is left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

from microdc.health.model import Fleet, Sample

FORMAT: Final = 1
"""Of the lines. A reader takes keys that it does not know for news, and refuses another format."""
_DEEPEST: Final = 64


def sample_document(sample: Sample) -> dict[str, Any]:
    told: dict[str, Any] = {"type": "sample", "device": sample.device, "at": sample.at}
    if sample.took:
        told["took"] = sample.took
    if sample.next:
        told["next"] = sample.next
    if sample.trouble is not None:
        told["trouble"] = _without_empty(
            kind=sample.trouble.kind,
            what=sample.trouble.what,
            where=sample.trouble.where,
            hint=sample.trouble.hint,
        )
    if sample.reasons:
        told["reasons"] = [
            _without_empty(severity=one.severity, what=one.what, where=one.where) for one in sample.reasons
        ]
    if sample.figures:
        told["figures"] = {name: float(value) for name, value in sample.figures.items() if isfinite(value)}
    if sample.facts:
        told["facts"] = sample.facts if isinstance(sample.facts, dict) else dict(sample.facts)
    if sample.maintenance:
        told["maintenance"] = sample.maintenance
    return told


def fleet_document(fleet: Fleet) -> dict[str, Any]:
    return {
        "type": "fleet",
        "format": FORMAT,
        "origin": fleet.origin,
        "sites": [
            _without_empty(name=one.name, title=one.title, at=one.at, racks=dict(one.racks))
            for one in fleet.sites
        ],
        "devices": [
            _without_empty(
                kind=one.kind,
                name=one.name,
                site=one.site,
                rack=one.rack,
                unit=one.unit,
                height=one.height,
                role=one.role,
                labels=dict(one.labels),
            )
            for one in fleet.devices
        ],
        "problems": fleet.problems,
    }


def _without_empty(**values: Any) -> dict[str, Any]:
    """But for what a record cannot be without."""
    kept = {"kind", "name", "severity", "what"}
    return {name: value for name, value in values.items() if name in kept or value not in ("", None, {})}


def plain(value: Any, depth: int = 0) -> Any:
    """The nearest that JSON can say: one fact that a probe got wrong must not end a feed."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if depth > _DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {str(name): plain(one, depth + 1) for name, one in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        return [plain(one, depth + 1) for one in value]
    return str(value)
