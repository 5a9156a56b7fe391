"""Is the loss what was asked? An exact binomial test that knows when it cannot tell.

Packets are lost independently, so the count of lost ones is binomial. The loss asked is taken as true within a stated
tolerance; it is rejected only where a count this far out has a probability below alpha. Not being rejected is worth
something only if a wrong loss would have been: the test says which loss it must be able to tell, and with how many packets.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from microdc.measure.statistics import at_least, at_most, highest_expected, lowest_expected

FALSE_ALARMS = 1e-6
"""Runs in which a right loss may be called wrong."""
POWER = 0.9
"""How surely a wrong loss must be found before a right one is confirmed."""
DEAD = 1.0
MOST_PACKETS = 10_000_000
"""More packets than anyone sends; where so many would not do, nothing does."""


class CountTest(Hashable, Protocol):
    """A test of how many of the packets sent met a fate; shares 0..1."""

    @property
    def asked(self) -> float:
        """The share that is to meet it."""

    @property
    def more(self) -> float | None:
        """A share too high that must be told; None where there is none."""

    @property
    def less(self) -> float | None:
        """A share too low that must be told; None where there is none."""

    def too_many(self, sent: int, lost: int) -> bool:
        """Whether so high a count rejects what was asked."""

    def too_few(self, sent: int, lost: int) -> bool:
        """Whether so low a count rejects what was asked."""

    def tells_more(self, sent: int) -> bool:
        """Whether so many packets would show a share that is too high."""

    def tells_less(self, sent: int) -> bool:
        """Whether so many packets would show a share that is too low."""

    def tells(self, sent: int) -> bool:
        """Whether so many packets would show both."""


@dataclass(frozen=True, slots=True)
class LossTest:
    """The test of one direction. asked and tolerance are shares 0..1, alpha is the chance of a false alarm.

    Two wrong losses must be told: `more`, twice the asked plus half a percentage point, and `less`, half the asked minus
    the tolerance (None where that and the asked are both zero within the tolerance). A dead direction (asked 1) loses
    every packet, so there the tolerance does not apply and `less` is nine tenths. maybe: a share of which nobody knows
    whether it is lost as well; the losses asked are then a range.
    """

    asked: float
    tolerance: float
    alpha: float
    maybe: float = 0.0

    @property
    def upper(self) -> float:
        """The largest loss that counts as the asked one."""
        return min(1.0, self._most + self.tolerance)

    @property
    def lower(self) -> float:
        """The smallest loss that counts as the asked one."""
        return DEAD if self.asked >= DEAD else max(0.0, self.asked - self.tolerance)

    @property
    def more(self) -> float | None:
        """A loss too high that must be told; None where there is none."""
        return min(1.0, 2 * self._most + 0.005) if self.upper < 1.0 else None

    @property
    def less(self) -> float | None:
        """A loss too low that must be told; None where there is none."""
        if self.asked >= DEAD:
            return 0.9
        return max(0.0, self.asked / 2 - self.tolerance) if self.lower > 0.0 else None

    def too_many(self, sent: int, lost: int) -> bool:
        """Whether so many lost packets reject the loss asked."""
        return at_least(lost, sent, self.upper) <= self.alpha / 2

    def too_few(self, sent: int, lost: int) -> bool:
        """Whether so few lost packets reject the loss asked."""
        return at_most(lost, sent, self.lower) <= self.alpha / 2

    def tells_more(self, sent: int) -> bool:
        """Whether so many packets would show a loss that is too high."""
        if self.more is None:
            return True
        limit = highest_expected(sent, self.upper, self.alpha / 2)
        return at_least(limit + 1, sent, self.more) >= POWER

    def tells_less(self, sent: int) -> bool:
        """Whether so many packets would show a loss that is too low."""
        if self.less is None:
            return True
        limit = lowest_expected(sent, self.lower, self.alpha / 2)
        return at_most(limit - 1, sent, self.less) >= POWER

    def tells(self, sent: int) -> bool:
        """Whether so many packets would show both."""
        return self.tells_more(sent) and self.tells_less(sent)

    @property
    def _most(self) -> float:
        return self.asked + (1 - self.asked) * self.maybe


@lru_cache(maxsize=256)
def packets_needed(test: CountTest, *, more_only: bool = False) -> int | None:
    """Packets with which, as with any larger number, the test tells what it must; None where MOST_PACKETS would not do.

    The number is right to some percent: limits are whole packets, so that power climbs in a sawtooth. more_only: leaves out the loss that is too low, which needs far more packets where little loss is asked.
    """
    enough = test.tells_more if more_only else test.tells
    high = 1
    while not enough(high):
        high *= 2
        if high > MOST_PACKETS:
            return None
    low = high // 2
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    beyond = [high + high * step // 100 for step in range(1, 60)]
    dips = [number for number in beyond if not enough(number)]
    return dips[-1] + max(1, high // 100) if dips else high
