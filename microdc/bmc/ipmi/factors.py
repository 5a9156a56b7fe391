"""From a raw reading to a value: y = L[(M·x + B·10^K1) · 10^K2] (section 36.3)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

NONLINEAR = 0x70
"""From here on the factors depend on the reading and are asked of the BMC (Get Sensor Reading Factors, 35.5)."""

_LINEARIZATIONS: dict[int, Callable[[float], float]] = {
    0: lambda y: y,
    1: math.log,
    2: math.log10,
    3: math.log2,
    4: math.exp,
    5: lambda y: 10.0**y,
    6: lambda y: 2.0**y,
    7: lambda y: 1 / y,
    8: lambda y: y**2,
    9: lambda y: y**3,
    10: math.sqrt,
    11: math.cbrt,
}
"""Table 43-1, byte 24."""


@dataclass(frozen=True, slots=True)
class Factors:
    """M, B and the exponents of ten K1 (of B) and K2 (of the result)."""

    m: int
    b: int = 0
    k1: int = 0
    k2: int = 0


PLAIN = Factors(1)
"""Those of a sensor whose readings are values."""


def factors(data: bytes) -> Factors:
    """From the six bytes M, M and tolerance, B, B and accuracy, accuracy, exponents (table 43-1, bytes 25 to 30)."""
    return Factors(
        m=signed(data[0] | (data[1] & 0xC0) << 2, 10),
        b=signed(data[2] | (data[3] & 0xC0) << 2, 10),
        k1=signed(data[5] & 0x0F, 4),
        k2=signed(data[5] >> 4, 4),
    )


def number(raw: int, form: int) -> int | None:
    """A raw reading as a number. form: 0 unsigned, 1 ones' complement, 2 two's complement, 3 none (table 43-1, byte 21)."""
    if form == 3:
        return None
    if form == 0 or raw < 0x80:
        return raw
    return raw - 0xFF if form == 1 else raw - 0x100


def value(raw: int, form: int, linearization: int, by: Factors) -> float | None:
    """The value of a raw reading; None where there is none, as for 1/0."""
    x = number(raw, form)
    if x is None:
        return None
    # sums and products of whole numbers first, so that 3.3 does not come out as 3.3000000000000003
    exponent = min(by.k1, 0)
    whole = by.m * x * 10**-exponent + by.b * 10 ** (by.k1 - exponent)
    shift = by.k2 + exponent
    y = float(whole * 10**shift) if shift >= 0 else whole / 10**-shift
    try:
        made = _LINEARIZATIONS[0 if linearization >= NONLINEAR else linearization](y)
    except (ValueError, ArithmeticError, KeyError):
        return None
    return made if isinstance(made, float) and math.isfinite(made) else None


def signed(value: int, bits: int) -> int:
    """A two's complement number of so many bits."""
    return value - (1 << bits) if value >> (bits - 1) else value
