"""Rates, delays, sizes and percentages: parsed and printed one way.

A Rate is an int of bit/s, a Delay an int of nanoseconds, a Size an int of bytes, a Percent a float 0..100.
Text is a number and a unit with no space required between them; an unit is needed except for a bare zero.
Parsing raises ValueError with what is wrong and what to write instead; the documents room adds file and line.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import NewType

Delay = NewType("Delay", int)
Rate = NewType("Rate", int)
Size = NewType("Size", int)
Percent = NewType("Percent", float)

_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "min": 60 * 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_BITS = {"bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9, "tbit": 10**12}
_BITS_IEC = {"kibit": 2**10, "mibit": 2**20, "gibit": 2**30}
_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}

MAX_DELAY = Delay(300 * 10**9)
"""Longest one-way delay accepted: 300 s. Mars is farther; nothing on earth is."""
MAX_JITTER = Delay(2**31 - 1)
"""Largest jitter accepted, 2.1 s: netem takes more for this much, and does not say so."""
MIN_RATE, MAX_RATE = Rate(8_000), Rate(400 * 10**9)
"""Rates accepted: 8 kbit/s to 400 Gbit/s, the range in which HTB keeps the rate asked for."""

_QUANTITY = re.compile(r"\s*([+-]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*([^\s0-9]*)\s*")


def _number(text: str, what: str, example: str) -> tuple[Decimal, str]:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not {what}: write a number and a unit, such as {example}")
    try:
        value = Decimal(match[1].replace("_", ""))
    except InvalidOperation:
        raise ValueError(f"{text!r} is not {what}: write a number and a unit, such as {example}") from None
    if value < 0:
        raise ValueError(f"{text!r} is negative: {what} is zero or more")
    if not -400 < value.adjusted() <= 30:  # a share may be as small as a float can be
        raise ValueError(f"{text!r} is out of range for {what}")
    return value, match[2]


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value())


def parse_duration(text: str) -> Delay:
    """Text such as `250us`, `1.5ms`, `10m` to nanoseconds, without an upper bound."""
    value, unit = _number(text, "a duration", "10ms")
    if not unit and value == 0:
        return Delay(0)
    if unit not in _NS:
        raise ValueError(f"{text!r} has no unit of time: write ns, us, ms, s, min or h, such as 10ms")
    return Delay(_whole(value * _NS[unit]))


def parse_delay(text: str) -> Delay:
    """Text such as `0.75ms` to nanoseconds, at most MAX_DELAY."""
    delay = parse_duration(text)
    if delay > MAX_DELAY:
        raise ValueError(
            f"{text!r} is more than {format_delay(MAX_DELAY)}, the longest delay that is emulated"
        )
    return delay


def parse_rate(text: str) -> Rate:
    """Text such as `64kbit` or `1.5gbit` to bit/s. Bytes per second are refused, not guessed."""
    value, unit = _number(text, "a rate", "100mbit")
    low = unit.removesuffix("/s").lower()
    if low in {"bps", "kbps", "mbps", "gbps", "tbps"}:
        raise ValueError(
            f"{text!r} is ambiguous (tc reads {unit} as bytes per second): write {_plain(value)}{low[0].strip('b')}bit"
        )
    if low in _BYTES and low not in _BITS:
        raise ValueError(
            f"{text!r} is a size, not a rate: write bits per second, such as {_plain(value * 8)}{low[0].strip('b')}bit"
        )
    factor = {**_BITS, **_BITS_IEC}.get(low)
    if factor is None:
        raise ValueError(f"{text!r} has no unit of rate: write bit, kbit, mbit or gbit, such as 100mbit")
    rate = Rate(_whole(value * factor))
    if not MIN_RATE <= rate <= MAX_RATE:
        raise ValueError(
            f"{text!r} is outside {format_rate(MIN_RATE)}..{format_rate(MAX_RATE)}"
            + (
                ": leave `rate` out for a line without a limit, use `loss: 100%` for a dead one"
                if rate == 0
                else ""
            )
        )
    return rate


def parse_size(text: str) -> Size:
    """Text such as `64kB`, `1MiB`, `1500B` to bytes."""
    value, unit = _number(text, "a size", "64kB")
    factor = _BYTES.get(unit.lower())
    if factor is None:
        raise ValueError(f"{text!r} has no unit of size: write B, kB, MB, KiB or MiB, such as 64kB")
    size = _whole(value * factor)
    if size >= 2**32:
        raise ValueError(f"{text!r} is 4 GiB or more, which no queue in the kernel holds")
    return Size(size)


_MEMORY = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20))


def parse_memory(text: str) -> Size:
    """Text such as `64GiB` or `512MiB` to bytes. Memory comes in powers of two: GB, of which people mean either, is refused."""
    value, unit = _number(text, "a memory size", "64GiB")
    factor = dict(_MEMORY).get(unit)
    if factor is None:
        raise ValueError(f"{text!r} has no unit of memory: write MiB, GiB or TiB, such as 64GiB")
    size = _whole(value * factor)
    if not 0 < size < 2**60:
        raise ValueError(f"{text!r} is no memory that a server has")
    return Size(size)


def parse_percent(text: str) -> Percent:
    """Text such as `0.1%` to a number 0..100. The sign is required: 0.1 could mean ten percent."""
    value, unit = _number(text, "a percentage", "0.1%")
    if unit != "%" and not (unit == "" and value == 0):
        raise ValueError(f"{text!r} lacks the percent sign: write {_plain(value)}%")
    if value > 100:
        raise ValueError(f"{text!r} is more than 100%")
    return Percent(float(value))


def _plain(value: Decimal | float) -> str:
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(value: int, units: list[tuple[str, int]]) -> str:
    for name, factor in units:
        if value >= factor:
            return f"{_plain(Decimal(value) / factor)}{name}"
    return f"0{units[-1][0]}"


def format_delay(value: int) -> str:
    """Nanoseconds as text that parses back to the same value."""
    return _scaled(value, [("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)]) if value else "0ms"


def format_rate(value: int) -> str:
    """Bit/s as text that parses back to the same value."""
    return _scaled(value, [("gbit", 10**9), ("mbit", 10**6), ("kbit", 10**3), ("bit", 1)])


def format_size(value: int) -> str:
    """Bytes as text that parses back to the same value."""
    return _scaled(value, [("MB", 10**6), ("kB", 10**3), ("B", 1)])


def format_memory(value: int) -> str:
    """Bytes as `64GiB`; parses back to the same value. A unit is used down to its quarters: 63.5GiB, but 65000MiB."""
    name, factor = next(
        ((name, factor) for name, factor in _MEMORY if value >= factor and not value % (factor // 4)),
        _MEMORY[-1],
    )
    return f"{_plain(Decimal(value) / factor)}{name}"


def format_percent(value: float) -> str:
    """A percentage as text that parses back to the same value."""
    return f"{_plain(value)}%"
