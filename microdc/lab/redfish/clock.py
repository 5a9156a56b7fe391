"""The time as Redfish writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now(ahead: float = 0) -> str:
    """Now in UTC to the second, ISO 8601: `2024-05-01T12:00:00Z`. ahead: seconds by which the clock is wrong."""
    return (datetime.now(UTC) + timedelta(seconds=ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")
