"""A pane of a device's screen: a table of what was polled of it and what was asked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from textual.content import Content

from microdc.health.model import Device, DeviceHealth
from microdc_tui.devices.answers import Told
from microdc_tui.readings.fields import NOTHING, Document
from microdc_tui.subject import Subject
from microdc_tui.text import plain, said
from microdc_tui.widgets.rows import Cell, Column, Row


@dataclass(frozen=True, slots=True)
class Line:
    """A row. key: unique in its pane. cells: for each column, safe to show. more: told in full under the table. leads: where Enter goes.

    labels: what a filter can ask of it. about: what actions are about while it is selected, None: the device.
    """

    key: str
    cells: tuple[Cell, ...]
    more: str = ""
    leads: Subject | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    about: Subject | None = None

    def row(self) -> Row:
        """As tables take it."""
        return Row(self.key, self.cells, self.labels)


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a pane may draw from. told: by the name of the question. other: another device by its key. series: of a figure, equal steps, oldest first.

    all: every device by its key. width: cells of the table. problems: of the fleet.
    """

    health: DeviceHealth
    now: float
    told: Mapping[str, Told] = field(default_factory=dict)
    other: Callable[[str], DeviceHealth | None] = lambda _: None
    series: Callable[[str], Sequence[float | None]] = lambda _: ()
    all: Callable[[], Mapping[str, DeviceHealth]] = dict
    width: int = 80
    problems: tuple[str, ...] = ()

    def answer(self, question: str) -> Document:
        """What was asked, empty while nothing is there."""
        found = self.told.get(question)
        return NOTHING if found is None else found.data


Questions = Callable[[Device], Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Pane:
    """questions: what is asked when the pane is first shown: a name and the words of the command line. needed: whether what is polled lacks it.

    polled: whether it shows anything of samples; live: whether it tells of times, which go on without any.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    lines: Callable[[Scene], Sequence[Line]]
    questions: Questions = lambda _: {}
    needed: Callable[[Scene], bool] = lambda _: True
    empty: str = "Nothing to show."
    polled: bool = True
    live: bool = False


_HEALTHS = {
    "ok": ("●", "$success"),
    "warning": ("▲", "$warning"),
    "degraded": ("▲", "$warning"),
    "critical": ("✗", "$error"),
    "down": ("✗", "$error"),
    "info": ("·", "$text-muted"),
    "unknown": ("○", "$text-muted"),
}


def verdict(word: str, text: str = "") -> Content:
    """A health or a severity: glyph, word and colour. text: what is written instead of the word."""
    glyph, style = _HEALTHS.get(word, ("·", "$text-muted"))
    if not word:
        return Content("-")
    return Content.styled(f"{glyph} {plain(text or word)}", style)


def dim(text: object) -> Content:
    """What matters less."""
    return said(text, "$text-muted")


def pair(key: str, what: str, cell: Cell, *, more: str = "", leads: Subject | None = None) -> Line:
    """A line of a pane that tells one thing a line: its name, and what it is."""
    return Line(
        key,
        (Content.styled(plain(what), "bold"), plain(cell) if isinstance(cell, str) else cell),
        more,
        leads,
    )


PAIRS = (Column("what", "", 13), Column("is", ""))
"""The columns of such a pane."""
