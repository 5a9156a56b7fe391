"""From samples to the state of a device, one after the other, so that nothing flaps that only trembles. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from microdc.health.model import Device, DeviceHealth, Kind, Reason, Sample, Severity, State, Trouble

RANK: Final[Mapping[State, int]] = {
    State.OK: 0,
    State.UNKNOWN: 1,
    State.DEGRADED: 2,
    State.DOWN: 3,
    State.MAINTENANCE: 4,
}
"""How grave a state is. Nothing is compared with MAINTENANCE, which is laid over the others."""
_STATES: Final[Mapping[Severity, State]] = {
    "info": State.OK,
    "degraded": State.DEGRADED,
    "down": State.DOWN,
}
_ORDER: Final[Mapping[Severity, int]] = {"down": 0, "degraded": 1, "info": 2}
_TOLD_OF: Final = (f"{Kind.PAIR}/", f"{Kind.NODE}/")
"""Pairs and nodes are not asked themselves: where a shaper or the store is silent, nothing is known of them."""
_NEVER: Final = float("inf")
_SILENT: Final = Reason("info", "nothing has been heard of it for too long")


@dataclass(frozen=True, slots=True)
class Rules:
    """How many samples in a row it takes until a device counts as something else, and after what time nothing is known any more.

    down, degraded, unknown: that are at least as grave; better: that are less grave. A first answer counts at once, since there is no state
    yet to hold on to; a first trouble does not. stale: seconds, or so many times the announced interval where that is longer.
    """

    down: int = 2
    degraded: int = 2
    unknown: int = 2
    better: int = 2
    stale: float = 15.0
    intervals: float = 3.0
    window: int = field(init=False, repr=False, compare=False)
    remembered: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """How many samples decide, and how many have to be remembered: between each two that decide there may be one that says nothing."""
        longest = max(self.down, self.degraded, self.unknown, self.better)
        object.__setattr__(self, "window", longest)
        object.__setattr__(self, "remembered", 2 * longest - 1)

    def holds(self, sample: Sample) -> float:
        """Until when a sample says something of now."""
        return sample.at + max(self.stale, self.intervals * sample.next)


class Verdict(NamedTuple):
    """What a sample alone would make of its device. told: whether it told anything."""

    state: State
    reasons: tuple[Reason, ...]
    told: bool


_WELL: Final = Verdict(State.OK, (), told=True)


@dataclass(frozen=True, slots=True)
class Track:
    """What is remembered of a device. state: it is in, were nothing known of maintenance; since: when what is shown began.

    recent: of the last samples, the newest last. told: the last sample that told something, heard: the last of all; fresh, lapses: until when they say
    something of now.
    """

    state: State = State.UNKNOWN
    since: float = 0.0
    recent: tuple[Verdict, ...] = ()
    reasons: tuple[Reason, ...] = ()
    maintenance: str = ""
    told: Sample | None = None
    heard: Sample | None = None
    fresh: float = _NEVER
    lapses: float = _NEVER


def follow(track: Track, sample: Sample, rules: Rules) -> Track:
    """What is remembered once a sample came. Samples count in the order in which they come, whatever clocks say."""
    if sample.at > track.lapses:
        track = Track(since=track.lapses, told=track.told, heard=track.heard, fresh=track.fresh)
    seen = apparent(sample)
    recent = (*track.recent, seen)[-rules.remembered :]
    state = track.state if seen.state is track.state else _next(track.state, recent, rules)
    reasons = track.reasons
    if seen.state is state:
        reasons = seen.reasons
    elif state is not track.state:
        reasons = next((one.reasons for one in reversed(recent) if one.state is state), seen.reasons)
    lapses = rules.holds(sample)
    maintenance = sample.maintenance
    told: Sample | None = sample
    fresh = lapses
    if sample.trouble is not None:
        if not maintenance and sample.at <= track.fresh:
            maintenance = track.maintenance  # a poll that told nothing does not end it
        told, fresh = track.told, track.fresh
    shown = State.MAINTENANCE if maintenance else state
    before = State.MAINTENANCE if track.maintenance else track.state
    since = track.since if shown is before and track.heard is not None else sample.at
    return Track(state, since, recent, reasons, maintenance, told, sample, fresh, lapses)


def apparent(sample: Sample) -> Verdict:
    """The state that a sample alone would make, and the reasons for it, the gravest first."""
    if sample.trouble is not None:
        state, severity = _troubled(sample.device, sample.trouble)
        reasons = (Reason(severity, sample.trouble.what, sample.trouble.where), *sample.reasons)
        return Verdict(state, reasons, told=False)
    if not sample.reasons:
        return _WELL
    reasons = sample.reasons
    if len(reasons) > 1:
        reasons = tuple(sorted(reasons, key=lambda one: _ORDER[one.severity]))
    return Verdict(_STATES[reasons[0].severity], reasons, told=True)


def _troubled(device: str, trouble: Trouble) -> tuple[State, Severity]:
    """What a poll that gave nothing says of the device."""
    if device.startswith(_TOLD_OF):
        return State.UNKNOWN, "info"
    match trouble.kind:
        case "own":
            return State.UNKNOWN, "info"  # the program's mistake is none of the device's
        case "refused":
            return State.DEGRADED, "degraded"  # it is there, and lets nobody see how it is
        case _:
            return State.DOWN, "down"


def _next(state: State, recent: tuple[Verdict, ...], rules: Rules) -> State:
    """After samples of which the last says something else. What says nothing of the device breaks no row of those that do; a row of its own makes it unknown."""
    newest = recent[-1]
    if state is State.UNKNOWN and newest.told:
        return newest.state
    rank, unknown = RANK[state], RANK[State.UNKNOWN]
    if newest.state is not State.UNKNOWN:
        saying = tuple(one for one in recent if one.state is not State.UNKNOWN)
        agreed = _agreed(rank, saying, rules)
        if agreed is not None:
            return agreed
    elif rank > unknown and _all(recent, rules.better, unknown, unknown):
        return State.UNKNOWN
    return State.UNKNOWN if rank < unknown and _nothing_told(recent, rules.unknown) else state


def _agreed(rank: int, saying: tuple[Verdict, ...], rules: Rules) -> State | None:
    """The graver or less grave state that the last of these agree on; None where they do not."""
    for worse, needed in ((State.DOWN, rules.down), (State.DEGRADED, rules.degraded)):
        if RANK[worse] > rank and _all(saying, needed, RANK[worse], RANK[State.DOWN]):
            return worse
    if _all(saying, rules.better, 0, rank - 1):
        return max((one.state for one in saying[-rules.better :]), key=RANK.__getitem__)
    return None


def _all(recent: tuple[Verdict, ...], count: int, least: int, most: int) -> bool:
    """Whether that many of the last are all within these ranks."""
    return len(recent) >= count and all(least <= RANK[one.state] <= most for one in recent[-count:])


def _nothing_told(recent: tuple[Verdict, ...], count: int) -> bool:
    return len(recent) >= count and not any(one.told for one in recent[-count:])


def shifted(track: Track, by: float) -> Track:
    """As if all of it had been so many seconds later: a clock was set by that much, and ages stay what they are."""
    told, heard = (None if one is None else replace(one, at=one.at + by) for one in (track.told, track.heard))
    return replace(
        track,
        since=track.since + by,
        told=told,
        heard=heard,
        fresh=track.fresh + by,
        lapses=track.lapses + by,
    )


def settle(device: Device, track: Track, now: float) -> DeviceHealth:
    """How a device is at a moment. Of one that was not heard of for too long nothing is known, whatever it was before."""
    heard, told = track.heard, track.told
    if heard is None:
        return DeviceHealth(device, State.UNKNOWN, track.since)
    state, since, reasons = track.state, track.since, track.reasons
    if now > track.lapses:
        state, since, reasons = State.UNKNOWN, track.lapses, (_SILENT,)
    elif track.maintenance:
        state = State.MAINTENANCE
        reasons = (Reason("info", track.maintenance), *reasons)
    if told is None:
        return DeviceHealth(device, state, since, None, True, reasons, heard.trouble)
    return DeviceHealth(
        device, state, since, told.at, now > track.fresh, reasons, heard.trouble, told.figures, told.facts
    )


def changes_at(track: Track, now: float) -> float:
    """When, without any further sample, `settle` next says something else; infinity where never."""
    fresh = track.fresh if now <= track.fresh else _NEVER
    return min(fresh, track.lapses) if now <= track.lapses else fresh
