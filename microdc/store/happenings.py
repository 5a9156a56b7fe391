"""What an agent does without a controller, as it tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that an agent did. emulator: where. number: counts up within `boot`. at: when, by that host's clock."""

    emulator: str
    boot: str
    number: int
    at: datetime
    text: str
