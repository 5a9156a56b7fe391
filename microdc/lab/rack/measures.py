"""What measures the faults of a server take. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from microdc.errors import InputError
from microdc.lab.redfish.faults import Fault

_DAY = 86_400.0
_NUMBERS: Mapping[str, tuple[float, float, str]] = {
    "missing-dimm": (1, 2**20, "MiB that are left"),
    "hot-inlet": (-40, 125, "degrees Celsius"),
    Fault.SLOW: (0, _DAY, "seconds"),
    Fault.STARTING: (0, _DAY, "seconds until it says to come again"),
    Fault.BUSY: (0, _DAY, "seconds until it says to come again"),
    Fault.LAGGING_POWER: (0, _DAY, "seconds"),
    Fault.CLOCK_SKEW: (-100 * 365 * _DAY, 100 * 365 * _DAY, "seconds ahead, negative for behind"),
    Fault.HUGE: (1, 10**9, "bytes"),
    Fault.ETAG_REQUIRED: (412, 412, "the status, in place of 428"),
    Fault.TRAILING_SLASH: (301, 308, "the status, 308 by default"),
}
"""Least and greatest number, and what it is."""
_EXPIRED = frozenset({"seconds", "requests"})


def check(fault: str, measure: Any) -> None:
    """Raises InputError for a measure that a fault does not take; every fault takes True, and None takes it away."""
    if measure is None or measure is True:
        return
    told = f"{fault}={measure}"
    if fault in _NUMBERS:
        low, high, what = _NUMBERS[fault]
        if not (_is_number(measure) and low <= measure <= high):
            raise InputError(f"{told}: not a number from {low:g} to {high:g}: {what}")
    elif fault == Fault.EXPIRED:
        if not _is_expiry(measure):
            raise InputError(
                f"{told}: not such as it takes",
                hint='write expired, or expired={"seconds": 2}, or {"requests": 1}',
            )
    elif not (fault == Fault.SETTINGS_OBJECT and measure == "SD"):
        raise InputError(f"{told}: this fault takes no measure", hint=f"write {fault} alone")


def _is_number(measure: Any) -> bool:
    return isinstance(measure, int | float) and not isinstance(measure, bool) and isfinite(measure)


def _is_expiry(measure: Any) -> bool:
    return (
        isinstance(measure, Mapping)
        and len(measure) > 0
        and measure.keys() <= _EXPIRED
        and all(_is_number(limit) and limit >= 0 for limit in measure.values())
    )
