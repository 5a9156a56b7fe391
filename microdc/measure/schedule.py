"""How many packets, how fast, for how long: from what is asked of a pair to what is sent. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from microdc.impairment import Impairment, Slots
from microdc.measure.attempts import opens_needed, sessions_needed
from microdc.measure.delays import apart
from microdc.measure.expected import copies, losses, round_trips
from microdc.measure.losstest import packets_needed
from microdc.measure.model import Both, Unmeasured
from microdc.measure.offbeat import off_beat
from microdc.measure.rates import rate_of, surely_arriving, unjudged_rate
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
SETTLE = 0.5
"""Seconds at a stream's start that do not count: the shaper spends its burst, the queue fills."""
STREAM_INTERVAL = 0.25
"""Seconds between the receiver's readings of a stream."""
_OVERDRIVE = 1.15
_STREAM_PACKETS = 100
_EVERYTHING = 100.0
"""Percent."""
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
    open_timeout ns. sessions: how often all of it is tried: irtt 0.9 ends at once, with success, where a second answer to
    its question for a session arrives in the session.
    """

    interval: int
    count: int
    opens: int
    open_timeout: int
    sessions: int = 3

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


def timing_plan(asked: Both[Impairment], options: MeasureOptions, *, crowd: int = 1) -> EchoPlan | None:
    """Packets far enough apart that each is timed on its own, and at another beat than the line's delays; None where no session
    can be opened for loss. crowd: how many pairs share a line with this one, itself included.
    """
    opens = opens_needed(asked)
    if opens is None:
        return None
    jitter = rtt_jitter(asked.a_to_b, asked.b_to_a)
    least = max(_PING_INTERVAL, apart(*asked.values(), _APART), _unhurried(asked, crowd))
    interval = off_beat(least, [one.owd for one in asked.values()])
    count = int(options.rtt_seconds * _S) // interval
    if jitter:
        count = max(count, min(_JITTER_PACKETS, int(3 * options.rtt_seconds * _S) // interval))
    return EchoPlan(interval, max(5, count), opens, _open_timeout(asked), sessions_needed(asked))


def loss_plan(
    asked: Both[Impairment],
    options: MeasureOptions,
    *,
    pairs: int,
    sent: int,
    spent: float = 0.0,
    crowd: int = 1,
) -> EchoPlan | None:
    """Packets that the loss test needs beyond those sent, where `pairs` pairs are measured at a time; None for none.

    crowd: as for `timing_plan`. spent: seconds of loss_seconds that are gone. Where these do not suffice for the whole test, as many are sent as show
    too high a loss.
    """
    opens = opens_needed(asked)
    if opens is None:
        return None
    interval = max(1 * _MS, math.ceil(_S * pairs / options.max_pps), _unhurried(asked, crowd))
    most = int((options.loss_seconds - spent) * _S) // interval
    needed = _echoes_needed(asked, options.tolerance, 2 * pairs, more_only=False)
    if needed is None or needed > sent + most:
        needed = _echoes_needed(asked, options.tolerance, 2 * pairs, more_only=True) or 0
    if needed <= sent:
        return None
    # irtt sends a little less often than it is told where the machine is busy.
    count = min(math.ceil(1.15 * (needed - sent)) + 50, most)
    if count <= 0:
        return None
    return EchoPlan(interval, count, opens, _open_timeout(asked), sessions_needed(asked))


def ping_plan(
    asked: Both[Impairment], options: MeasureOptions, *, pairs: int, sent: int, crowd: int = 1
) -> EchoPlan | None:
    """The same for a tool that knows round trips only, and sends no more than a hundred packets a second."""
    whole = round_trips(asked, options.tolerance, 2 * pairs)
    if isinstance(whole.test, Unmeasured):
        return None
    there, back = (
        Impairment(one.owd, one.jitter, Percent(percent), one.rate, slots=one.slots, corrupt=one.corrupt)
        for one, percent in zip(asked.values(), (whole.percent, 0.0), strict=True)
    )
    plan = loss_plan(Both(there, back), options, pairs=pairs, sent=sent, crowd=crowd)
    if plan is None:
        return None
    interval = max(plan.interval, _PING_INTERVAL)
    return replace(plan, interval=interval, count=min(plan.count, int(options.loss_seconds * _S) // interval))


def _echoes_needed(
    asked: Both[Impairment], tolerance: Tolerance, tests: int, *, more_only: bool
) -> int | None:
    """Packets sent out for every test that can be made of them; of those that cannot, none."""
    there, back = losses(asked, tolerance, tests).values()
    arriving = 1 - asked.a_to_b.mean_loss / 100  # only what got there comes back
    shares = [(there, 1.0), (back, arriving), (copies(asked, tolerance, tests), 1.0)]
    if isinstance(there.test, Unmeasured) or isinstance(back.test, Unmeasured):
        shares.append((round_trips(asked, tolerance, tests), 1.0))
    needed = [
        (packets_needed(one.test, more_only=more_only), share)
        for one, share in shares
        if one is not None and not isinstance(one.test, Unmeasured)
    ]
    if any(count is None for count, _ in needed):
        return None
    return math.ceil(1.02 * max((count / share for count, share in needed if count is not None), default=0))


def _unhurried(asked: Both[Impairment], crowd: int) -> int:
    """The time in ns between packets at which they take no more than _SHARE of the slower direction's rate, or slots.

    Of a rate all that share a line take so much together, since it may be the line's.
    """
    rates = [one.rate for one in asked.values() if one.rate is not None]
    slots = [one.slots for one in asked.values() if one.slots is not None]
    bits = 8 * (ECHO_BYTES + HEADERS[6])
    waits = [crowd * _S * bits / min(rates)] if rates else []
    return math.ceil(max((wait / _SHARE for wait in [*waits, *map(_slot_per_packet, slots)]), default=0))


def _slot_per_packet(slots: Slots) -> float:
    """The ns of the slots that a timing packet takes."""
    shares = [1 / slots.packets] if slots.packets else []
    if slots.bytes:
        shares.append(min(1.0, (ECHO_BYTES + HEADERS[6]) / slots.bytes))
    return slots.delay * max(shares, default=0.0)


def _open_timeout(asked: Both[Impairment]) -> int:
    slots = sum(one.slots.delay + 4 * one.slots.jitter for one in asked.values() if one.slots)
    jitter = 4 * (asked.a_to_b.jitter + asked.b_to_a.jitter)
    return 500 * _MS + asked.a_to_b.owd + asked.b_to_a.owd + jitter + slots


def stream_plan(asked: Impairment, options: MeasureOptions, *, ip_version: int) -> StreamPlan | Unmeasured:
    """A stream that fills the rate asked after its losses, or why none is sent."""
    if asked.rate is None:
        return Unmeasured("no rate is asked")
    if asked.mean_loss >= _EVERYTHING:
        return Unmeasured("no packet is to come through")
    if why := unjudged_rate(asked):
        return Unmeasured(why)
    headers = HEADERS[ip_version]
    low, high = _PAYLOADS
    # Small packets on a slow line, so that a single one more or less does not matter.
    fitting = int(asked.rate * options.throughput_seconds / 8 / _STREAM_PACKETS) - headers
    payload = min(high, max(low, fitting))
    rate = rate_of(asked.rate, asked.framing, payload + headers)
    needed = rate / surely_arriving(asked, rate * options.throughput_seconds / 8 / (payload + headers))
    if needed > options.max_rate:
        most = format_rate(options.max_rate)
        return Unmeasured(f"this run may send {most}, and more is needed to fill the rate asked")
    offered = math.ceil(_OVERDRIVE * needed)
    bitrate = math.ceil(offered * payload / (payload + headers))
    seconds = options.throughput_seconds + SETTLE + 2 * STREAM_INTERVAL
    return StreamPlan(payload, bitrate, offered, seconds)


@dataclass(frozen=True, slots=True)
class Offer:
    """A stream that is to run. rate: bit/s offered on the wire."""

    rate: int
    source: str
    target: str


def batches(offers: Sequence[Offer], most: int) -> list[list[int]]:
    """Streams that may run at the same time, by index: each batch offers at most `most` bit/s, or is one stream.

    No site sends two of a batch, and none receives two: its pairs may share its line.
    """
    found: list[list[int]] = []
    for index in sorted(range(len(offers)), key=lambda i: -offers[i].rate):
        batch = next(
            (batch for batch in found if _fits(offers[index], [offers[i] for i in batch], most)), None
        )
        if batch is None:
            found.append([index])
        else:
            batch.append(index)
    return found


def _fits(offer: Offer, beside: Sequence[Offer], most: int) -> bool:
    apart = all(offer.source != other.source and offer.target != other.target for other in beside)
    return apart and offer.rate + sum(other.rate for other in beside) <= most


def crowd(pairs: Sequence[tuple[str, str]]) -> int:
    """Of pairs that are measured together, how many share a site at most; 1 for none."""
    return max(Counter(name for pair in pairs for name in pair).values(), default=1)
