"""Every pair of sites as the inventory asks it, in a few numbers: what a table or a heat map shows. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from microdc.testbed.model import PairWan, Testbed
from microdc.units import Delay, Percent, Rate
from microdc.wan.asked import of_pair
from microdc.wan.backbone import NoWayError
from microdc.wan.compose import Sums
from microdc.wan.paths import PARTED, Paths
from microdc.wan.profile import Library

What = Literal["rtt", "rate", "loss"]
NO_LIMIT = math.inf
"""Instead of a rate, where nothing limits it."""
_PER_MILLION = 1e6
"""Ns in a ms, and bit/s in a Mbit/s."""


@dataclass(frozen=True, slots=True)
class Side:
    """One direction. rate: bit/s, None for no limit. loss: percent in the long run."""

    owd: Delay
    rate: Rate | None
    loss: Percent


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair. forth: a to b, back: b to a; both None where every way is cut. origin: profile, backbone or topology, with its name."""

    a: str
    b: str
    origin: str
    forth: Side | None
    back: Side | None

    @property
    def rtt(self) -> Delay | None:
        """Ns there and back; None where every way is cut."""
        return Delay(self.forth.owd + self.back.owd) if self.forth and self.back else None

    @property
    def way(self) -> bool:
        """Whether a way is left between the two."""
        return self.forth is not None and self.back is not None

    @property
    def losses(self) -> tuple[Percent, Percent]:
        """Percent there and back in the long run: all, where every way is cut."""
        forth, back = (PARTED.mean_loss if side is None else side.loss for side in (self.forth, self.back))
        return forth, back


def matrix(testbed: Testbed, library: Library, cuts: Collection[str] = ()) -> Iterator[Entry]:
    """All pairs of the inventory, without the links that are cut. Raises as `asked` does."""
    paths = Paths(testbed, library, cuts)
    return (_entry(paths, pair) for pair in testbed.pairs)


def figures(entries: Iterable[Entry], what: What) -> dict[tuple[str, str], float | None]:
    """One number for each direction, by where from and where to: ms there and back, Mbit/s, or percent.

    NO_LIMIT is a rate without a limit, None a delay or a rate where every way is cut: all is lost then, which is a number.
    """
    found: dict[tuple[str, str], float | None] = {}
    for entry in entries:
        forth, back = _figures(entry, what)
        found[entry.a, entry.b], found[entry.b, entry.a] = forth, back
    return found


def _figures(entry: Entry, what: What) -> tuple[float | None, float | None]:
    if what == "loss":
        return entry.losses
    if what == "rtt":
        rtt = None if entry.rtt is None else entry.rtt / _PER_MILLION
        return rtt, rtt
    return _rate(entry.forth), _rate(entry.back)


def _rate(side: Side | None) -> float | None:
    if side is None:
        return None
    return NO_LIMIT if side.rate is None else side.rate / _PER_MILLION


def _entry(paths: Paths, pair: PairWan) -> Entry:
    forth, back = _sides(paths, pair)
    return Entry(pair.a, pair.b, pair.origin, forth, back)


def _sides(paths: Paths, pair: PairWan) -> tuple[Side | None, Side | None]:
    if pair.topology:
        try:
            totals = paths.totals(pair)
        except NoWayError:
            if not paths.cuts:
                raise
            return None, None
        if totals is not None:
            return _of_sums(totals[0]), _of_sums(totals[1])
    forth, back = (
        Side(value.impairment.owd, value.impairment.rate, value.impairment.mean_loss)
        for value in of_pair(paths, pair).values()
    )
    return forth, back


def _of_sums(total: Sums) -> Side:
    rate = None if math.isinf(total.rate) else Rate(round(total.rate))
    return Side(Delay(total.owd), rate, Percent(min(100.0, total.loss)))
