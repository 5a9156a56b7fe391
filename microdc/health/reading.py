"""Records from documents of JSON, of which nothing is taken on trust. Pure."""

from __future__ import annotations

from math import isfinite
from typing import Any, Final, get_args

from microdc.health.model import Device, Fleet, Kind, Place, Reason, Sample, Severity, Trouble
from microdc.health.writing import FORMAT

_SEVERITIES: Final = frozenset(get_args(Severity))
_TROUBLES: Final = frozenset({"unreachable", "refused", "late", "fault", "own"})
_LAST: Final = 253_402_300_799.0
"""Unix seconds: the end of the year 9999. What is later can be shown by no calendar, and what was before 1970 by not all."""
_LONGEST: Final = 1e9
"""Seconds that a poll, or the wait for the next one, may take."""
_UNITS: Final = 1000
"""Of a rack, or what is in it: all of them are drawn."""


def read_sample(found: dict[str, Any]) -> Sample:
    """Raises KeyError, TypeError, ValueError, OverflowError or AttributeError where it is none; so does `read_fleet`."""
    trouble = found.get("trouble")
    reasons = found.get("reasons")
    figures = found.get("figures")
    return Sample(
        _text(found["device"]),
        _within(found["at"], 0.0, _LAST),
        _within(found.get("took", 0.0), 0.0, _LONGEST),
        _within(found.get("next", 0.0), 0.0, _LONGEST),
        None if trouble is None else _trouble(trouble),
        tuple(map(_reason, _list(reasons))) if reasons else (),
        {name: _number(value) for name, value in _object(figures).items()} if figures else {},
        _object(found.get("facts", {})),
        _text(found.get("maintenance", "")),
    )


def _trouble(found: dict[str, Any]) -> Trouble:
    return Trouble(
        _one_of(found["kind"], _TROUBLES),
        _text(found["what"]),
        _text(found.get("where", "")),
        _text(found.get("hint", "")),
    )


def _reason(found: dict[str, Any]) -> Reason:
    return Reason(
        _one_of(found["severity"], _SEVERITIES), _text(found["what"]), _text(found.get("where", ""))
    )


def read_fleet(found: dict[str, Any]) -> Fleet:
    if found.get("format") != FORMAT:
        raise ValueError(f"format {found.get('format')!r} instead of {FORMAT}")
    return Fleet(
        tuple(map(_place, _list(found["sites"]))),
        tuple(map(_device, _list(found["devices"]))),
        _text(found.get("origin", "")),
        tuple(map(_text, _list(found.get("problems", [])))),
    )


def _place(found: dict[str, Any]) -> Place:
    at = found.get("at")
    if at is not None:
        latitude, longitude = _list(at)
        at = _within(latitude, -90.0, 90.0), _within(longitude, -180.0, 180.0)
    racks = {name: _count(units) for name, units in _object(found.get("racks", {})).items()}
    return Place(_text(found["name"]), _text(found.get("title", "")), at, racks)


def _device(found: dict[str, Any]) -> Device:
    unit = found.get("unit")
    return Device(
        Kind(found["kind"]),
        _text(found["name"]),
        _text(found.get("site", "")),
        _text(found.get("rack", "")),
        None if unit is None else _count(unit),
        _count(found.get("height", 1)),
        _text(found.get("role", "")),
        {name: _text(value) for name, value in _object(found.get("labels", {})).items()},
    )


def _text(value: Any) -> str:
    if value.__class__ is not str:
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _number(value: Any) -> float:
    """JSON's true is no number, and what is greater than a float can hold is none either."""
    kind = value.__class__
    if (kind is float or kind is int) and isfinite(value):
        return float(value)
    raise TypeError(f"{value!r:.40} is no number")


def _within(value: Any, least: float, most: float) -> float:
    number = _number(value)
    if least <= number <= most:
        return number
    raise ValueError(f"{value!r:.40} is not within {least:.12g} and {most:.12g}")


def _count(value: Any) -> int:
    """Of units."""
    if value.__class__ is not int:
        raise TypeError(f"{value!r:.40} is no whole number")
    if not 0 <= value <= _UNITS:
        raise ValueError(f"{value!r:.40} is not within 0 and {_UNITS}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is no list")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.40} is no object")
    return value


def _one_of(value: Any, known: frozenset[str]) -> Any:
    if value not in known:
        raise ValueError(f"{value!r:.40} is none of {', '.join(sorted(known))}")
    return value


def all_finite(value: Any) -> None:
    """Facts are taken as they are, but a number that overflowed is none."""
    if isinstance(value, float):
        _number(value)
    elif isinstance(value, dict):
        for one in value.values():
            all_finite(one)
    elif isinstance(value, list):
        for one in value:
            all_finite(one)
