"""The speed of a link from the words of a map: `2.5 Gbit/s`, `OC-192c`, `34/45 Mbit/s`, `>10Gbps`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from microdc.topology import labels
from microdc.topology.formats import terms
from microdc.topology.formats.terms import Term

_SAME = 0.05
"""Relative difference up to which two numbers are names of one speed: OC-192 is 9.95 Gbit/s, and called 10."""
_BYTES = re.compile(r"[0-9]\s*[KMGTkmgt]B(?:ps|/s)?(?![A-Za-z])")
_BEFORE = {
    "a lower bound: the bound": r"(?<!-)[>≥]\s*=?\s*|\b(?:more than|over|at least|min\.?)\s*",
    "an upper bound: the bound": r"(?<!-)[<≤]\s*=?\s*|\b(?:less than|under|up to|at most|max\.?)\s*",
    "about so much: the number": r"[~≈±]\s*|\b(?:about|approx\.?|approximately|ca\.?)\s*",
    "an unknown number of lines: one": r"\bn\s*[x×*]\s*",
}
"""What a word just before a speed makes of it: what it is, and what is taken."""
_AFTER = {
    "a lower bound: the bound": r"\s*(?:\+|(?:and|or) (?:above|more|up|over))",
    "an upper bound: the bound": r"\s*(?:max\b|(?:and|or) (?:below|less|under))",
}


@dataclass(frozen=True, slots=True)
class Speed:
    """A rate in bit/s; None where the text can be read in several ways. note: what was taken of a text that is not plain, else ""."""

    rate: int | None
    note: str = ""


def read_speed(text: str, raw: str = "", units: str = "") -> Speed | None:
    """What a link's texts say of its speed; None for nothing.

    raw: the number of bit/s that the file's author made of it, and believed where it is there; text: the label; units: k, M or G
    where the label is a bare number.
    """
    text = labels.words(text)
    said = _from_text(text, units.strip().lower()[:1])
    number = _positive(raw)
    if number is None:
        return None if said is None else Speed(said.rate, f"{text!r} is {said.note}" if said.note else "")
    note = ""
    if said is None and text and not any(map(str.isdigit, text)):
        note = f"{text!r} states no speed: the file's own number"
    elif said is not None and said.note:
        note = f"{text!r} is {said.note.partition(':')[0]}: the file's own number"
    elif said is not None and said.rate is not None and not same(said.rate, number):
        note = f"{text!r} and the file's own number differ: the number"
    return Speed(number, note)


def same(a: float, b: float) -> bool:
    """Whether two rates are names of one speed."""
    return math.isclose(a, b, rel_tol=_SAME)


def _positive(raw: str) -> int | None:
    try:
        value = float(raw)
    except ValueError:
        return None
    return round(value) if _is_rate(value) else None


def _is_rate(value: float) -> bool:
    return math.isfinite(value) and 0.5 < value < 1e18


def _from_text(text: str, units: str) -> Speed | None:
    """note: `KINDS: what is taken`, or ""."""
    low = text.lower()
    found = terms.terms_of(low, units)
    speeds = [term for term in found if term.rate is not None]
    if not speeds or low.startswith("-"):
        return None
    if why := terms.unclear(found):
        return Speed(None, f"{why}: none")
    sums = _sums(found)
    least = min(sums, key=lambda each: each[0])
    if not _is_rate(least[0]):
        return None
    notes = [f"{least[1]} lines: their sum"] if least[1] > 1 else []
    if any(not same(total, least[0]) for total, _ in sums):
        notes.append(_several(speeds, len(sums)))
    notes += _bounds(low, speeds)
    if any("," in term.number for term in speeds):
        notes.append("written with a comma: that of decimals")
    if _BYTES.search(text):
        notes.append("written in bytes: the number of bits")
    if terms.has_other_numbers(low, found):
        notes.append("of several numbers: that of a speed")
    kinds, taken = ([note.split(": ")[side] for note in notes] for side in (0, 1))
    return Speed(round(least[0]), f"{' and '.join(kinds)}: {' and '.join(taken)}" if notes else "")


def _sums(found: Sequence[Term]) -> list[tuple[float, int]]:
    """Bit/s and lines of each speed that the text states: what `+` joins is one."""
    sums: list[tuple[float, int]] = []
    adds = False
    for term in found:
        if term.rate is None:
            adds = False
            continue
        value, count = term.rate * term.count, term.count
        if adds:
            total, lines = sums.pop()
            value, count = total + value, lines + count
        sums.append((value, count))
        adds = term.joint == "sum"
    return sums


def _several(speeds: Sequence[Term], count: int) -> str:
    if all(term.joint == "range" for term in speeds[:-1]):
        return "a range: its lower end"
    return "two speeds: the lower" if count == 2 else "several speeds: the lowest"


def _bounds(text: str, speeds: Sequence[Term]) -> list[str]:
    found = [
        note
        for note, word in _BEFORE.items()
        if any(re.search(rf"(?:{word})$", text[: term.start]) for term in speeds)
    ]
    after = [
        note for note, word in _AFTER.items() if any(re.match(word, text[term.end :]) for term in speeds
                                                     if term.joint != "sum")
    ]  # fmt: skip
    return found + [note for note in after if note not in found]
