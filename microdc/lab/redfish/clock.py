"""The time as Redfish writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Now in UTC to the second, ISO 8601: `2024-05-01T12:00:00Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
