"""Samples of the demo's devices at one moment, as a poller would give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from microdc.health.demo import nodes, servers, shapers, switches, wan
from microdc.health.demo.building import Line, Machine, SwitchBox
from microdc.health.demo.state import State
from microdc.health.model import Device, Kind, Sample

_RARER = 4
"""A device that does not answer is polled so many times less often."""
_TOOK = {Kind.SERVER: 0.18, Kind.SWITCH: 0.07, Kind.SHAPER: 0.01, Kind.PAIR: 0.12, Kind.NODE: 0.002}
_LATE = 5.0


class Watched(NamedTuple):
    """A device that is polled. took: seconds; observe: what it tells at a moment (Unix seconds); asked: whether it can fail to answer."""

    key: str
    site: str
    took: float
    observe: Callable[[float], servers.Told]
    asked: bool


def watched(state: State) -> tuple[Watched, ...]:
    """All devices that are ever heard of, in the order of the fleet."""
    return tuple(
        Watched(
            device.key,
            device.site,
            _TOOK[device.kind],
            _observer(state, device),
            device.kind is not Kind.NODE,
        )
        for device in state.world.fleet.devices
        if device.key not in state.standing.unheard
    )


def samples(state: State, among: Sequence[Watched], at: float, rate: float, turn: int = 0) -> list[Sample]:
    """What a poll of these devices gives. rate: polls in a second; turn: which of the pauses of those that do not answer are over."""
    found = []
    pause, polls = 1 / rate, int((at - state.begun) * rate)
    maintenance = state.maintenance
    for number, one in enumerate(among, turn):
        trouble = state.trouble(one.key, one.site, at) if one.asked else None
        if trouble is None:
            found.append(
                Sample(one.key, at, one.took, pause, None, *one.observe(at), maintenance(one.key, at))
            )
        elif polls < 2 or (polls + number) % _RARER == 0:
            took = _LATE if trouble.kind == "late" else 0.5
            found.append(Sample(one.key, at, took, _RARER * pause, trouble))
    return found


def _observer(state: State, device: Device) -> Callable[[float], servers.Told]:
    name, world = device.name, state.world
    match device.kind:
        case Kind.SERVER:
            return _of_server(state, world.machines[name])
        case Kind.SWITCH:
            return _of_switch(state, world.switches[name])
        case Kind.PAIR:
            return _of_pair(state, world.lines[name])
        case Kind.NODE:
            return _of_node(state, name, device.key)
        case Kind.SHAPER:
            return lambda at: shapers.observe(state, name, at)


def _of_server(state: State, machine: Machine) -> Callable[[float], servers.Told]:
    return lambda at: servers.observe(machine, at - state.begun, state.server(machine, at))


def _of_switch(state: State, box: SwitchBox) -> Callable[[float], servers.Told]:
    return lambda at: switches.observe(box, at - state.begun, state.switch(box, at))


def _of_pair(state: State, line: Line) -> Callable[[float], servers.Told]:
    return lambda at: wan.observe(line, at - state.begun, state.line(line, at))


def _of_node(state: State, name: str, key: str) -> Callable[[float], servers.Told]:
    def observe(at: float) -> servers.Told:
        reasons, figures, facts = nodes.observe(state.move(name, at), at)
        if state.maintenance(key, at):
            facts["state"] = "maintenance"
        return reasons, figures, facts

    return observe
