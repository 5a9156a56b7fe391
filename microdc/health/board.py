"""All that is known of a fleet now, from the records that came: what screens, exporter and command line read. It belongs to one thread."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from microdc.health.history import Histories
from microdc.health.model import DeviceHealth, Fleet, Sample, SiteHealth, State
from microdc.health.reducing import members, site_health, sites_of
from microdc.health.stream import Record
from microdc.health.tracking import Rules, Track, changes_at, follow, settle, shifted

_NO_NEWS: Final = frozenset({(None, State.OK), (None, State.UNKNOWN), (None, State.MAINTENANCE)})
"""How a device is first heard of that nobody has to be told of."""
_FORGOTTEN: Final = Track()
"""As a device is before it is heard of, for the first time or after a silence."""
_AHEAD: Final = 60.0
"""Seconds. A sample that lies further ahead comes from another clock, and counts as of the moment in which it came."""
_SET_BACK: Final = 5.0
"""Seconds. A clock that went back by more was set; by less it does no harm."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A device that changed its state. at: Unix seconds; device: its key; why: the gravest reason of the new state, "" where it is well."""

    at: float
    device: str
    before: State
    after: State
    why: str


class Board:
    """rules: of states. points: that are kept of each device's figures. alerts: changes of states that are kept. Nothing in it grows.

    said: the states that were told of devices before this board was there, so that they are no news again, and that they are over is.
    """

    def __init__(
        self,
        rules: Rules | None = None,
        points: int = 300,
        alerts: int = 1000,
        said: Mapping[str, State] | None = None,
    ) -> None:
        self.rules = rules or Rules()
        self.fleet = Fleet()
        self.generation = 0
        """How often the fleet was replaced: what was made of it is to be made anew."""
        self.dropped: Counter[str] = Counter()
        """Samples that could not be used, by why: "unknown device"."""
        self._tracks: dict[str, Track] = {}
        self._healths: dict[str, DeviceHealth] = {}
        self._changes: dict[str, float] = {}
        self._members: list[tuple[str, list[str]]] = []
        self._said: dict[str, State] = dict(said or {})
        self._histories = Histories(points)
        self._alerts: deque[Alert] = deque(maxlen=alerts)
        self._now: float | None = None
        self._reduced: tuple[float, tuple[SiteHealth, ...]] | None = None

    def apply(self, records: Iterable[Record], now: float) -> frozenset[str]:
        """Takes records in, in their order. The keys of the devices that are not as before; after a fleet all of its devices.

        How many are handed over at once makes no difference to states and alerts.
        """
        latest = now + _AHEAD
        touched = dict.fromkeys(self._turned(now))  # in the order of the records, in which the memory lies
        for record in records:
            if isinstance(record, Sample):
                key = record.device
                track = self._tracks.get(key)
                if track is None:
                    self.dropped["unknown device"] += 1
                    continue
                sample = record if record.at <= latest else replace(record, at=now)
                after = self._tracks[key] = follow(track, sample, self.rules)
                if sample.figures:
                    self._histories.put(key, sample.at, sample.figures)
                before = track if sample.at <= track.lapses else _FORGOTTEN
                if after.state is not before.state or after.maintenance != before.maintenance:
                    self._settle(key, sample.at)  # now, since more samples of it may come at once
                    self._alert(self._healths[key])
                touched[key] = None
            else:
                self._replace(record, now)
                touched = dict.fromkeys(self._tracks)
        for key in touched:
            self._settle(key, now)
        return frozenset(touched)

    def tick(self, now: float) -> frozenset[str]:
        """Lets the time pass: what was not heard of for too long goes stale. The keys of the devices that are not as before."""
        touched = self._turned(now) or [key for key, at in self._changes.items() if at < now]
        for key in touched:
            self._settle(key, now)
        return frozenset(touched)

    def __contains__(self, key: object) -> bool:
        return key in self._healths

    def device(self, key: str) -> DeviceHealth:
        """The device of a key, such as `server/bcn-c1`. Raises KeyError where the fleet has none (any more): ask `key in board`."""
        return self._healths[key]

    def devices(self) -> Mapping[str, DeviceHealth]:
        """All devices by their keys, in the order of the fleet."""
        return self._healths

    def sites(self, now: float) -> tuple[SiteHealth, ...]:
        """The health of each site, in the order of the fleet."""
        if self._reduced is None or self._reduced[0] != now:
            self._reduced = (now, self._sites(now))
        return self._reduced[1]

    def site_of(self, key: str) -> tuple[str, ...]:
        """The sites that a device counts for: a pair for two, some for none. Raises KeyError as `device` does."""
        return sites_of(self._healths[key].device)

    def series(
        self, key: str, figure: str, *, count: int = 60, span: float | None = None, until: float | None = None
    ) -> Sequence[float | None]:
        """A figure of a device in equal steps, as `Histories.series` has it."""
        return self._histories.series(key, figure, count=count, span=span, until=until)

    @property
    def histories(self) -> Histories:
        return self._histories

    @property
    def alerts(self) -> Sequence[Alert]:
        """Changes of states, the newest first."""
        return self._alerts

    def _replace(self, fleet: Fleet, now: float) -> None:
        """Another fleet. Of devices that it has as well, what is known stays known."""
        self.fleet = fleet
        self.generation += 1
        self._reduced = None
        tracks, healths = self._tracks, self._healths
        self._tracks = {one.key: tracks.get(one.key) or Track(since=now) for one in fleet.devices}
        self._healths = {}
        for device in fleet.devices:
            known = healths.get(device.key)
            state, since = (State.UNKNOWN, now) if known is None else (known.state, known.since)
            self._healths[device.key] = DeviceHealth(device, state, since)
        self._members = [(site, [one.key for one in found]) for site, found in members(fleet).items()]
        self._changes = {}
        self._said = {key: state for key, state in self._said.items() if key in self._tracks}
        self._histories.keep(self._tracks)

    def _turned(self, now: float) -> Iterable[str]:
        """The devices whose times are not as before: all where the clock was set back, so that what is known grows old as it would have."""
        before, self._now = self._now, now
        if before is None or now >= before - _SET_BACK:
            return ()
        self._tracks = {key: shifted(track, now - before) for key, track in self._tracks.items()}
        return list(self._tracks)

    def _sites(self, now: float) -> tuple[SiteHealth, ...]:
        """As `reduce`, of members that are worked out once for a fleet."""
        healths = self._healths
        return tuple(site_health(site, [healths[key] for key in keys], now) for site, keys in self._members)

    def _settle(self, key: str, now: float) -> None:
        self._reduced = None
        track = self._tracks[key]
        self._healths[key] = settle(self._healths[key].device, track, now)
        self._changes[key] = changes_at(track, now)

    def _alert(self, health: DeviceHealth) -> None:
        """Keeps a change. That a device is well when it is first heard of is none; nor that all went silent, which the feed's own state tells."""
        key = health.device.key
        before = self._said.get(key)
        self._said[key] = health.state
        if before is not health.state and (before, health.state) not in _NO_NEWS:
            self._alerts.appendleft(
                Alert(health.since, key, before or State.UNKNOWN, health.state, _why(health))
            )


def _why(health: DeviceHealth) -> str:
    """The gravest reason in words."""
    if health.state is State.OK or not health.reasons:
        return ""
    reason = health.reasons[0]
    return f"{reason.where}: {reason.what}" if reason.where else reason.what
