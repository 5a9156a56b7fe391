"""What is done for one pair, phase by phase: timing, losses, streams; then the conclusion from all three."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_address
from typing import TypeVar

from microdc.errors import MicrodcError, UnreachableError
from microdc.host.model import Host
from microdc.impairment import NO_LOSS, Impairment
from microdc.measure import fping, iperf3, irtt
from microdc.measure.assemble import (
    NOTHING_CAME,
    Knocks,
    Session,
    Streams,
    from_knocks,
    from_pings,
    from_sessions,
)
from microdc.measure.attempts import stream_tries
from microdc.measure.irtt import End
from microdc.measure.model import Both, Direction, Failure, Measurement, Throughput, Unmeasured
from microdc.measure.probe import Probe
from microdc.measure.programs import Programs
from microdc.measure.rates import rate_of
from microdc.measure.reports import FpingReport
from microdc.measure.schedule import (
    EchoPlan,
    MeasureOptions,
    StreamPlan,
    loss_plan,
    ping_plan,
    stream_plan,
    timing_plan,
)
from microdc.measure.tolerance import Tolerance, rtt_jitter

_T = TypeVar("_T")
_S = 1_000_000_000
_LOSS_SESSIONS = 3
"""A busy machine sends fewer packets than planned; so many times the rest is sent after."""


@dataclass(frozen=True, slots=True)
class PairRequest:
    """A pair of sites: their names, their probes, the probes' IPv4 or IPv6 addresses, and what is asked of each way.

    underlay: where the path's own delay was measured and taken off, the jitter of its round trip in ns.
    """

    a: str
    b: str
    host_a: Host
    host_b: Host
    ip_a: str
    ip_b: str
    asked_a_to_b: Impairment
    asked_b_to_a: Impairment
    underlay: int | None = None

    @property
    def asked(self) -> Both[Impairment]:
        return Both(self.asked_a_to_b, self.asked_b_to_a)

    def sites(self, way: Direction) -> tuple[str, str]:
        """Who sends and who receives in a direction."""
        return (self.a, self.b) if way == Direction.A_TO_B else (self.b, self.a)

    @property
    def ends(self) -> tuple[End, End]:
        return End(self.host_a, self.ip_a), End(self.host_b, self.ip_b)


@dataclass(frozen=True, slots=True)
class Pings:
    """Round trips by fping. why: what kept irtt from telling more."""

    report: FpingReport
    interval: int
    why: str


Seen = Session | Knocks | Pings
Timed = Seen | Failure


@dataclass(frozen=True, slots=True)
class Lost:
    """The packets for the loss test, and what ended them early."""

    sessions: tuple[Session, ...] = ()
    pings: tuple[FpingReport, ...] = ()
    trouble: Failure | None = None


def attempt(action: Callable[[], _T]) -> _T | Failure:
    """What it returns, or the error that it raises as a value: one pair's trouble is not another's."""
    try:
        return action()
    except MicrodcError as error:
        return Failure.of(error)


@dataclass(frozen=True, slots=True)
class PairRun:
    """One pair with its probes, in a run of `pairs` pairs, of which at most `crowd` share a site."""

    request: PairRequest
    probes: Both[Probe | Failure]
    options: MeasureOptions
    programs: Programs
    pairs: int
    crowd: int = 1

    @property
    def tolerance(self) -> Tolerance:
        """What the verdicts on this pair allow."""
        chosen, underlay = self.options.tolerance, self.request.underlay
        return chosen if underlay is None else chosen.calibrated(underlay)

    def timing(self) -> Timed:
        """Packets far enough apart that none disturbs another; where none comes back, which way they are lost."""
        broken = [probe for probe in self.probes.values() if isinstance(probe, Failure)]
        return broken[0] if broken else attempt(self._timing)

    def _timing(self) -> Timed:
        asked = self.request.asked
        missing = self._missing("irtt")
        if missing:
            return self._pings(f"irtt is missing at {' and '.join(missing)}: install the package irtt there")
        plan = timing_plan(asked, self.options, crowd=self.crowd)
        if plan is None:
            if max(one.mean_loss for one in asked.values()) < 100:
                return self._pings("irtt cannot begin where so much is lost")
            return self._knock_both()
        here, there = self.request.ends
        timed = irtt.session(self.programs, here, there, plan)
        if isinstance(timed, Session):
            return timed
        if timed.counts.a_to_b is None:
            return self._pings(f"irtt: {timed.why}")
        back = irtt.knock(self.programs, there, here, asked.b_to_a.owd)
        return Knocks(Both(timed.counts.a_to_b, back), timed.why)

    def _knock_both(self) -> Knocks:
        here, there = self.request.ends
        asked = self.request.asked
        forth = irtt.knock(self.programs, here, there, asked.a_to_b.owd)
        back = irtt.knock(self.programs, there, here, asked.b_to_a.owd)
        return Knocks(Both(forth, back), "")

    def _pings(self, why: str) -> Pings:
        if len(self._missing("fping")) == 2:
            raise UnreachableError(
                f"{why}, and fping is at neither probe",
                where=f"{self.request.a} - {self.request.b}",
                hint="install the packages irtt and fping at both",
            )
        asked = self.request.asked
        sparse = Both(*(replace(one, loss=NO_LOSS, loss_model=None) for one in asked.values()))
        plan = timing_plan(sparse, self.options)
        assert plan is not None  # nothing is lost there
        return Pings(self._ping(plan), plan.interval, why)

    def losses(self, timed: Timed) -> Lost:
        """As many packets as the loss test needs beyond the timed ones, which are none where nothing came back."""
        if isinstance(timed, Pings) and any(timed.report.round_trips):
            return self._more_pings(len(timed.report.round_trips))
        if not isinstance(timed, Session) or all(echo.lost for echo in timed.report.echoes):
            return Lost()
        here, there = self.request.ends
        sessions: list[Session] = []
        sent, spent = len(timed.report.echoes), 0.0
        for _ in range(_LOSS_SESSIONS):
            plan = loss_plan(
                self.request.asked, self.options, pairs=self.pairs, sent=sent, spent=spent, crowd=self.crowd
            )
            if plan is None:
                break
            found = attempt(partial(irtt.session, self.programs, here, there, plan))
            if not isinstance(found, Session):
                trouble = found if isinstance(found, Failure) else Failure("the path went dead")
                return Lost(tuple(sessions), trouble=trouble)
            sessions.append(found)
            sent, spent = sent + len(found.report.echoes), spent + plan.seconds
        return Lost(tuple(sessions))

    def _more_pings(self, sent: int) -> Lost:
        plan = ping_plan(self.request.asked, self.options, pairs=self.pairs, sent=sent, crowd=self.crowd)
        if plan is None:
            return Lost()
        found = attempt(partial(self._ping, plan))
        return Lost(trouble=found) if isinstance(found, Failure) else Lost(pings=(found,))

    def _ping(self, plan: EchoPlan) -> FpingReport:
        here, there = self.request.ends
        if self.request.a in self._missing("fping"):
            here, there = there, here
        longest = _longest(self.request.asked)
        return fping.round_trips(
            self.programs, here, there, interval=plan.interval, count=plan.count, longest=longest
        )

    def stream_plans(self, timed: Timed) -> Both[StreamPlan | Unmeasured]:
        """What each direction's stream is to be, or why there is none."""
        version = ip_address(self.request.ip_a).version
        plans = [stream_plan(one, self.options, ip_version=version) for one in self.request.asked.values()]
        missing = self._missing("iperf3")
        if isinstance(timed, Knocks | Failure) or (
            isinstance(timed, Pings) and not any(timed.report.round_trips)
        ):
            why = Unmeasured(NOTHING_CAME)
        elif missing:
            why = Unmeasured(
                f"iperf3 is missing at {' and '.join(missing)}: install the package iperf3 there"
            )
        else:
            return Both(*plans)
        return Both(*(plan if isinstance(plan, Unmeasured) else why for plan in plans))

    def stream(self, plan: StreamPlan | Unmeasured, direction: Direction) -> Throughput | Unmeasured:
        """One direction's throughput."""
        if isinstance(plan, Unmeasured):
            return plan
        here, there = self.request.ends
        sender, receiver = (here, there) if direction is Direction.A_TO_B else (there, here)
        latency = _longest(self.request.asked)
        tries = stream_tries(self.request.asked)
        found = attempt(
            lambda: iperf3.stream(self.programs, sender, receiver, plan, latency=latency, tries=tries)
        )
        return Unmeasured(str(found)) if isinstance(found, Failure) else found

    def short(self, found: Throughput, direction: Direction) -> bool:
        """Whether less came through than the rate asked, by more than is tolerated."""
        asked = dict(self.request.asked.items())[direction]
        if asked.rate is None:
            return False
        rate = rate_of(asked.rate, asked.framing, found.packet)
        return found.rate < rate * (1 - self.tolerance.throughput)

    def conclude(self, timed: Seen, lost: Lost, streams: Streams) -> Measurement:
        """All of it as one value."""
        notes = (f"loss packets: {lost.trouble}",) if lost.trouble else ()
        if isinstance(timed, Session):
            plan = timing_plan(self.request.asked, self.options)
            return from_sessions(
                timed,
                lost.sessions,
                streams,
                interval=plan.interval if plan else 0,
                one_clock=self._one_clock,
                notes=notes,
            )
        if isinstance(timed, Knocks):
            return from_knocks(timed)
        return from_pings(
            timed.report,
            lost.pings,
            streams,
            interval=timed.interval,
            why=timed.why,
            notes=(timed.why, *notes),
        )

    def _missing(self, tool: str) -> list[str]:
        """The sites whose probes lack a tool."""
        sites = zip((self.request.a, self.request.b), self.probes.items(), strict=True)
        return [name for name, (_, probe) in sites if isinstance(probe, Probe) and tool not in probe.tools]

    @property
    def _one_clock(self) -> bool:
        a, b = self.probes.a_to_b, self.probes.b_to_a
        return isinstance(a, Probe) and isinstance(b, Probe) and a.boot == b.boot


def _longest(asked: Both[Impairment]) -> int:
    """The longest that a reply is waited for, in ns: delays, jitter, full queues, and the machines themselves."""
    queues = sum(
        8 * one.buffer * _S // one.rate for one in asked.values() if one.rate and one.buffer is not None
    )
    jitter = round(5 * rtt_jitter(asked.a_to_b, asked.b_to_a))
    slots = sum(one.slots.delay + 4 * one.slots.jitter for one in asked.values() if one.slots)
    return asked.a_to_b.owd + asked.b_to_a.owd + jitter + slots + queues + _S // 2
