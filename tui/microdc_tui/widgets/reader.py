"""Text to read: folded paragraphs of any number, of which only the visible rows are painted; searched, and followed as it grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from microdc_tui.widgets.folding import Paragraph, Piece, Row, fold, plain_row


class Reader(ScrollView, can_focus=True):
    """Paragraphs as rows. follow: its end stays in sight as more comes, until somebody scrolls up.

    Where it is searched, the rows that hold the text are marked, and n and N go through them.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "reader--good",
        "reader--bad",
        "reader--mind",
        "reader--dim",
        "reader--strong",
        "reader--command",
        "reader--match",
    }
    DEFAULT_CSS = """
    Reader {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .reader--good { color: $success; }
        & > .reader--bad { color: $error; }
        & > .reader--mind { color: $warning; }
        & > .reader--dim { color: $text-muted; }
        & > .reader--strong { text-style: bold; }
        & > .reader--command { color: $accent; }
        & > .reader--match { background: $warning; color: auto; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "match(1)", "Next match", show=False),
        Binding("N", "match(-1)", "Match before", show=False),
    ]

    def __init__(
        self,
        *,
        follow: bool = False,
        id: str | None = None,  # noqa: A002  Textual's word
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.follow = follow
        self._paragraphs: tuple[Paragraph, ...] = ()
        self._rows: list[Row] = []
        self._width = 0
        self._sought = ""
        self._matches: list[int] = []
        self._match = -1

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """What it shows."""
        return self._paragraphs

    @property
    def matches(self) -> int:
        """How many rows hold what is sought."""
        return len(self._matches)

    def show(self, paragraphs: Sequence[Paragraph]) -> None:
        """Shows these instead of those before. What was in sight stays there, or the end, where that is followed."""
        shown = tuple(paragraphs)
        if shown != self._paragraphs:
            self._paragraphs = shown
            self._fold()

    def search(self, text: str) -> str:
        """Marks what holds the text, in whatever case, and goes to the last of it. How many rows hold it, for people; "" ends the search."""
        self._sought = text.strip().casefold()
        self._find()
        self._match = len(self._matches)
        self.refresh()
        if self._matches:
            self.action_match(-1)
        return f"{len(self._matches)} found" if self._sought else ""

    def action_match(self, step: int) -> None:
        """Brings the next match into sight, or the one before. Where nothing is found here, the key is left to the screen."""
        if not self._matches:
            raise SkipAction
        self._match = (self._match + step) % len(self._matches)
        self.follow = False
        row = self._matches[self._match]
        self.scroll_to(y=max(0, row - self.size.height // 2), animate=False, force=True)

    def action_follow(self) -> None:
        """Follows the end, or does not any more."""
        self.follow = not self.follow
        if self.follow:
            self.scroll_end(animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls up reads, and is not to be taken away from there."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and round(new_value) < self.max_scroll_y:
            self.follow = False

    def on_resize(self, _: Resize) -> None:
        """Rows are folded anew where the width is another."""
        if self.scrollable_content_region.width != self._width:
            self._fold()
        elif self.follow:
            self.scroll_end(animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """One row, as it is in sight."""
        at = y + self.scroll_offset.y
        base = self.rich_style
        if at >= len(self._rows):
            return Strip.blank(self.size.width, base)
        strip = Strip(list(self._segments(self._rows[at], base)))
        return strip.crop_extend(0, self.size.width, base)

    def _segments(self, row: Row, base: Style) -> Iterator[Segment]:
        for text, tone, marked in _marked(row, self._sought):
            style = base + self.get_component_rich_style(f"reader--{tone}", partial=True) if tone else base
            if marked:
                style += self.get_component_rich_style("reader--match", partial=True)
            yield Segment(text, style)

    def _fold(self) -> None:
        following = self.follow
        self._width = self.scrollable_content_region.width
        self._rows = fold(self._paragraphs, self._width) if self._width else []
        self._find()
        self.virtual_size = Size(self._width, len(self._rows))
        self.refresh()
        if following:
            self.follow = True  # fewer rows scroll by themselves, which is not somebody who reads
            self.call_after_refresh(self._to_the_end)

    def _to_the_end(self) -> None:
        if self.follow:
            self.scroll_end(animate=False, force=True)

    def _find(self) -> None:
        sought = self._sought
        self._matches = [
            at for at, row in enumerate(self._rows) if sought and sought in plain_row(row).casefold()
        ]
        self._match = min(self._match, len(self._matches) - 1)


def _marked(row: Row, sought: str) -> Iterator[tuple[str, str, bool]]:
    """The row's pieces, cut where what is sought begins and ends: text, tone, whether it is that."""
    hits = list(_hits(plain_row(row), sought))
    at = 0
    for piece in row:
        yield from _cut(piece, at, hits)
        at += len(piece.text)


def _hits(text: str, sought: str) -> Iterator[tuple[int, int]]:
    folded = text.casefold()
    if not sought or len(folded) != len(text):  # letters that fold into several would shift all that follows
        return
    at = folded.find(sought)
    while at >= 0:
        yield at, at + len(sought)
        at = folded.find(sought, at + len(sought))


def _cut(piece: Piece, begin: int, hits: Sequence[tuple[int, int]]) -> Iterator[tuple[str, str, bool]]:
    end = begin + len(piece.text)
    edges = sorted({begin, end, *(edge for hit in hits for edge in hit if begin < edge < end)})
    for left, right in pairwise(edges):
        marked = any(start <= left and right <= stop for start, stop in hits)
        yield piece.text[left - begin : right - begin], piece.tone, marked
