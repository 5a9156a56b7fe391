"""Switches of the inventory over SNMP, many at once: read and judged. `watching` follows them, `configurations` keeps what they are told to do.

Each yields steps and returns a result for every switch; one that does not answer is a result like others, and delays none of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass

from microdc.errors import MicrodcError
from microdc.events import Step
from microdc.snmp.model import Limits
from microdc.switch import health, many, traffic
from microdc.switch.health import Finding
from microdc.switch.many import Outcome
from microdc.switch.model import SwitchState
from microdc.switch.snmp import reading
from microdc.switch.snmp.views import View
from microdc.switch.targets import agent_of
from microdc.switch.traffic import Between
from microdc.testbed.model import Switch, Testbed

_BY_VLAN = {"cisco_ios", "cisco_xe"}
"""Platforms that have a forwarding table for each VLAN, each in a context of its own."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading a switch: its state, or why there is none. seconds: how long it took."""

    switch: Switch
    state: SwitchState | None = None
    error: MicrodcError | None = None
    seconds: float = 0.0

    @property
    def target(self) -> Switch:
        """As `Outcome` has it."""
        return self.switch

    @property
    def value(self) -> SwitchState | None:
        """As `Outcome` has it."""
        return self.state


@dataclass(frozen=True, slots=True)
class Examined:
    """A switch and what is wrong with it. lately: what happened while it was looked at; None where it was read once."""

    state: SwitchState
    findings: tuple[Finding, ...]
    lately: Between | None = None


def read(
    testbed: Testbed, switches: Sequence[Switch], views: Collection[View], *, limits: Limits | None = None
) -> Generator[Step, None, tuple[Read, ...]]:
    """What each switch tells of itself over SNMP, in these views, in the switches' order."""
    outcomes = yield from many.each(
        "Reading switches", switches, lambda switch: read_one(testbed, switch, views, limits)
    )
    return tuple(Read(one.target, one.value, one.error, one.seconds) for one in outcomes)


def read_one(
    testbed: Testbed, switch: Switch, views: Collection[View], limits: Limits | None = None
) -> SwitchState:
    """What one switch tells. Raises InputError for what the inventory says too little of, else as `reading.read`."""
    agent = agent_of(testbed, switch)
    return reading.read(agent, views, limits=limits, by_vlan=switch.ssh_platform in _BY_VLAN)


def examine(
    testbed: Testbed,
    switches: Sequence[Switch],
    cabled: Callable[[Switch, SwitchState], Mapping[int, str]] = lambda *_: {},
    *,
    over: float = 0.0,
    limits: Limits | None = None,
) -> Generator[Step, None, tuple[Outcome[Examined], ...]]:
    """What is wrong with each switch.

    cabled: by ifIndex, the far ends of the cables that are declared at a switch. over: seconds between two readings, from which errors, discards
    and links that come and go are known; with 0 it is read once, and nothing is said of them.
    """

    def work(switch: Switch) -> Examined:
        state = read_one(testbed, switch, ("ports", "counters", "components", "sensors"), limits)
        if not over:
            return Examined(state, health.judge(state, cabled(switch, state)))
        time.sleep(over)
        later = read_one(testbed, switch, ("ports", "counters"), limits)
        lately = traffic.between(state, later)
        whole = _joined(state, later)
        return Examined(whole, health.judge(whole, cabled(switch, whole), lately), lately)

    return (yield from many.each("Examining switches", switches, work))


def _joined(before: SwitchState, after: SwitchState) -> SwitchState:
    """The later reading, with the parts that only the earlier one has."""
    return SwitchState(
        system=after.system,
        ports=after.ports,
        components=before.components,
        sensors=before.sensors,
        poe=before.poe,
        sample=after.sample,
        remarks=tuple(dict.fromkeys((*before.remarks, *after.remarks))),
    )
