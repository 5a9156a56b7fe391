"""The colours of numbers, and the scale they are read from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

LEVELS = 64
"""Colours of the ramp: more than an eye tells apart, and few enough that neighbours of one colour are drawn as one."""
_LOG_FROM = 30.0
"""Largest value by smallest above which the scale is logarithmic."""

_CHROMA = 0.086
"""Of all its colours: the most that sRGB can show all the way along."""


def colour(share: float) -> str:
    """The ramp, 0..1: from pale yellow through green to dark blue, evenly darker all the way, so that it is read without hue as well."""
    return f"#{''.join(f'{round(255 * part):02x}' for part in _rgb(share))}"


def dark(share: float) -> bool:
    """Whether light letters are read better on it: where its contrast to white is larger than to black (WCAG 2, 1.4.3)."""
    return luminance(share) < 0.179


def luminance(share: float) -> float:
    """Relative luminance of the ramp's colour, 0..1 (WCAG 2)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(share)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _rgb(share: float) -> tuple[float, float, float]:
    """sRGB, 0..1, of an even way through Oklab (B. Ottosson, A perceptual color space for image processing, 2020)."""
    light = 0.97 - 0.69 * share
    hue = math.radians(105 + 165 * share)
    a, b = _CHROMA * math.cos(hue), _CHROMA * math.sin(hue)
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _encoded(linear: float) -> float:
    inside = min(1.0, max(0.0, linear))
    return 12.92 * inside if inside <= 0.0031308 else 1.055 * inside ** (1 / 2.4) - 0.055


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to 0..1. low, high: the ends; a value beyond has the colour of the end."""

    low: float
    high: float
    logarithmic: bool

    def share(self, value: float) -> float:
        if self.high <= self.low:
            return 0.5
        if self.logarithmic:
            value = max(value, self.low)
            part = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, part))

    def level(self, value: float) -> int:
        """The colour's number, below LEVELS."""
        return min(LEVELS - 1, int(self.share(value) * LEVELS))

    def ticks(self) -> list[float]:
        """Round numbers on the scale, ascending, four to ten of them where it has a width."""
        if self.high <= self.low:
            return [self.low]
        if self.logarithmic:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            leads = (1, 2, 5) if len(decades) <= 4 else (1,)
            every = 1 + len(decades) // 10 if len(leads) == 1 else 1
            found = [lead * 10.0**decade for decade in decades[::every] for lead in leads]
        else:
            step = _round_step((self.high - self.low) / 4)
            first = math.ceil(self.low / step - 1e-9)
            found = [step * k for k in range(first, math.floor(self.high / step + 1e-9) + 1)]
        return [tick for tick in found if self.low * (1 - 1e-9) <= tick <= self.high * (1 + 1e-9)] or [
            self.low,
            self.high,
        ]


def _round_step(room: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that fits."""
    power = 10.0 ** math.floor(math.log10(room))
    return next((lead * power for lead in (5, 2, 1) if lead * power <= room), power)


def scale(values: Iterable[float]) -> Scale:
    """The scale for values: logarithmic where they span more than 30 times; zeros then have the colour of the least above zero."""
    known = list(values)
    if not known:
        return Scale(0.0, 0.0, logarithmic=False)
    low, high = min(known), max(known)
    least = min((value for value in known if value > 0), default=0.0)
    if low >= 0 and least and high > _LOG_FROM * least:
        return Scale(least, high, logarithmic=True)
    return Scale(low, high, logarithmic=False)


def digits(value: float, significant: int, *, zeros: bool = False) -> str:
    """A number with so many significant digits, never with an exponent. zeros: also those at its end."""
    if not value:
        return "0"
    places = significant - 1 - math.floor(math.log10(abs(value)))
    text = f"{round(value, places):,.{max(0, places)}f}"
    return text.rstrip("0").rstrip(".") if "." in text and not zeros else text
