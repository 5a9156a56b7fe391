"""What the shapers told last, put together: what is laid on each direction of the WAN, and what went through it. Used by several threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from microdc.agent.model import State
from microdc.wan.layers import on_top, stack
from microdc.wan.model import Asked, Direction, Overlay
from microdc.wan.watch import Sample


@dataclass(frozen=True, slots=True)
class Told:
    """What one shaper told. heard: on a clock that is never set; state: what is laid there, heard first at `since`, Unix time. samples: what went through

    since it told before.
    """

    heard: float
    state: State
    since: float
    samples: Mapping[Direction, tuple[Sample, ...]]


@dataclass(slots=True)
class Laid:
    """By shaper, what it told last. clock: seconds, never set back."""

    clock: Callable[[], float] = time.monotonic
    _told: dict[str, Told] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, shaper: str, at: float, state: State, samples: tuple[Sample, ...]) -> Told:
        """Keeps what a shaper told. at: Unix time. Where nothing changed there the state is the one from before, so that it is worked out once."""
        by: dict[Direction, tuple[Sample, ...]] = {}
        for one in samples:
            by[one.place.direction] = (*by.get(one.place.direction, ()), one)
        with self._lock:
            old = self._told.get(shaper)
            same = old is not None and _name(old.state) == _name(state)
            told = Told(
                self.clock(), old.state if old and same else state, old.since if old and same else at, by
            )
            self._told[shaper] = told
        return told

    def age(self, shaper: str) -> float | None:
        """Seconds since a shaper told something; None where it never did."""
        told = self._told.get(shaper)
        return None if told is None else self.clock() - told.heard

    def in_force(self) -> dict[Direction, tuple[Overlay, Asked]]:
        """By direction, what holds now and whose it is."""
        return on_top(stack({name: told.state for name, told in self._all().items()}))

    def samples(self) -> dict[Direction, tuple[Sample, ...]]:
        """By direction, what went through each place where it is shaped."""
        found: dict[Direction, tuple[Sample, ...]] = {}
        for told in self._all().values():
            for direction, samples in told.samples.items():
                found[direction] = (*found.get(direction, ()), *samples)
        return found

    def _all(self) -> dict[str, Told]:
        with self._lock:
            return dict(self._told)


def _name(state: State) -> tuple[object, ...]:
    """What tells two states apart: an agent that began anew counts from the start again."""
    return state.generation, state.last, tuple((layer.id, layer.made) for layer in state.layers)
