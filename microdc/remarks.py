"""What a device tells in a way that cannot be taken as it is. The rest of what it tells stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """where: resource and property, sensor, or object; what: in a sentence."""

    where: str
    what: str
