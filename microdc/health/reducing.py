"""From the health of devices to that of sites. Pure: the same devices give the same sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from microdc.health.figures import FIGURES
from microdc.health.model import (
    Device,
    DeviceHealth,
    Fleet,
    Kind,
    Reason,
    SiteHealth,
    SiteReason,
    State,
)
from microdc.health.tracking import RANK

_ANSWER: Final = frozenset({Kind.SERVER, Kind.SWITCH, Kind.SHAPER})
"""What answers at a site. Nodes are told of by the store, and pairs by the shapers."""
_BAD: Final = frozenset({State.DEGRADED, State.DOWN})
_DEAD: Final = frozenset({State.DOWN, State.UNKNOWN})
_BY_OVER: Final[Mapping[str, Callable[[Iterable[float]], float]]] = {"sum": sum, "most": max, "least": min}
_JOINS: Final = {name: _BY_OVER[figure.over] for name, figure in FIGURES.items() if figure.over}
_ORDER: Final = {"down": 0, "degraded": 1, "info": 2}
_SILENT: Final = SiteReason("", Reason("down", "nothing of the site works"))
_CUT_OFF: Final = SiteReason("", Reason("down", "the WAN of the site is down whole"))


def sites_of(device: Device) -> tuple[str, ...]:
    """The sites that a device counts for: a pair for both of its ends."""
    if device.kind is Kind.PAIR:
        return tuple(dict.fromkeys(device.name.split(":", 1)))
    return (device.site,) if device.site else ()


def members(fleet: Fleet) -> Mapping[str, tuple[Device, ...]]:
    """By site, the devices that count for it, in the order of the fleet."""
    found: dict[str, list[Device]] = {one.name: [] for one in fleet.sites}
    for device in fleet.devices:
        for site in sites_of(device):
            if site in found:
                found[site].append(device)
    return {site: tuple(devices) for site, devices in found.items()}


def reduce(fleet: Fleet, healths: Mapping[str, DeviceHealth], now: float) -> tuple[SiteHealth, ...]:
    """The health of each site, in the order of the fleet. healths: by key of the device; of one that is missing nothing is known."""
    return tuple(
        site_health(
            site, [healths.get(one.key) or DeviceHealth(one, State.UNKNOWN, 0.0) for one in devices], now
        )
        for site, devices in members(fleet).items()
    )


def site_health(site: str, devices: Sequence[DeviceHealth], now: float) -> SiteHealth:
    """Of one site, from the devices that count for it.

    Down: none of its servers, switches and shapers works and one of them at least is known to be down; or every pair of it is down. Degraded: a device
    is degraded or down. Unknown: of no device but nodes it is known that it is well. Maintenance: all that answers is in maintenance; devices in
    maintenance count for nothing else.
    """
    counts = dict.fromkeys(State, 0)
    oldest: float | None = None
    for one in devices:
        counts[one.state] += 1
        if one.at is not None and not one.stale:
            age = max(0.0, now - one.at)
            oldest = age if oldest is None or age > oldest else oldest
    state, whole = _state(devices)
    reasons = (*whole, *_reasons(devices))
    return SiteHealth(site, state, reasons, counts, oldest, _figures(site, devices))


def _state(devices: Sequence[DeviceHealth]) -> tuple[State, tuple[SiteReason, ...]]:
    states = {one.state for one in devices}
    serving = states - {State.MAINTENANCE}
    answering = {one.state for one in devices if one.device.kind in _ANSWER} - {State.MAINTENANCE}
    pairs = {one.state for one in devices if one.device.kind is Kind.PAIR} - {State.MAINTENANCE}
    if serving != states and not answering:
        return State.MAINTENANCE, ()
    if State.DOWN in answering and answering <= _DEAD:
        return State.DOWN, (_SILENT,)
    if pairs == {State.DOWN}:
        return State.DOWN, (_CUT_OFF,)
    if serving & _BAD:
        return State.DEGRADED, ()
    seen = {
        one.state for one in devices if one.device.kind is not Kind.NODE
    }  # the store knows nodes without asking anybody
    return (State.OK if State.OK in seen else State.UNKNOWN), ()


def _reasons(devices: Iterable[DeviceHealth]) -> list[SiteReason]:
    """Of the devices that are not well, the gravest first and else in the order of the devices."""
    bad = [one for one in devices if one.state in _BAD]
    bad.sort(key=lambda one: -RANK[one.state])
    found = [
        SiteReason(one.device.key, reason)
        for one in bad
        for reason in one.reasons
        if reason.severity != "info"
    ]
    found.sort(key=lambda one: _ORDER[one.reason.severity])
    return found


def _figures(site: str, devices: Iterable[DeviceHealth]) -> Mapping[str, float]:
    """What the devices' figures make of the site. Those of devices whose samples are too old count for nothing."""
    wan: dict[str, float] = {}
    told: defaultdict[str, list[float]] = defaultdict(list)
    for one in devices:
        if one.stale:
            continue
        if one.device.kind is Kind.PAIR:
            _add_wan(wan, site, one)
            continue
        for name, value in one.figures.items():
            told[name].append(value)
    return {name: _JOINS[name](values) for name, values in told.items() if name in _JOINS} | wan


def _add_wan(found: dict[str, float], site: str, pair: DeviceHealth) -> None:
    first = sites_of(pair.device)[0] == site
    for name, figure in (
        ("wan_out", "rate_ab" if first else "rate_ba"),
        ("wan_in", "rate_ba" if first else "rate_ab"),
    ):
        value = pair.figures.get(figure)
        if value is not None:
            found[name] = found.get(name, 0.0) + value
