"""Figures in a few characters, as a rack or a row of a table has room for. Pure."""

from __future__ import annotations

import math

_DASH = "-"
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def watts(value: float | None) -> str:
    """Such as 184 W or 12.3 kW."""
    if value is None or not math.isfinite(value):
        return _DASH
    return f"{value / 1000:.1f} kW" if abs(value) >= 9999.5 else f"{value:.0f} W"


def celsius(value: float | None) -> str:
    """Such as 24 °C."""
    return _DASH if value is None or not math.isfinite(value) else f"{value:.0f} °C"


def rpm(value: float | None) -> str:
    """Revolutions a minute: 5400 or 12.3k."""
    if value is None or not math.isfinite(value):
        return _DASH
    return f"{value / 1000:.1f}k" if value >= 9999.5 else f"{value:.0f}"


def number(value: float | None) -> str:
    """A count, or whatever has no unit: at most five digits that say something."""
    return _DASH if value is None or not math.isfinite(value) else f"{value:.5g}"


def bits(value: float | None) -> str:
    """Bit/s: 0, 950, 1.2k, 35M, 9.4G."""
    if value is None or not math.isfinite(value):
        return _DASH
    for factor, prefix in _PREFIXES:
        if value >= factor * 0.9995:
            scaled = value / factor
            told = f"{scaled:.1f}".removesuffix(".0") if scaled < 9.95 else f"{scaled:.0f}"
            return told + prefix
    return f"{value:.0f}"


def span(seconds: float | None) -> str:
    """A time that went by: 4 s, 12 min, 3 h 10 min, 12 d 3 h."""
    if seconds is None or not math.isfinite(seconds):
        return _DASH
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 120:
        return f"{minutes} min"
    hours, days = minutes // 60, minutes // 1440
    if days >= 2:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min"


def size(octets: float | None) -> str:
    """Bytes of memory or of a disk: 512 MiB, 64 GiB, 3.5 TiB."""
    if octets is None or not math.isfinite(octets):
        return _DASH
    for factor, unit in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if octets >= factor:
            return f"{octets / factor:.3g} {unit}"
    return f"{octets:.0f} B"


def reading(value: float | None, unit: str) -> str:
    """What a sensor reads, with its unit (UCUM's words as people write them)."""
    if value is None or not math.isfinite(value):
        return _DASH
    shown = {"Cel": "°C", "{rev}/min": "RPM", "RPM": "RPM"}.get(unit, unit)
    return f"{value:.6g} {shown}".strip()
