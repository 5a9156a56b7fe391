"""How far a measured figure may be from the asked one: the underlay's allowance plus the error of sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from microdc.impairment import Impairment
from microdc.measure.chains import Chain
from microdc.measure.losstest import FALSE_ALARMS, LossTest
from microdc.measure.runtest import RunsTest

_MEDIAN_ERROR = 1.2533
"""Standard error of the median of n normal values: sqrt(pi/2) sigma / sqrt(n)."""
_SPREAD_ERROR = 0.962
"""Standard error of half the distance between the ±1 sigma quantiles of n normal values, in sigma / sqrt(n): the quantiles'
variances are p(1-p)/f² = 2.28 each and their covariance 0.430, so sqrt((2 x 2.28 - 2 x 0.430) / 4)."""
_CALIBRATED, _CALIBRATED_SHARE = 500_000, 0.01
"""What is left of a calibrated path's error, ns and share of the delay: how late the emulator's timers are."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What a verdict allows.

    delay, delay_share: ns and share of the asked delay, the larger counts, for round trip and one-way delays; it holds
    the emulator's own 1 to 3 ms where it is a guest in real time. jitter: ns that the underlay adds. sigmas: standard
    errors of sampling added to delay and jitter. underlay: the path's own jitter, ns, where that was measured. loss: percentage points. throughput: share of the asked rate.
    """

    delay: int = 3_000_000
    delay_share: float = 0.03
    jitter: int = 1_000_000
    sigmas: float = 4.5
    underlay: int = 0
    loss: float = 0.05
    throughput: float = 0.05

    def calibrated(self, underlay: int) -> Tolerance:
        """The same for a path whose own delay was measured and taken off. underlay: the jitter of its round trip, ns."""
        delay, share = min(self.delay, _CALIBRATED), min(self.delay_share, _CALIBRATED_SHARE)
        return replace(self, delay=delay, delay_share=share, underlay=underlay)

    def for_delay(self, asked: int, jitter: float, count: int) -> int:
        """How far off the median of `count` delays may be; asked: the delay, jitter: its standard deviation; all in ns."""
        return round(
            max(self.delay, self.delay_share * asked)
            + self._sampling(_MEDIAN_ERROR * math.hypot(jitter, self.underlay), count)
        )

    def for_jitter(self, asked: int, count: int) -> int:
        """How far off the spread of `count` delays may be; asked: their standard deviation; all in ns."""
        return round(self.jitter + self._sampling(_SPREAD_ERROR * asked, count))

    def loss_test(self, percent: float, tests: int, maybe: float = 0.0) -> LossTest:
        """The test of one direction's loss in a run that makes so many of them: the false alarms are the run's.

        maybe: percent of packets that may be lost as well, or not.
        """
        return LossTest(percent / 100, self.loss / 100, FALSE_ALARMS / max(1, tests), maybe / 100)

    def runs_test(self, chain: Chain, tests: int) -> RunsTest:
        """The same for packets that hang on each other."""
        return RunsTest(chain, self.loss / 100, FALSE_ALARMS / max(1, tests))

    def _sampling(self, error: float, count: int) -> float:
        return self.sigmas * error / math.sqrt(max(1, count))


def rtt_jitter(a_to_b: Impairment, b_to_a: Impairment) -> float:
    """Standard deviation of the round trip in ns: the two directions' add in quadrature."""
    return math.hypot(a_to_b.jitter, b_to_a.jitter)
