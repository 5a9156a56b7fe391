"""How many packets, how fast, for how long: from what is asked of a pair to what is sent. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from microdc.impairment import Impairment
from microdc.measure.losstest import packets_needed
from microdc.measure.model import Both, Unmeasured
from microdc.measure.tolerance import Tolerance, rtt_jitter
from microdc.units import Percent, Rate, format_rate

_MS, _S = 1_000_000, 1_000_000_000
HEADERS = {4: 14 + 20 + 8, 6: 14 + 40 + 8}
"""Bytes on the wire around a UDP payload as the kernel counts them: Ethernet, IPv4 or IPv6, UDP."""
ECHO_BYTES = 80
"""Payload of a timing packet: irtt's header, its two clocks' stamps and its counters fit in."""
_SHARE = 0.25
"""How much of a limited rate timing packets may take, so that they do not queue behind each other."""
_APART = 6
"""Standard deviations of jitter between timing packets: closer ones, kept in order, push each other back."""
_JITTER_PACKETS = 250
_PING_INTERVAL = 10 * _MS
_NO_SESSION = 1e-9
"""How improbable it must be that chance keeps a session from opening."""
_MOST_OPENS = 40
SETTLE = 0.5
"""Seconds at a stream's start that do not count: the shaper spends its burst, the queue fills."""
STREAM_INTERVAL = 0.25
"""Seconds between the receiver's readings of a stream."""
_OVERDRIVE = 1.15
_STREAM_PACKETS = 100
_PAYLOADS = (64, 1400)
_MAX_RATE = Rate(200_000_000)
_TOGETHER = Rate(120_000_000)


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """How much a run may send, and how long.

    rtt_seconds: timing packets of every pair; a path with jitter takes up to three times as long. loss_seconds: the most
    for loss packets; as many are sent as the test needs, and none in vain. throughput_seconds: per direction that has a
    rate. max_rate: bit/s, the most that is asked of a path or of this machine; together: bit/s, the most that streams of
    several directions offer at the same time. max_pps: loss packets per second and
    direction, all pairs together. tolerance: what the verdicts allow.
    """

    rtt_seconds: float = 5.0
    loss_seconds: float = 40.0
    throughput_seconds: float = 2.0
    max_rate: Rate = _MAX_RATE
    together: Rate = _TOGETHER
    max_pps: int = 3000
    tolerance: Tolerance = field(default_factory=Tolerance)


@dataclass(frozen=True, slots=True)
class EchoPlan:
    """Packets that the other side sends back. interval: ns. opens: how often opening the session is tried, each for
    open_timeout ns.
    """

    interval: int
    count: int
    opens: int
    open_timeout: int

    @property
    def seconds(self) -> float:
        """How long the packets are sent."""
        return self.interval * self.count / _S


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """A UDP stream. payload: bytes. bitrate: bit/s of payload. offered: bit/s on the wire. seconds: of sending."""

    payload: int
    bitrate: int
    offered: int
    seconds: float


def opens_needed(asked: Both[Impairment]) -> int | None:
    """Attempts after which a session is open, but for one case in 10^9; None where too many are lost for one."""
    arrive = (1 - asked.a_to_b.loss / 100) * (1 - asked.b_to_a.loss / 100)
    if arrive <= 0:
        return None
    if arrive >= 1:
        return 8  # nothing is lost on purpose: these are for a busy machine
    attempts = max(8, math.ceil(math.log(_NO_SESSION) / math.log1p(-arrive)))
    return attempts if attempts <= _MOST_OPENS else None


def stream_tries(asked: Both[Impairment]) -> int:
    """Attempts after which a stream has begun, but for one case in a thousand where that takes no more than six."""
    arrive = (1 - asked.a_to_b.loss / 100) * (1 - asked.b_to_a.loss / 100)
    return 2 if arrive >= 1 else min(6, max(2, math.ceil(math.log(1e-3) / math.log1p(-arrive))))


def timing_plan(asked: Both[Impairment], options: MeasureOptions) -> EchoPlan | None:
    """Packets far enough apart that each is timed on its own; None where no session can be opened for loss."""
    opens = opens_needed(asked)
    if opens is None:
        return None
    jitter = rtt_jitter(asked.a_to_b, asked.b_to_a)
    interval = max(_PING_INTERVAL, math.ceil(_APART * jitter), _unhurried(asked))
    count = int(options.rtt_seconds * _S) // interval
    if jitter:
        count = max(count, min(_JITTER_PACKETS, int(3 * options.rtt_seconds * _S) // interval))
    return EchoPlan(interval, max(5, count), opens, _open_timeout(asked))


def loss_plan(
    asked: Both[Impairment], options: MeasureOptions, *, pairs: int, sent: int, spent: float = 0.0
) -> EchoPlan | None:
    """Packets that the loss test needs beyond those sent, where `pairs` pairs are measured at a time; None for none.

    spent: seconds of loss_seconds that are gone. Where these do not suffice for the whole test, as many are sent as show
    too high a loss.
    """
    opens = opens_needed(asked)
    if opens is None:
        return None
    interval = max(1 * _MS, math.ceil(_S * pairs / options.max_pps), _unhurried(asked))
    most = int((options.loss_seconds - spent) * _S) // interval
    needed = _echoes_needed(asked, options.tolerance, 2 * pairs, more_only=False)
    if needed is None or needed > sent + most:
        needed = _echoes_needed(asked, options.tolerance, 2 * pairs, more_only=True) or 0
    if needed <= sent:
        return None
    # irtt sends a little less often than it is told where the machine is busy.
    count = min(math.ceil(1.15 * (needed - sent)) + 50, most)
    return EchoPlan(interval, count, opens, _open_timeout(asked)) if count > 0 else None


def ping_plan(asked: Both[Impairment], options: MeasureOptions, *, pairs: int, sent: int) -> EchoPlan | None:
    """The same for a tool that knows round trips only, and sends no more than a hundred packets a second."""
    there, back = asked.values()
    whole = Percent(there.loss + back.loss - there.loss * back.loss / 100)
    plan = loss_plan(
        Both(replace(there, loss=whole), replace(back, loss=Percent(0.0))), options, pairs=pairs, sent=sent
    )
    if plan is None:
        return None
    interval = max(plan.interval, _PING_INTERVAL)
    return replace(plan, interval=interval, count=min(plan.count, int(options.loss_seconds * _S) // interval))


def _echoes_needed(
    asked: Both[Impairment], tolerance: Tolerance, tests: int, *, more_only: bool
) -> int | None:
    there = packets_needed(tolerance.loss_test(asked.a_to_b.loss, tests), more_only=more_only)
    back = packets_needed(tolerance.loss_test(asked.b_to_a.loss, tests), more_only=more_only)
    if there is None or back is None:
        return None
    arriving = back / (1 - asked.a_to_b.loss / 100)  # only what got there comes back
    return math.ceil(1.02 * max(there, arriving))


def _unhurried(asked: Both[Impairment]) -> int:
    """The time in ns between packets at which they take no more than _SHARE of the slower direction's rate."""
    rates = [one.rate for one in asked.values() if one.rate is not None]
    bits = 8 * (ECHO_BYTES + HEADERS[6])
    return math.ceil(bits * _S / (_SHARE * min(rates))) if rates else 0


def _open_timeout(asked: Both[Impairment]) -> int:
    return 500 * _MS + asked.a_to_b.owd + asked.b_to_a.owd + 4 * (asked.a_to_b.jitter + asked.b_to_a.jitter)


def stream_plan(asked: Impairment, options: MeasureOptions, *, ip_version: int) -> StreamPlan | Unmeasured:
    """A stream that fills the rate asked after its losses, or why none is sent."""
    if asked.rate is None:
        return Unmeasured("no rate is asked")
    if asked.loss >= 100:
        return Unmeasured("no packet is to come through")
    needed = asked.rate / (1 - asked.loss / 100)
    if needed > options.max_rate:
        most = format_rate(options.max_rate)
        return Unmeasured(f"this run may send {most}, and more is needed to fill the rate asked")
    headers = HEADERS[ip_version]
    low, high = _PAYLOADS
    # Small packets on a slow line, so that a single one more or less does not matter.
    fitting = int(asked.rate * options.throughput_seconds / 8 / _STREAM_PACKETS) - headers
    payload = min(high, max(low, fitting))
    offered = math.ceil(_OVERDRIVE * needed)
    bitrate = math.ceil(offered * payload / (payload + headers))
    seconds = options.throughput_seconds + SETTLE + 2 * STREAM_INTERVAL
    return StreamPlan(payload, bitrate, offered, seconds)


def batches(offered: Sequence[int], most: int) -> list[list[int]]:
    """Streams that may run at the same time, by index: each batch offers at most `most` bit/s, or is one stream."""
    found: list[tuple[int, list[int]]] = []
    for index in sorted(range(len(offered)), key=lambda i: -offered[i]):
        for number, (total, batch) in enumerate(found):
            if total + offered[index] <= most:
                found[number] = total + offered[index], [*batch, index]
                break
        else:
            found.append((offered[index], [index]))
    return [batch for _, batch in found]
