"""What is no longer as it was applied: in the kernels, in the stacks of overlays, and against the journal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from microdc.agent.model import State, Unconfirmed
from microdc.netlink.model import Netem
from microdc.netlink.netem import unverifiable
from microdc.store.model import Entry
from microdc.testbed.model import Testbed
from microdc.wan.differences import Difference, differences
from microdc.wan.history import Gone, gone
from microdc.wan.layers import on_top, stack
from microdc.wan.model import Direction, Plan
from microdc.wan.planning import Situation
from microdc.wan.view import as_laid


@dataclass(frozen=True, slots=True)
class Since:
    """Since when an interface is not as it was laid; Unix times.

    first, last, times: when somebody else changed something there. None: it was before `watched`, when no agent looked.
    """

    first: float | None
    last: float | None
    times: int
    watched: float


@dataclass(frozen=True, slots=True)
class Drifted:
    """One thing that differs at an interface of a shaper, and since when."""

    emulator: str
    interface: str
    what: Difference
    since: Since


@dataclass(frozen=True, slots=True)
class Part:
    """An overlay that lies only on a part of the shapers that it needs. missing: the others."""

    overlay: str
    owner: str
    missing: Sequence[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that a shaper's agent takes back unless it is confirmed."""

    emulator: str
    change: Unconfirmed


@dataclass(frozen=True, slots=True)
class Unverifiable:
    """What was laid on a direction and the kernel does not give back: whether it is still so cannot be told."""

    emulator: str
    interface: str
    direction: Direction
    what: Sequence[str]


@dataclass(frozen=True, slots=True)
class Touched:
    """An interface on which somebody else changed something that is again as it was laid, or concerns nothing of ours."""

    emulator: str
    interface: str
    since: Since


@dataclass(frozen=True, slots=True)
class Drift:
    """All that is not as it was applied. gone: overlays that the journal knows and the shapers do not.

    The rest is worth knowing and no drift: changes that wait, what cannot be verified, what was touched and is as laid.
    """

    differences: Sequence[Drifted]
    parts: Sequence[Part]
    gone: Sequence[Gone]
    waiting: Sequence[Waiting] = ()
    unverifiable: Sequence[Unverifiable] = ()
    touched: Sequence[Touched] = ()

    @property
    def drifted(self) -> bool:
        """Whether anything differs from what was applied."""
        return bool(self.differences or self.parts or self.gone)


def drift(
    testbed: Testbed, situations: Mapping[str, Situation], entries: Sequence[Entry], now: float
) -> Drift:
    """Holds what was found against what is laid, and what is laid against what was written down.

    entries: the journal of the testbed, oldest first; empty where there is none. now: Unix time.
    Raises InputError or UnreachableError for an interface that does not fit.
    """
    plan = as_laid(testbed, situations)
    states = {name: situation.state for name, situation in situations.items()}
    found = list(_drifted(plan, situations))
    hit = {(one.emulator, one.interface) for one in found}
    return Drift(
        found,
        [Part(o.id, o.owner, tuple(o.missing)) for o in stack(states) if o.missing],
        gone(testbed, situations, entries, now),
        [Waiting(name, state.unconfirmed) for name, state in states.items() if state.unconfirmed],
        list(_unverifiable(plan)),
        [
            Touched(name, interface, _since(state, interface))
            for name, state in states.items()
            for interface in state.touched
            if (name, interface) not in hit
        ],
    )


def _drifted(plan: Plan, situations: Mapping[str, Situation]) -> Iterator[Drifted]:
    covered = on_top(plan.overlays).keys()
    for port in plan.ports:
        situation = situations[port.emulator]
        for what in differences(port, situation.observed[port.interface].tree, covered):
            yield Drifted(port.emulator, port.interface, what, _since(situation.state, port.interface))


def _since(state: State, interface: str) -> Since:
    seen = state.touched.get(interface)
    if seen is None:
        return Since(None, None, 0, state.watched_since)
    return Since(seen.first, seen.last, seen.times, state.watched_since)


def _unverifiable(plan: Plan) -> Iterator[Unverifiable]:
    covered = on_top(plan.overlays).keys()
    for port in plan.ports:
        for direction, leaf in sorted(port.leaves.items(), key=lambda item: item[0]):
            netem = leaf.netem.options
            if direction in covered and isinstance(netem, Netem) and (what := unverifiable(netem)):
                yield Unverifiable(port.emulator, port.interface, direction, what)
