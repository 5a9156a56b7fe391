"""The answers of the command line about one device: JSON of which nothing is taken for granted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from microdc_tui.readings.fields import NOTHING, Document, part, parts, text, texts


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something could not be told: what happened, where, and what to do."""

    what: str
    where: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What one question brought. at: when the answer was there. data: the part of the answer that is about the device, empty with a refusal.

    notes: what has to be minded, a line each.
    """

    at: float
    data: Document = field(default_factory=dict)
    refusal: Refusal | None = None
    notes: tuple[str, ...] = ()


_LISTS = (("servers", "server"), ("switches", "switch"), ("items", "server"), ("items", "path"))
"""Where answers list the devices that they are about, and what holds a device's name there."""


def told(document: object, name: str, *, code: int, narration: Sequence[str], at: float) -> Told:
    """The part of an answer that is about a device. document: what stood on stdout, None where that was no JSON; code: the exit code; narration: what it said on

    stderr, line by line.
    """
    if not isinstance(document, Mapping):
        return Told(at, refusal=_silence(code, narration))
    about = _about(document, name)
    if about is None:
        return Told(at, refusal=Refusal(f"the answer says nothing of {name}", hint=_last(narration)))
    return Told(at, about, _refusal(about.get("error")), tuple(_notes(about)))


def _about(document: Document, name: str) -> Document | None:
    """An answer that lists no devices is all about what was asked."""
    for group, by in _LISTS:
        for one in parts(document, group):
            if text(one, by).rpartition("/")[2] == name:
                return one
    lists = any(isinstance(document.get(group), list) for group, _ in _LISTS)
    return None if lists else document


def _refusal(error: object) -> Refusal | None:
    """Commands tell a refusal as text, or as what, where and hint."""
    if not error:
        return None
    if isinstance(error, Mapping):
        return Refusal(text(error, "what") or "it failed", text(error, "where"), text(error, "hint"))
    return Refusal(str(error))


def _silence(code: int, narration: Sequence[str]) -> Refusal:
    """What the command line says where it has no answer: `Error: what`, and the hint indented under it."""
    said = [line for line in narration if line.strip()]
    start = next((place for place, line in enumerate(said) if line.startswith("Error: ")), None)
    if start is not None:
        hints = [line.strip() for line in said[start + 1 :] if line.startswith("  ")]
        return Refusal(said[start].removeprefix("Error: "), hint=" ".join(hints))
    if not said:
        return Refusal(f"the command ended with exit code {code} and said nothing")
    return Refusal(said[-1].strip())


def _last(narration: Sequence[str]) -> str:
    return next((line.strip() for line in reversed(narration) if line.strip()), "")


def _notes(about: Document) -> Iterator[str]:
    yield from texts(about, "notes")
    for holder in (about, part(about, "hardware") or NOTHING):
        for remark in parts(holder, "remarks"):
            yield f"{text(remark, 'where')}: {text(remark, 'what')}".removeprefix(": ")
