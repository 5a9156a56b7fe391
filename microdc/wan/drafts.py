"""From profile documents to impairments: bases are inherited, half of an rtt is taken, buffers become bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microdc.documents.check import check, nearest
from microdc.documents.fields import Buffer
from microdc.documents.model import DocumentError, Problem, Where
from microdc.documents.profile import BothDirections, Direction, ProfileDocument
from microdc.documents.reader import Document, read
from microdc.impairment import Impairment
from microdc.units import MAX_JITTER, Delay, Rate, Size, format_delay, format_rate, format_size

FULL_PACKET = Size(1514)
"""Bytes of a full Ethernet packet as the kernel counts it: 1500 and the header, without the frame check sequence."""
LARGEST_BUFFER = Size(2**32 - 1)
"""The kernel counts the limit of a byte queue in 32 bits."""
DEFAULT_BUFFER = Buffer(time=Delay(100_000_000))
DEFAULT_BUFFER_PACKETS = 16
"""A rate without a buffer gets 100 ms of it, and at least 16 full packets so that a burst of ten fits at any rate.
A policy: deep enough for one loss-based TCP flow over a continent, shallow beside what access lines are known for."""

Values = dict[str, Any]
"""What is given for one direction: owd, jitter, loss, rate and buffer, each as its field's value."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A profile as its document gives it, before its base is laid under it."""

    document: Document
    record: ProfileDocument
    shadows: Where | None = None

    def given(self, side: str) -> Values:
        """What the document itself gives for the side "up" or "down"."""
        direction: Direction | None = self.record.both or getattr(self.record, side)
        if direction is None:
            return {}
        values = {
            key: value for key in Direction.model_fields if (value := getattr(direction, key)) is not None
        }
        if isinstance(direction, BothDirections) and direction.rtt is not None:
            values["owd"] = Delay(direction.rtt // 2)
        return values

    def where(self, side: str, *keys: str) -> Where:
        """The line of the first of the keys that the document gives for the side; else of the side itself."""
        top = "both" if self.record.both is not None else side
        for key in keys:
            if (top, key) in self.document.lines:
                return self.document.where(top, key)
        return self.document.where(top)


class Drafts(Mapping[str, Draft]):
    """The profile documents of some directories by name, and what becomes of them.

    unread: the names of profiles whose files are wrong, so that nobody complains about references to them.
    """

    def __init__(self, drafts: Mapping[str, Draft] | None = None) -> None:
        self._drafts = dict(drafts or {})
        self.unread: set[str] = set()

    def __getitem__(self, name: str) -> Draft:
        return self._drafts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._drafts)

    def __len__(self) -> int:
        return len(self._drafts)

    def copy(self) -> Drafts:
        return Drafts(self._drafts)

    def add(self, document: Document) -> str:
        """Takes a document in, over one of the same name, and returns its profile's name. Raises DocumentError."""
        record = check(document, ProfileDocument)
        below = self._drafts.get(record.profile)
        shadows = below.document.where() if below is not None else None
        self._drafts[record.profile] = Draft(document, record, shadows)
        return record.profile

    def add_directory(self, directory: Path) -> list[Problem]:
        """Takes in all `*.yaml` below a directory; returns what is wrong with them."""
        problems: list[Problem] = []
        own: dict[str, Where] = {}
        for file in sorted(directory.rglob("*.y*ml")):
            try:
                name = self.add(read(file))
            except DocumentError as error:
                problems += error.problems
                self.unread.add(file.stem)
                continue
            where = self._drafts[name].document.where("profile")
            if name in own:
                problems.append(
                    Problem(where, f"profile {name!r} is described twice", f"first in {own[name]}")
                )
            own.setdefault(name, where)
        return problems

    def impairments(self, name: str) -> tuple[Impairment, Impairment]:
        """What the profile does up and down. Raises DocumentError."""
        values = self._values(name, ())
        problems: list[Problem] = []
        up, down = (_impairment(self[name], side, values[side], problems) for side in ("up", "down"))
        if problems:
            raise DocumentError(problems)
        return up, down

    def _values(self, name: str, heirs: tuple[str, ...]) -> dict[str, Values]:
        """What is given for each side, the base's values below the profile's own."""
        draft = self[name]
        base = draft.record.base
        if base is None:
            return {side: draft.given(side) for side in ("up", "down")}
        where = draft.document.where("base")
        if base in (*heirs, name):
            chain = " -> ".join((*heirs, name, base))
            raise DocumentError([Problem(where, f"profile {base!r} is its own base: {chain}")])
        if base in self.unread:
            raise DocumentError([Problem(where, f"the base {base!r} cannot be read", "see its own errors")])
        if base not in self:
            raise DocumentError([Problem(where, f"unknown base {base!r}", nearest(base, self))])
        below = self._values(base, (*heirs, name))
        return {side: {**below[side], **draft.given(side)} for side in ("up", "down")}


def _impairment(draft: Draft, side: str, values: Values, problems: list[Problem]) -> Impairment:
    """One direction's values as an Impairment; what does not fit together is added to the problems."""
    owd, jitter = values.get("owd", Delay(0)), values.get("jitter", Delay(0))
    if jitter > owd:
        what = f"jitter {format_delay(jitter)} is larger than the delay {format_delay(owd)}"
        hint = "a packet cannot arrive before it is sent: jitter is a standard deviation around owd"
        problems.append(Problem(draft.where(side, "jitter", "owd", "rtt"), what, hint))
    if jitter > MAX_JITTER:
        what = f"jitter {format_delay(jitter)} is more than the kernel draws: {format_delay(MAX_JITTER)}"
        problems.append(Problem(draft.where(side, "jitter"), what))
    rate: Rate | None = values.get("rate")
    buffer: Buffer | None = values.get("buffer")
    size = None
    if rate is not None:
        size = buffer_size(rate, buffer)
        if not FULL_PACKET <= size <= LARGEST_BUFFER:
            problems.append(_bad_buffer(draft.where(side, "buffer", "rate"), rate, size))
    elif buffer is not None:
        what, hint = "buffer without a rate: nothing queues before a line without a limit", "give `rate` too"
        problems.append(Problem(draft.where(side, "buffer"), what, hint))
    given = {key: values[key] for key in ("owd", "jitter", "loss", "rate") if key in values}
    return Impairment(**given, buffer=size)


def buffer_size(rate: Rate, buffer: Buffer | None) -> Size:
    """Bytes that queue before a rate (bit/s) with a buffer given as a time or a size, or with none given."""
    if buffer is None:
        return Size(
            min(
                LARGEST_BUFFER,
                max(_bytes_in(rate, DEFAULT_BUFFER.time), DEFAULT_BUFFER_PACKETS * FULL_PACKET),
            )
        )
    return buffer.size if buffer.size is not None else Size(_bytes_in(rate, buffer.time))


def _bytes_in(rate: Rate, time: Delay | None) -> int:
    return rate * (time or 0) // (8 * 10**9)


def _bad_buffer(where: Where, rate: Rate, size: Size) -> Problem:
    if size < FULL_PACKET:
        least = -(-FULL_PACKET * 8000 // rate)
        what = f"the buffer holds {format_size(size)}, less than one full packet of {FULL_PACKET} B"
        return Problem(
            where, what, f"such packets would all be lost: at {format_rate(rate)} write at least {least}ms"
        )
    what = f"the buffer holds {format_size(size)}: the kernel counts at most {LARGEST_BUFFER} B"
    return Problem(where, what)
