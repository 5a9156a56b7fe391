"""Moments as people of this place read them. Pure, but for the time zone of the machine."""

from __future__ import annotations

from datetime import datetime

from microdc_tui.devices.wording import span

LATEST = 253_370_764_800.0
"""The first of January 9999, UTC: the last moment but for a year that every time zone can tell."""


def known(at: float | None) -> bool:
    """Whether it is a moment that a calendar has: what a device or a recording tells may be any number."""
    return at is not None and 0.0 <= at <= LATEST


def local(at: float) -> datetime:
    """A moment in local time. at: Unix seconds; what no calendar has is told as the nearest that it has."""
    held = min(max(at, 0.0), LATEST) if at == at else 0.0  # noqa: PLR0124  NaN
    return datetime.fromtimestamp(held).astimezone()


def clock(at: float | None, now: float | None = None) -> str:
    """The time of day, such as 14:02:31; with the day in front where that is not the day of `now`. A dash where it is not known."""
    if at is None or not known(at):
        return "-"
    moment = local(at)
    same = now is None or moment.date() == local(now).date()
    return f"{moment:%H:%M:%S}" if same else f"{moment:%m-%d %H:%M}"


def stamp(at: float | None) -> str:
    """Day and time of day, such as 2026-11-27 14:02:31."""
    return f"{local(at):%Y-%m-%d %H:%M:%S}" if at is not None and known(at) else "-"


def took(seconds: float | None) -> str:
    """How long something took: 400 ms, 3.2 s, 4 min; nothing where that is not known."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else span(seconds)
