"""What goes through the WAN now, direction by direction, tick by tick."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from microdc.agent.model import Reading, State
from microdc.netlink.messages import decode
from microdc.netlink.model import Counters
from microdc.testbed.shapers import ShapedPort
from microdc.units import Rate
from microdc.wan.everywhere import AT_ONCE
from microdc.wan.layers import on_top, stack
from microdc.wan.model import Direction, Leaf
from microdc.wan.operate import Wan
from microdc.wan.rates import Rates, Tally, leaves, rates, tally


@dataclass(frozen=True, slots=True)
class Place:
    """Where one direction is shaped; at an edge each server of the sending site has its own."""

    direction: Direction
    shaper: str
    interface: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One direction at one place. asked: bit/s, None without a limit. share: of that rate, 0..1 and a little more.

    rates: None where nothing of the direction is laid there, or it came since the reading before.
    """

    place: Place
    asked: Rate | None
    share: float | None
    rates: Rates | None


@dataclass(frozen=True, slots=True)
class Tick:
    """All directions at one moment. at: Unix time."""

    at: float
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """What one reading of all shapers gave. at: when each shaper answered, on the controller's monotonic clock. states: what is laid at each."""

    at: Mapping[str, float]
    tallies: Mapping[Place, Tally]
    asked: Mapping[Direction, Rate | None]
    states: Mapping[str, State] = field(default_factory=dict)


Each = Callable[[Callable[[str], tuple[float, Reading]], Iterable[str]], Iterable[tuple[float, Reading]]]


@dataclass(slots=True)
class Watcher:
    """The places that are looked at, once they are chosen. ports: those of each shaper that carry one."""

    wan: Wan
    clock: Callable[[], float]
    ports: dict[str, list[ShapedPort]] = field(default_factory=dict)
    leaves: dict[Place, Leaf] = field(default_factory=dict)

    def choose(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        """Looks from now on at these pairs, in both directions; at all where none is named."""
        wanted = {frozenset(pair) for pair in pairs}
        for name, situation in self.wan.situations.items():
            for port in situation.shaper.ports:
                found = {
                    Place(direction, name, port.interface): leaf
                    for direction, leaf in leaves(self.wan.testbed, port).items()
                    if not wanted or frozenset((direction.source, direction.target)) in wanted
                }
                if found:
                    self.ports.setdefault(name, []).append(port)
                    self.leaves |= found

    def look(self, each: Each = map) -> Glance:
        """Reads all shapers. Raises UnreachableError. each: does something for each of them, such as a pool does at the same time."""
        readings = dict(zip(self.ports, each(self._read, self.ports), strict=True))
        counters = {
            (name, interface): found
            for name, (_, reading) in readings.items()
            for interface, found in _counters(reading).items()
        }
        tallies = {
            place: found
            for place, leaf in self.leaves.items()
            if (found := tally(counters.get((place.shaper, place.interface), {}), leaf)) is not None
        }
        states = {name: reading.state for name, (_, reading) in readings.items()}
        return Glance({name: at for name, (at, _) in readings.items()}, tallies, _asked(states), states)

    def _read(self, name: str) -> tuple[float, Reading]:
        reading = self.wan.count(name, [port.interface for port in self.ports[name]])
        return self.clock(), reading


def _counters(reading: Reading) -> dict[str, Mapping[int, Counters]]:
    return {
        name: decode(reading.hello.interfaces[name].index, {**dumps, "filters": b""}).counters
        for name, dumps in reading.dumps.items()
    }


def _asked(states: Mapping[str, State]) -> dict[Direction, Rate | None]:
    return {direction: asked.impairment.rate for direction, (_, asked) in on_top(stack(states)).items()}


def watch(
    wan: Wan,
    pairs: Sequence[tuple[str, str]] = (),
    *,
    every: float = 1.0,
    count: int | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Tick]:
    """Reads the kernels' counters every so many seconds and tells what happened in between; `count` times, or for ever.

    pairs: only these, in both directions. Each shaper is asked once a tick; nothing is sent over the WAN. A reading that
    takes longer than a tick leaves ticks out. Raises UnreachableError where a shaper is lost.
    """
    watcher = Watcher(wan, clock)
    watcher.choose(pairs)
    with ThreadPoolExecutor(AT_ONCE, "watch") as pool:
        before, due, done = watcher.look(pool.map), clock(), 0
        while count is None or done < count:
            due += every * (1 + max(0, (clock() - due) // every))
            sleep(max(0.0, due - clock()))
            after = watcher.look(pool.map)
            yield Tick(time.time(), tuple(sample(place, before, after) for place in watcher.leaves))
            before, done = after, done + 1


def sample(place: Place, before: Glance, after: Glance) -> Sample:
    """One place between two glances. Pure."""
    asked = after.asked.get(place.direction)
    old, new = before.tallies.get(place), after.tallies.get(place)
    if old is None or new is None:
        return Sample(place, asked, None, None)
    found = rates(old, new, after.at[place.shaper] - before.at[place.shaper])
    return Sample(place, asked, found.out_bits / asked if asked else None, found)
