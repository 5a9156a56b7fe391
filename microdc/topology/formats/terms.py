"""The numbers in the words of a map, each with its unit and what joins it to the next: `2 x 155 + 34 Mbps` are two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias

_STM, _OC = 155_520_000, 51_840_000
"""Bit/s of STM-1 (ITU-T G.707) and OC-1 (ANSI T1.105); STM-n and OC-n are n times that, a trailing c changes nothing."""
_NAMED = {
    "e1": 2_048_000, "e3": 34_368_000,  # ITU-T G.703
    "t1": 1_544_000, "ds1": 1_544_000, "t3": 44_736_000, "ds3": 44_736_000,  # ANSI T1.102
    "fe": 10**8, "fast ethernet": 10**8, "ge": 10**9, "gige": 10**9, "gbe": 10**9, "gigabit ethernet": 10**9,
}  # fmt: skip
_FACTORS = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_WORDS = "|".join(re.escape(name) for name in sorted(_NAMED, key=len, reverse=True))
_TERM = re.compile(
    rf"""
    (?<![a-z0-9]) (?<![0-9][.,'’])
    (?: (?P<before>[0-9]{{1,3}}) \s*[x×*]\s* )?
    (?: (?P<kind>oc|stm) [ -]? (?P<level>[0-9]{{1,4}}) c?
      | (?P<number>[0-9]+(?:[.,][0-9]+)?) (?![.,'’]?[0-9])
        (?: \s*-?\s* (?P<unit>kilo|mega|meg|giga|gig|tera|[kmgt]) (?:bits?/s|bits?|bps|b/s|b|be|e)? )?
      | (?P<word>{_WORDS})
    ) (?![a-z0-9])
    (?: \s*[x×*]\s* (?P<after>[0-9]{{1,3}}) (?![a-z0-9]|[.,][0-9]) )?
    """,
    re.VERBOSE,
)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")

Joint: TypeAlias = Literal["sum", "range", "or", "beside", "apart"]
_JOINTS: dict[str, Joint] = {
    "+": "sum", "plus": "sum", "-": "range", "–": "range", "—": "range", "to": "range", "/": "or", "|": "or", "or": "or", "": "beside",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A number or the name of a speed. rate: bit/s of one line, None for a number without a unit. number: as written, "" for a name.

    joint: how the next one follows; beside: with nothing between them but space.
    """

    start: int
    end: int
    number: str
    rate: float | None
    unit: str
    count: int
    joint: Joint = "apart"


def terms_of(text: str, units: str) -> list[Term]:
    """The terms of a text in lower case. units: k, m, g or t for a text that is one number alone, or ""."""
    found = [_term(match) for match in _TERM.finditer(text)]
    found = [
        replace(term, joint=_JOINTS.get(text[term.end : after.start].strip(), "apart"))
        for term, after in pairwise(found)
    ] + found[-1:]
    unit = (
        units if units in _FACTORS and len(found) == 1 and found[0].end - found[0].start == len(text) else ""
    )
    for place in range(len(found) - 1, -1, -1):  # a unit holds for the numbers that are joined before it
        term = found[place]
        if term.rate is None and unit:
            found[place] = term = replace(term, rate=_value(term.number, unit), unit=unit)
        before = found[place - 1].joint if place else "apart"
        unit = term.unit if before in {"sum", "range", "or"} else ""
    return found


def _term(match: re.Match[str]) -> Term:
    rate: float | None = None
    unit = (match["unit"] or "")[:1]
    if match["kind"]:
        rate = int(match["level"]) * (_STM if match["kind"] == "stm" else _OC)
    elif match["word"]:
        rate = _NAMED[match["word"]]
    elif unit:
        rate = _value(match["number"], unit)
    count = int(match["before"] or 1) * int(match["after"] or 1)
    return Term(match.start(), match.end(), match["number"] or "", rate, unit, count)


def _value(number: str, unit: str) -> float:
    return float(number.replace(",", ".")) * _FACTORS[unit]


def unclear(found: Sequence[Term]) -> str:
    """Why the terms have no one reading; "" where they have one."""
    if any(_THOUSANDS.fullmatch(term.number) for term in found if term.rate is not None):
        return "written with a comma that may part decimals or thousands"
    if any(term.rate is None and term.joint == "beside" for term in found):
        return "a number after another that may be its thousands, its lines or neither"
    return ""


def has_other_numbers(text: str, found: Sequence[Term]) -> bool:
    """Whether digits stand there that belong to no speed."""
    rest = list(text)
    for term in found:
        if term.rate is not None:
            rest[term.start : term.end] = " " * (term.end - term.start)
    return any(map(str.isdigit, rest))
