"""Every pair of sites as the inventory asks it, in a few numbers: what a table or a heat map shows. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from microdc.testbed.model import PairWan, Testbed
from microdc.units import Delay, Percent, Rate
from microdc.wan.asked import of_pair
from microdc.wan.backbone import NoWayError
from microdc.wan.compose import Sums
from microdc.wan.paths import Paths
from microdc.wan.profile import Library


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
        """Ns there and back."""
        return Delay(self.forth.owd + self.back.owd) if self.forth and self.back else None


def matrix(testbed: Testbed, library: Library, cuts: Collection[str] = ()) -> Iterator[Entry]:
    """All pairs of the inventory, without the links that are cut. Raises as `asked` does."""
    paths = Paths(testbed, library, cuts)
    return (_entry(paths, pair) for pair in testbed.pairs)


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
