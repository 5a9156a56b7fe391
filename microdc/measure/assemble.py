"""From the tools' reports to a Measurement. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microdc.measure.model import (
    Both,
    DelayStats,
    Direction,
    LossCount,
    Measurement,
    OneWay,
    ReorderCount,
    Throughput,
    Unmeasured,
)
from microdc.measure.reports import Echo, FpingReport, IrttReport, StreamReport
from microdc.measure.schedule import SETTLE, StreamPlan
from microdc.measure.statistics import delay_stats, reordered

NOTHING_CAME = "no packet came through"
CLOCKS = "clocks not checked"
Streams = Both[Throughput | Unmeasured]


@dataclass(frozen=True, slots=True)
class Session:
    """An irtt session that took place. drops: packets that each receiving probe itself dropped meanwhile (a_to_b: at b)."""

    report: IrttReport
    drops: Both[int]


@dataclass(frozen=True, slots=True)
class Knocks:
    """Packets that asked for a session: sent, and arrived by the receiver's log. None stands for a side that was not tried.

    why: what kept the session from opening.
    """

    counts: Both[LossCount | None]
    why: str


def from_sessions(
    timing: Session,
    loss: Sequence[Session],
    streams: Streams,
    *,
    interval: int,
    one_clock: bool,
    notes: tuple[str, ...],
) -> Measurement:
    """Timing from the timing session; losses and reordering from both, the latter having many more packets.

    one_clock: whether both ends are known to have one clock.
    """
    sessions = [timing, *loss]
    arrived = [echo for echo in timing.report.echoes if not echo.lost]
    clock = "both probes have one clock" if one_clock else CLOCKS
    round_trip = _sum([_round_trip(session) for session in sessions])
    both = zip(_directions(arrived, one_clock=one_clock), streams.items(), strict=True)
    ways = [
        OneWay(
            delay,
            variation,
            _sum([_losses(session, way) for session in sessions]),
            sum((_reorder(session.report, way) for session in sessions), ReorderCount(0, 0)),
            stream,
        )
        for (delay, variation), (way, stream) in both
    ]
    return Measurement(
        tool="irtt",
        interval=interval,
        resolution=1,
        clock=clock,
        rtt=_stats([echo.rtt for echo in arrived]),
        round_trip_loss=round_trip,
        duplicates=sum(session.report.duplicates for session in sessions),
        directions=Both(*ways),
        notes=notes,
    )


def _stats(delays: Sequence[int]) -> DelayStats | Unmeasured:
    return delay_stats(delays) if delays else Unmeasured(NOTHING_CAME)


def _directions(
    arrived: Sequence[Echo], *, one_clock: bool
) -> list[tuple[DelayStats | Unmeasured, DelayStats | Unmeasured]]:
    """Delay, and its variation, of each way. Monotonic clocks of two machines differ by a constant, which falls out."""
    if not arrived:
        nothing = Unmeasured(NOTHING_CAME)
        return [(nothing, nothing), (nothing, nothing)]
    ways = (
        ([e.up for e in arrived], [e.reached - e.left for e in arrived]),
        ([e.down for e in arrived], [e.back - e.returned for e in arrived]),
    )
    return [
        (
            delay_stats(wall) if one_clock else Unmeasured(CLOCKS),
            delay_stats([delay - shortest for delay in offset]),
        )
        for wall, offset in ways
        for shortest in [min(offset)]
    ]


def _round_trip(session: Session) -> LossCount:
    echoes = session.report.echoes
    drops = session.drops.a_to_b + session.drops.b_to_a
    return LossCount(len(echoes), sum(1 for echo in echoes if echo.lost), drops)


def _losses(session: Session, way: Direction) -> LossCount:
    """Losses of one direction. The server tells with each reply what it got of the 64 packets before, so that what is
    lost after the last reply, or before a gap of that length, belongs to nobody and is left out.
    """
    echoes = session.report.echoes
    answered = max((number for number, echo in enumerate(echoes) if not echo.lost), default=-1)
    fates = [echo.lost for echo in echoes[: answered + 1]]
    reached = fates.count("") + fates.count("down")
    if way is Direction.A_TO_B:
        lost = fates.count("up")
        return LossCount(reached + lost, lost, session.drops.a_to_b)
    return LossCount(reached, fates.count("down"), session.drops.b_to_a)


def _sum(counts: list[LossCount]) -> LossCount:
    return sum(counts, LossCount(0, 0))


def _reorder(report: IrttReport, way: Direction) -> ReorderCount:
    arrived = [echo for echo in report.echoes if not echo.lost]
    if way is Direction.A_TO_B:
        order = sorted(range(len(arrived)), key=lambda number: arrived[number].reached)
    else:
        returned = sorted(arrived, key=lambda echo: echo.returned)
        order = sorted(range(len(returned)), key=lambda number: returned[number].back)
    return ReorderCount(len(arrived), reordered(order))


def from_knocks(knocks: Knocks) -> Measurement:
    """A pair between which no session opened: what arrived of the packets that asked for one is all there is to count."""
    nothing = Unmeasured(NOTHING_CAME)
    ways = [
        OneWay(nothing, nothing, count or Unmeasured("not tried"), nothing, nothing)
        for count in knocks.counts.values()
    ]
    tried = [count.sent for count in knocks.counts.values() if count]
    return Measurement(
        tool="irtt",
        interval=0,
        resolution=1,
        clock="not needed",
        rtt=nothing,
        round_trip_loss=LossCount(max(tried), max(tried)),
        duplicates=0,
        directions=Both(*ways),
        notes=(knocks.why,) if knocks.why else (),
    )


def from_pings(
    timing: FpingReport,
    loss: Sequence[FpingReport],
    streams: Streams,
    *,
    interval: int,
    why: str,
    notes: tuple[str, ...],
) -> Measurement:
    """Round trips only. why: what kept irtt from telling the directions apart."""
    only = Unmeasured(why)
    return Measurement(
        tool="fping",
        interval=interval,
        resolution=timing.resolution,
        clock="not needed",
        rtt=_stats([trip for trip in timing.round_trips if trip is not None]),
        round_trip_loss=_sum(
            [LossCount(len(one.round_trips), one.round_trips.count(None)) for one in (timing, *loss)]
        ),
        duplicates=0,
        directions=Both(*(OneWay(only, only, only, only, stream) for stream in streams.values())),
        notes=notes,
    )


def throughput(
    sender: StreamReport, receiver: StreamReport, plan: StreamPlan, headers: int
) -> Throughput | Unmeasured:
    """The rate at the receiver between the readings of its first and last packet, both and start-up left out.

    headers: bytes on the wire around each payload.
    """
    filled = [number for number, (_, received, _) in enumerate(receiver.readings) if received]
    if not filled:
        return Unmeasured(NOTHING_CAME)
    window = receiver.readings[filled[0] + 1 : filled[-1]]
    settled = 0.0
    while window and settled < SETTLE:
        settled += window[0][0]
        window = window[1:]
    if not window:
        return Unmeasured("the stream ended before it had settled")
    seconds = sum(length for length, _, _ in window)
    growth = (plan.payload + headers) / plan.payload
    sending = sum(length for length, _, _ in sender.readings)
    return Throughput(
        rate=round(8 * growth * sum(received for _, received, _ in window) / seconds),
        sent=round(8 * growth * sum(count for _, count, _ in sender.readings) / max(sending, 1e-9)),
        offered=plan.offered,
        seconds=round(seconds, 3),
        lost=sum(lost for _, _, lost in window),
        packet=plan.payload + headers,
    )
