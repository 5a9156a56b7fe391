"""What one direction of a pair does to packets."""

from __future__ import annotations

from dataclasses import dataclass

from microdc.units import Delay, Percent, Rate, Size, format_delay, format_percent, format_rate, format_size

NO_DELAY, NO_LOSS = Delay(0), Percent(0.0)


@dataclass(frozen=True, slots=True)
class Impairment:
    """One direction: every packet is delayed by `owd` ± `jitter`, lost with `loss`, sent at `rate`.

    owd: ns one way. jitter: ns, the standard deviation of a normal distribution around owd. loss: percent
    0..100, independent per packet. rate: bit/s on the wire as the kernel counts bytes (Ethernet header
    included, frame check sequence not); None is no limit. buffer: bytes that queue before `rate`, tail drop;
    None only where rate is None.
    """

    owd: Delay = NO_DELAY
    jitter: Delay = NO_DELAY
    loss: Percent = NO_LOSS
    rate: Rate | None = None
    buffer: Size | None = None

    def __str__(self) -> str:
        parts = [f"owd {format_delay(self.owd)}"]
        if self.jitter:
            parts.append(f"jitter {format_delay(self.jitter)}")
        if self.loss:
            parts.append(f"loss {format_percent(self.loss)}")
        if self.rate is not None:
            parts.append(f"rate {format_rate(self.rate)}")
        if self.buffer is not None:
            parts.append(f"buffer {format_size(self.buffer)}")
        return ", ".join(parts)


CLEAN = Impairment()
"""Nothing is done to packets: the wire as it is."""
