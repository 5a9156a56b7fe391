"""Switches polled over SNMP: ports and counters each time, fans and cables now and then."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Final

from microdc.errors import InputError, MicrodcError
from microdc.events import Step
from microdc.health.model import Kind, Observation
from microdc.health.sources import judging_switches as judging
from microdc.health.sources.intervals import Pace
from microdc.health.sources.servers import Powers
from microdc.health.sources.unpolled import Unpolled
from microdc.snmp.model import Limits
from microdc.survey.cabling.declared import declares_vlans
from microdc.survey.cabling.ends import far_ends
from microdc.survey.cabling.model import CableVerdict
from microdc.survey.cabling.operate import check
from microdc.switch.model import SwitchState
from microdc.switch.operate import Read, read_one
from microdc.switch.snmp.views import View
from microdc.switch.targets import agent_of
from microdc.switch.traffic import Between, between
from microdc.testbed.model import Switch, Testbed

LIMITS: Final = Limits(seconds=2.0, attempts=2)
"""Of a poll: what does not answer now is asked again by the next one."""
_PORTS: Final[frozenset[View]] = frozenset({"ports", "counters"})
_PARTS: Final[frozenset[View]] = frozenset({"components", "sensors"})
_TABLES: Final[frozenset[View]] = frozenset({"ports", "neighbours", "addresses"})
_PARTS_EVERY: Final = 6
_CABLES_EVERY: Final = 30
"""Polls from one look at fans and power supplies, and at neighbours and forwarding tables, to the next: these tables are long."""

Reader = Callable[[frozenset[View]], SwitchState]


class SwitchProbe:
    """One switch; see `polling.Probe`. It remembers the reading before: rates, errors and flaps are what lies between two."""

    kind = Kind.SWITCH

    def __init__(
        self, testbed: Testbed, switch: Switch, pace: Pace, powers: Powers, read: Reader | None = None
    ) -> None:
        self.devices = (f"{Kind.SWITCH}/{switch.name}",)
        self.interval, self.timeout = pace.interval, pace.timeout
        self._testbed = testbed
        self._switch = switch
        self._powers = powers
        self._read = read or (lambda views: read_one(testbed, switch, views, LIMITS))
        self._vlans: frozenset[View] = frozenset({"vlans"}) if declares_vlans(testbed) else frozenset()
        self._polls = 0
        self._before: SwitchState | None = None
        self._parts: SwitchState | None = None
        self._cables: tuple[CableVerdict, ...] | None = None
        self._flaps: Mapping[int, int] = {}
        self._cabled: tuple[frozenset[tuple[int, str]], Mapping[int, str]] = frozenset(), {}

    def read(self) -> Iterable[Observation]:
        """Raises UnreachableError and what else `read_one` raises."""
        turn = self._polls
        self._polls += (
            1  # also where it fails: an agent that dies of the long tables is asked without them next
        )
        views = _PORTS | (_PARTS if turn % _PARTS_EVERY == 0 else frozenset())
        state = self._read(views)
        if views & _PARTS:
            self._parts = state
        if turn % _CABLES_EVERY == 1:
            self._cables = self._looked()
        lately = between(self._before, state) if self._before is not None else None
        if lately is not None:
            self._flaps = judging.counted(self._flaps, lately)
        self._before = state
        return (self._observed(judging.joined(state, self._parts), lately),)

    def _observed(self, state: SwitchState, lately: Between | None) -> Observation:
        cabled = self._far_ends(state)
        return Observation(
            self.devices[0],
            judging.reasons(state, cabled, lately, self._cables or (), self._powers.asleep()),
            judging.figures(state, lately, self._flaps, self._cables),
            {
                "system": state.system.name,
                "uptime": state.system.uptime,
                "ports": judging.ports_data(state, lately, self._flaps, cabled),
            },
        )

    def _far_ends(self, state: SwitchState) -> Mapping[int, str]:
        """The declared far ends, worked out anew where the switch has other ports than before."""
        ports = frozenset((port.index, port.name) for port in state.ports)
        if ports != self._cabled[0]:
            self._cabled = ports, far_ends(self._testbed, self._switch, state)
        return self._cabled[1]

    def _looked(self) -> tuple[CableVerdict, ...] | None:
        """What is said of its cables; as before where its tables cannot be read, which is no trouble of the switch."""

        def ask(_: Testbed, switches: Sequence[Switch]) -> Generator[Step, None, Sequence[Read]]:
            yield from ()
            state = self._read(_TABLES | self._vlans)
            return [Read(switch, state) for switch in switches]

        looking = check(self._testbed, [self._switch], ask)
        try:
            while True:
                next(looking)
        except StopIteration as end:
            verdicts: tuple[CableVerdict, ...] = end.value.verdicts
            return verdicts
        except MicrodcError:
            return self._cables


def switch_probes(testbed: Testbed, pace: Pace, powers: Powers) -> tuple[list[SwitchProbe], list[Unpolled]]:
    """A probe for each switch that SNMP is declared of, and the others with the reason. Only the secrets are read from outside."""
    probes: list[SwitchProbe] = []
    left: list[Unpolled] = []
    for site in testbed.sites.values():
        for rack in site.racks.values():
            for switch in rack.switches.values():
                try:
                    agent_of(testbed, switch)
                except InputError as problem:
                    left.append(Unpolled(f"{Kind.SWITCH}/{switch.name}", str(problem)))
                    continue
                probes.append(SwitchProbe(testbed, switch, pace, powers))
    return probes, left
