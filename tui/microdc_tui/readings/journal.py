"""What `microdc log -o json` and `microdc log show ID -o json` answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microdc_tui.readings import fields


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done. began, ended: Unix seconds, ended None while it is open. gone: it is open, and the process that did it is not there any more."""

    ident: str
    kind: str
    what: str
    outcome: str
    who: str
    began: float | None = None
    ended: float | None = None
    user: str = ""
    host: str = ""
    pid: int = 0
    gone: bool = False

    @property
    def took(self) -> float | None:
        """Seconds; None while it is open, and for what happened at one moment."""
        if self.began is None or self.ended is None or self.ended <= self.began:
            return None
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Page:
    """All that was written down of one entry. data: what was to be done, result: what came of it, as JSON. inputs: documents as they were, with their bytes."""

    entry: Entry
    argv: tuple[str, ...] = ()
    version: str = ""
    data: Any = None
    result: Any = None
    inputs: tuple[tuple[str, int], ...] = ()


def read(answer: Any) -> tuple[Entry, ...]:
    """The entries in an answer, the newest first."""
    if not isinstance(answer, dict):
        return ()
    return tuple(_entry(one) for one in reversed(fields.parts(answer, "items")) if fields.text(one, "id"))


def read_page(answer: Any) -> Page | None:
    """One entry whole; None where there is none in the answer."""
    if not isinstance(answer, dict) or not fields.text(fields.part(answer, "entry"), "id"):
        return None
    return Page(
        _entry(fields.part(answer, "entry")),
        fields.texts(answer, "argv"),
        fields.text(answer, "version"),
        answer.get("data"),
        answer.get("result"),
        tuple(
            (fields.text(one, "name"), fields.count(one, "bytes")) for one in fields.parts(answer, "inputs")
        ),
    )


def _entry(data: fields.Document) -> Entry:
    return Entry(
        fields.text(data, "id"),
        fields.text(data, "kind"),
        fields.text(data, "summary"),
        fields.text(data, "outcome"),
        fields.text(data, "owner") or fields.text(data, "host"),
        fields.moment(data, "began"),
        fields.moment(data, "ended"),
        fields.text(data, "user"),
        fields.text(data, "host"),
        fields.count(data, "pid"),
        data.get("process") == "gone",
    )
