"""Texts, numbers, MACs and times as BMCs write them: cleaned, or None where they say nothing. Pure."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

LONGEST: Final = 2000
"""Characters of a text that are kept: log messages of real BMCs are shorter."""

_NOTHING = frozenset(
    {
        "absent",
        "default string",
        "empty",
        "n/a",
        "na",
        "nil",
        "no dimm",
        "none",
        "not applicable",
        "not available",
        "not present",
        "not provided",
        "not specified",
        "not specifed",  # as AMI's firmware spells it
        "null",
        "o.e.m.",
        "o.e.m",
        "oem",
        "system manufacturer",
        "system product name",
        "system serial number",
        "to be filled by o.e.m.",
        "to be filled by oem",
        "undefined",
        "unknown",
        "xxxx",
    }
)
"""What firmware says instead of nothing, in lower case."""

_MAC = re.compile(r"[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}")
_BARE_MAC = re.compile(r"(?:0x)?([0-9a-f]{12})")
_MEANINGLESS_MACS = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})
_UUID_OF_NOTHING = re.compile(r"[0-]+|[Ff-]+")
_FRACTION = re.compile(r"\.(\d{1,6})\d*")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_CLOCK_SET = 1990
"""A log entry of an earlier year was written before the BMC's clock was set: most count from 1970, some write the year 0."""


def clean(text: str) -> str:
    """In one line, without what cannot be printed or encoded, and not endless."""
    cut = text[: 2 * LONGEST]
    shown = cut if cut.isprintable() else "".join(one if one.isprintable() else " " for one in cut)
    line = " ".join(shown.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def said(text: str) -> str | None:
    """A text without the placeholders of firmware: None for blanks, dots, "To be filled by O.E.M." and the like."""
    line = clean(text)
    if not any(one.isalnum() for one in line) or line.lower() in _NOTHING:
        return None
    return line


def uuid(text: str | None) -> str | None:
    """A UUID as it is written; None for all zeros and all ones."""
    return None if text is None or _UUID_OF_NOTHING.fullmatch(text) else text


def mac(text: str) -> str | None:
    """Lower case with colons. None for what is no MAC of Ethernet: words, zeros, 20 octets of InfiniBand."""
    low = text.strip().lower()
    if _MAC.fullmatch(low):
        found = low.replace("-", ":")
    elif bare := _BARE_MAC.fullmatch(low):
        found = ":".join(re.findall("..", bare[1]))
    else:
        return None
    return None if found in _MEANINGLESS_MACS else found


def finite(value: float | str) -> float | None:
    """A number, also one that was written as a text; None for NaN, infinities and what no float holds."""
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def moment(text: str, offset: str = "") -> datetime | None:
    """A time with its offset from UTC. offset: that of the BMC, for a time that has none.

    None for a clock that was not set. Raises ValueError for what is no time.
    """
    line = text.strip()
    if line.startswith("0000-"):
        return None
    at = datetime.fromisoformat(_FRACTION.sub(r".\1", line, count=1))
    if at.tzinfo is None:
        at = at.replace(tzinfo=_zone(offset))
    return at if at.year >= _CLOCK_SET else None


def _zone(offset: str) -> timezone:
    found = _OFFSET.fullmatch(offset.strip())
    if not found or int(found[2]) > 23 or int(found[3]) > 59:
        return UTC
    away = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-away if found[1] == "-" else away)
