"""What `microdc deploy explain NODE -o json` answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microdc_tui.readings import fields

TONES = frozenset({"good", "bad", "mind"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a node's timeline. at, until: Unix seconds, None where the source has no clock; times: how often it was seen; tone: "good", "bad", "mind" or ""."""

    at: float | None
    text: str
    source: str = ""
    tone: str = ""
    times: int = 1
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """The next thing to try. command: the line that does it, "" where hands are needed."""

    what: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why it may be so. certainty: "certain", "likely" or "possible"; because: the lines it rests on."""

    word: str
    certainty: str
    what: str
    because: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """status: one sentence. causes: the most certain first. left_out: lines that the timeline has no room for. remarks: who did not answer when it was asked."""

    node: str
    status: str
    healthy: bool
    causes: tuple[Cause, ...] = ()
    lines: tuple[Line, ...] = ()
    left_out: int = 0
    remarks: tuple[str, ...] = ()


def read(answer: Any) -> Explanation | None:
    """The explanation in an answer; None where there is none in it."""
    if not isinstance(answer, dict) or not fields.text(answer, "node"):
        return None
    return Explanation(
        fields.text(answer, "node"),
        fields.text(answer, "status"),
        answer.get("healthy") is True,
        tuple(_cause(one) for one in fields.parts(answer, "diagnoses")),
        tuple(_line(one) for one in fields.parts(answer, "timeline")),
        fields.count(answer, "left_out"),
        fields.texts(answer, "remarks"),
    )


def _cause(data: fields.Document) -> Cause:
    advice = (
        Advice(fields.text(one, "what"), fields.text(one, "command")) for one in fields.parts(data, "next")
    )
    return Cause(
        fields.text(data, "cause"),
        fields.text(data, "certainty", "possible"),
        fields.text(data, "what"),
        fields.texts(data, "because"),
        tuple(advice),
    )


def _line(data: fields.Document) -> Line:
    return Line(
        fields.moment(data, "at"),
        fields.text(data, "text"),
        fields.text(data, "source"),
        tone if (tone := fields.text(data, "tone")) in TONES else "",
        max(1, fields.count(data, "times", 1)),
        fields.moment(data, "until"),
    )
