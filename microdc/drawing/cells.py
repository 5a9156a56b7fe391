"""The cells of a matrix: where they are, their colours, their numbers, what they say when pointed at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.etree.ElementTree import Element

from microdc.drawing.ramp import LEVELS, Scale, colour, dark, digits
from microdc.drawing.svg import add, number
from microdc.drawing.text import clean, pixels, shortened

_NUMBERS = 25
"""Names up to which numbers stand in the cells."""
_RULED = 60
"""Names up to which thin lines part the cells."""
_BLOCK = 8
"""Cells of a row that share a tooltip where one for each would make the file too large."""
_BUDGET = 2_000_000
"""Bytes that all tooltips may take."""

_BLANK, _OPEN, _HOLE = -3, -2, -1
"""Instead of a colour's number: on the diagonal and where nothing is said, where nothing limits, where no way is."""

NO_WAY, NO_LIMIT, NO_VALUE = "no way", "no limit", "no value"
"""What cells without a number are called."""

Rows = Sequence[Sequence[float | None]]
"""Infinite: no limit. None: no way. NaN: nothing is said of it, as on the diagonal."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the matrix is, px. left, top: of its first cell. size: of a cell. band: what lies between it and the names. letters: size of the names."""

    left: float
    top: float
    size: float
    count: int
    band: float
    letters: float
    right: float

    @property
    def side(self) -> float:
        return self.size * self.count

    @property
    def aslant(self) -> bool:
        """Whether columns are wide enough for names at 45 degrees; else they are upright."""
        return self.size * math.sqrt(0.5) >= self.letters

    @property
    def transform(self) -> str:
        """To coordinates in which a cell is 1 wide."""
        return f"translate({number(self.left)} {number(self.top)}) scale({number(self.size, 3)})"


def laid_out(names: Sequence[str], *, stripes: bool) -> Grid:
    """A grid with room for the names, and for stripes beside it."""
    count = len(names)
    size = max(5.0, min(34.0, 1000 / max(1, count)))
    letters = min(11.0, max(4.0, size * 0.8))
    widths = [pixels(clean(name), letters) for name in names]
    longest = max(widths, default=0.0)
    band = 11.0 if stripes else 0.0
    slant = math.sqrt(0.5) if size * math.sqrt(0.5) >= letters else 0.0
    left, top = 32 + longest + band, 66 + longest * (slant or 1) + band
    over = max(((index + 0.5) * size + wide * slant for index, wide in enumerate(widths)), default=0.0)
    right = left + max(count * size, over)
    return Grid(left=left, top=top, size=size, count=count, band=band, letters=letters, right=right)


def colour_cells(root: Element, grid: Grid, rows: Rows, measure: Scale, prefix: str) -> None:
    """The colours: one path for each, neighbours in a row as one piece; patterns where no number is; numbers where they fit."""
    layer = add(root, "g", class_="cells", transform=grid.transform)
    pieces: dict[int, list[str]] = {}
    patterned: dict[int, list[str]] = {_HOLE: [], _OPEN: []}
    for y, row in enumerate(rows):
        x = 0
        for level, run in groupby(_level(value, measure) for value in row):
            wide = len(list(run))
            if level >= 0:
                pieces.setdefault(level, []).append(f"M{x} {y}h{wide}v1h-{wide}z")
            elif level in patterned:
                left, top, long = (
                    grid.left + x * grid.size,
                    grid.top + y * grid.size,
                    number(wide * grid.size),
                )
                patterned[level].append(f"M{number(left)} {number(top)}h{long}v{number(grid.size)}h-{long}z")
            x += wide
    for level in sorted(pieces):
        add(layer, "path", fill=colour((level + 0.5) / LEVELS), d="".join(pieces[level]))
    for level, kind, pattern in ((_HOLE, "holes", "hatch"), (_OPEN, "open", "dots")):
        if patterned[level]:
            add(root, "path", class_=kind, fill=f"url(#{prefix}-{pattern})", d="".join(patterned[level]))
    if grid.count <= _RULED:
        rules = "".join(f"M{k} 0V{grid.count}M0 {k}H{grid.count}" for k in range(1, grid.count))
        add(root, "path", class_="rule", transform=grid.transform, stroke_width=1 / grid.size, d=rules)
    if grid.count <= _NUMBERS:
        _numbers(root, grid, rows, measure)


def _level(value: float | None, measure: Scale) -> int:
    if value is None:
        return _HOLE
    if math.isnan(value):
        return _BLANK
    return _OPEN if math.isinf(value) else measure.level(value)


def _numbers(root: Element, grid: Grid, rows: Rows, measure: Scale) -> None:
    layer = add(root, "g", class_="number")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if value is None or not math.isfinite(value):
                continue
            text = digits(value, 3 if abs(value) >= 100 else 2, zeros=True)
            on = "on-dark" if dark((measure.level(value) + 0.5) / LEVELS) else "on-light"
            fit = min(11.0, grid.size * 0.86 / pixels(text, 1.0))
            left, base = grid.left + (x + 0.5) * grid.size, grid.top + (y + 0.5) * grid.size + fit * 0.36
            add(layer, "text", text, class_=on, font_size=fit, x=left, y=base)


def write_names(root: Element, grid: Grid, names: Sequence[str]) -> None:
    """Names of rows to the left, of columns above."""
    layer = add(root, "g", class_="name", font_size=grid.letters)
    turn = -45 if grid.aslant else -90
    for index, name in enumerate(names):
        middle = (index + 0.5) * grid.size + grid.letters * 0.36
        add(layer, "text", name, x=grid.left - grid.band - 5, y=grid.top + middle, text_anchor="end")
        x, y = number(grid.left + middle), number(grid.top - grid.band - 5)
        add(layer, "text", name, transform=f"translate({x} {y}) rotate({turn})")


def tell_cells(root: Element, grid: Grid, names: Sequence[str], rows: Rows, unit: str) -> None:
    """Tooltips: for each cell where the file stays small, else for a few cells of a row together."""
    layer = add(root, "g", class_="tell", transform=grid.transform)
    words = [clean(name) for name in names]
    # About 65 bytes around a tooltip, and 10 for a value; a block names each of its columns.
    together = 1 if grid.count**2 * (75 + 2 * _bytes(words)) <= _BUDGET else _BLOCK
    room = 80
    while together > 1 and room > 4 and grid.count**2 * (18 + _bytes(words) * (1 + 1 / together)) > _BUDGET:
        room //= 2
        words = [shortened(word, room) for word in words]
    for y, row in enumerate(rows):
        for start in range(0, grid.count, together):
            told = [
                f"{words[x]}: {_told(row[x], unit)}"
                for x in range(start, min(start + together, grid.count))
                if x != y
            ]
            if told:
                wide = min(together, grid.count - start)
                area = add(layer, "path", d=f"M{start} {y}h{wide}v1h-{wide}z")
                add(area, "title", f"{words[y]} → {', '.join(told)}")


def _told(value: float | None, unit: str) -> str:
    if value is None:
        return NO_WAY
    if math.isnan(value):
        return NO_VALUE
    return NO_LIMIT if math.isinf(value) else f"{digits(value, 4)} {unit}"


def _bytes(words: Sequence[str]) -> float:
    """Mean length of names as written, bytes; escapes count."""
    return sum(len(word.encode()) + 4 * sum(map(word.count, "&<>")) for word in words) / max(1, len(words))
