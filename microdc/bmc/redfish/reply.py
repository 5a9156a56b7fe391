"""What came back for one request, as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """headers: by lower-case name. content: decompressed."""

    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def status_code(self) -> int:
        """The status, as DMTF's library calls it."""
        return self.status
