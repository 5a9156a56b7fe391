"""Fleets and samples as lines of JSON: the one form in which they go from who polls to who shows them, and in which a session is kept.

Lines are ASCII, so that no locale changes them, and hold no number that JSON has no word for. docs/health.md describes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NoReturn, TypeAlias

from microdc.errors import InputError
from microdc.health.model import Fleet, Reason, Sample
from microdc.health.reading import all_finite, read_fleet, read_sample
from microdc.health.writing import FORMAT, fleet_document, plain, sample_document

__all__ = ["FORMAT", "LONGEST", "LONGEST_SAMPLE", "Record", "decode", "encode"]

Record: TypeAlias = Fleet | Sample

LONGEST: Final = 16 * 2**20
"""Characters of a line: more than any fleet needs."""
LONGEST_SAMPLE: Final = 2**20
"""Of a sample's: a switch of 48 ports takes 6,000."""
_DIGITS: Final = bytes.maketrans(b"123456789E", b"000000000e")
_HINT: Final = "a recording that was not made by this microdc or an earlier one cannot be read"


def encode(record: Record) -> str:
    """The record as one line, without its end. What JSON cannot say is null in facts and left out of figures; facts without end are left out whole."""
    if not isinstance(record, Sample):
        return _line(fleet_document(record))
    line = _line(sample_document(record))
    if len(line) <= LONGEST_SAMPLE:
        return line
    note = Reason("info", f"its facts take {len(line):,} characters and are not shown")
    return _line(sample_document(replace(record, facts={}, reasons=(*record.reasons, note))))


def _line(document: dict[str, Any]) -> str:
    try:
        return _encode(document)
    except (TypeError, ValueError, RecursionError):
        return _encode(plain(document))


def decode(line: str) -> Record:
    """The record that a line has. Raises InputError where it has none."""
    if len(line) > LONGEST:
        raise InputError(f"a line of {len(line):,} characters, of which {LONGEST:,} are read", hint=_HINT)
    try:
        return _record(_decode(line), line)
    except KeyError as missing:
        raise _no_record(f"without {missing}", line) from missing
    except (TypeError, ValueError, OverflowError, AttributeError) as problem:
        raise _no_record(str(problem), line) from problem
    except RecursionError:
        raise _no_record("nested too deeply", line) from None


def _record(found: Any, line: str) -> Record:
    if not isinstance(found, dict):
        raise TypeError("no object")
    kind = found.get("type")
    if kind == "sample":
        if len(line) > LONGEST_SAMPLE:
            raise ValueError(f"a sample of {len(line):,} characters")
        if _may_be_huge(line):
            all_finite(found)
        return read_sample(found)
    if kind == "fleet":
        return read_fleet(found)
    raise ValueError(f"type {kind!r:.40} instead of fleet or sample")


def _may_be_huge(line: str) -> bool:
    """Whether a number may be in it that is too great for a float, which JSON's reader makes infinite. Looked for in a few passes over octets."""
    shape = line.encode("utf-8", "surrogatepass").translate(_DIGITS)
    return b"0e+000" in shape or b"0e000" in shape or b"0" * 300 in shape


def _no_record(why: str, line: str) -> InputError:
    shown = line if len(line) <= 60 else f"{line[:60]}…"
    return InputError(f"no record of a feed: {why}: {shown!r}", hint=_HINT)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


_encode: Final[Callable[[Any], str]] = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_decode: Final[Callable[[str], Any]] = json.JSONDecoder(parse_constant=_constant).decode
