"""The speed of a link from the words of a map: `2.5 Gbit/s`, `OC-192c`, `34/45 Mbit/s`, `>10Gbps`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from microdc.topology import labels

_STM, _OC = 155_520_000, 51_840_000
"""Bit/s of STM-1 (ITU-T G.707) and OC-1 (ANSI T1.105); STM-n and OC-n are n times that, a trailing c changes nothing."""
_NAMED = {
    "e1": 2_048_000, "e3": 34_368_000,  # ITU-T G.703
    "t1": 1_544_000, "ds1": 1_544_000, "t3": 44_736_000, "ds3": 44_736_000,  # ANSI T1.102
    "fe": 10**8, "fast ethernet": 10**8, "ge": 10**9, "gige": 10**9, "gbe": 10**9, "gigabit ethernet": 10**9,
}  # fmt: skip
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_LEVEL = re.compile(r"(?<![a-z])(oc|stm)[ -]?(\d{1,4})(?:c)?(?![a-z0-9])")
_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = r"([kmgt])(?:bit/s|bits/s|bits|bit|bps|b/s|b|be|e)?(?![a-z])"
_AMOUNT = re.compile(rf"(?<![a-z0-9.])({_NUMBER})\s*{_UNIT}")
_RANGE = re.compile(rf"(?<![a-z0-9.])({_NUMBER})\s*(?:{_UNIT})?\s*(-|–|/|to)\s*({_NUMBER})\s*{_UNIT}")
_TIMES = re.compile(rf"(?<![a-z0-9.])(\d{{1,3}})\s*[x×*]\s*(?={_NUMBER}|oc|stm|ge|[te][13])")
_WORD = re.compile(rf"(?<![a-z0-9])({'|'.join(sorted(_NAMED, key=len, reverse=True))})(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class Speed:
    """A rate in bit/s. note: what was taken of a text that says more than one thing, "" where it does not."""

    rate: int
    note: str = ""


def read_speed(text: str, raw: str = "", units: str = "") -> Speed | None:
    """What a link's texts say of its speed; None for nothing.

    raw: the number of bit/s that the file's author made of it, and believed where it is there; text: the label; units: k, M or G
    where the label is a bare number.
    """
    text = labels.words(text)
    said = _from_text(text.lower(), units.strip().lower()[:1])
    number = _positive(raw)
    if number is not None:
        note = ""
        if said is None and re.search(r"\d", text) is None:
            note = "" if not text else f"{text!r} states no speed: the file's own number"
        elif said is not None and said.note:
            note = f"{text!r} is {said.note.split(':')[0]}: the file's own number"
        elif said is not None and not math.isclose(said.rate, number, rel_tol=0.05):
            note = f"{text!r} and the file's own number differ: the number"
        return Speed(number, note)
    return Speed(said.rate, f"{text!r} is {said.note}" if said.note else "") if said else None


def _positive(raw: str) -> int | None:
    try:
        value = float(raw)
    except ValueError:
        return None
    return round(value) if math.isfinite(value) and 0.5 < value < 1e18 else None


def _from_text(text: str, units: str) -> Speed | None:
    """note: `KIND: what is taken`, or ""."""
    times = _TIMES.search(text)
    rate = _rate(text if times is None else text[: times.start()] + text[times.end() :], units)
    if rate is None:
        return None
    value, note = rate
    if times is not None:
        value, note = value * int(times[1]), f"{times[1]} lines: their sum"
    if not 0.5 < value < 1e18:
        return None
    if re.match(r"\s*(>|≥|more than|over|at least)", text):
        note = "a lower bound: the bound"
    elif re.match(r"\s*(<|≤|less than|under|up to|at most)", text) or "and below" in text:
        note = "an upper bound: the bound"
    return Speed(round(value), note)


def _rate(text: str, units: str) -> tuple[float, str] | None:
    if levels := _LEVEL.findall(text):
        kind, number = levels[0]
        return int(number) * (_STM if kind == "stm" else _OC), ""
    if two := _RANGE.search(text):
        first, unit, between, second, last = two.groups()
        low = min(float(first) * _FACTORS[unit or last], float(second) * _FACTORS[last])
        return low, "two speeds: the lower" if between == "/" else "a range: its lower end"
    if amount := _AMOUNT.search(text):
        return float(amount[1]) * _FACTORS[amount[2]], ""
    if word := _WORD.search(text):
        return _NAMED[word[1]], ""
    if units in _FACTORS and units and re.fullmatch(_NUMBER, text):
        return float(text) * _FACTORS[units], ""
    return None
