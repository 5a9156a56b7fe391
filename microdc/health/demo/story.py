"""What happens in the demo: troubles that are there from the beginning, and a round of events, one every twenty seconds, without end. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from microdc.health.demo.building import Machine, World
from microdc.health.demo.casting import DEAD, cast, shuffled
from microdc.health.demo.waves import ramp
from microdc.health.model import Kind, Trouble

AGAIN = 110.0
"""Seconds after which somebody tries again what failed in a wave of deployments."""
ROUND = 420.0
"""Seconds after which the events come again, to others."""

_HUNG = Trouble("late", "its SNMP agent gave no answer within 5 s", hint="it answers ping: the agent hangs")
DARK = Trouble("unreachable", "no route to host", hint="nothing of this site answers: is its uplink up?")
"""The trouble of all that stands at a site that is cut off."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that begins `start` seconds after the demo did, and is over after `length`.

    kind: a key of `_APPLY`. target: a name; other: its rack, or the phase in which a deployment stops.
    """

    kind: str
    start: float
    length: float
    target: str
    other: str = ""


@dataclass(slots=True)
class Scene:
    """What holds at one moment. t: seconds since the demo began.

    troubles: by key. heat: degrees above the usual, by site and rack. fans: 0..1, how far one of a server's has gone. flapping: switches with a port that
    comes and goes. crashed: servers that went off by themselves. gone: emulators without their agent. waves: nodes that are being deployed.
    """

    t: float
    troubles: dict[str, Trouble] = field(default_factory=dict)
    heat: dict[tuple[str, str], float] = field(default_factory=dict)
    fans: dict[str, float] = field(default_factory=dict)
    flapping: dict[str, Event] = field(default_factory=dict)
    crashed: set[str] = field(default_factory=set)
    dark: set[str] = field(default_factory=set)
    cuts: set[str] = field(default_factory=set)
    congested: set[str] = field(default_factory=set)
    drifted: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    waves: dict[str, Event] = field(default_factory=dict)


class Story:
    """The events of a world by seed."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self.standing = cast(world, random.Random(f"{seed}/cast"))  # noqa: S311  a story, no secret
        self.round = lru_cache(maxsize=8)(self._round)

    def at(self, t: float) -> Scene:
        """What holds `t` seconds after the beginning."""
        scene = Scene(t)
        number = max(0, int(t // ROUND))
        for which in {max(0, number - 1), number}:
            for event in self.round(which):
                if event.start <= t < event.start + event.length:
                    _APPLY[event.kind](scene, event)
        return scene

    def so_far(self, t: float, back: float = 2 * ROUND) -> list[Event]:
        """What began within `back` seconds before `t`, oldest first."""
        return self.between(t - back, t)

    def between(self, after: float, until: float) -> list[Event]:
        """What began between two moments, oldest first."""
        first, last = max(0, int(after // ROUND)), max(0, int(until // ROUND))
        every = [event for number in range(first, last + 1) for event in self.round(number)]
        return [event for event in every if after <= event.start <= until]

    def _round(self, number: int) -> tuple[Event, ...]:
        rng = random.Random(f"{self._seed}/round/{number}")  # noqa: S311  a story, no secret
        return tuple(sorted(self._events(rng, number * ROUND), key=lambda event: event.start))

    def _events(self, rng: random.Random, zero: float) -> Iterator[Event]:
        world, standing = self._world, self.standing
        quiet = standing.quiet
        servers = [m for m in world.machines.values() if m.name not in quiet and m.device.site not in quiet]
        boxes = [
            b.device
            for b in world.switches.values()
            if b.device.name not in quiet and b.device.site not in quiet
        ]
        lines = [name for name in world.lines if name != standing.overlaid]
        places = shuffled(rng, servers)
        yield from _wave(rng, world, servers, zero + 4)
        yield from _each("fan", places, zero, ((12, 150), (235, 150)))
        dark = standing.dark[int(zero // ROUND) % len(standing.dark)] if standing.dark else ""
        if dark:
            yield Event("dark", zero + 20, 50, dark)
        yield from _each("hot", places[::-1], zero, ((32, 140), (245, 140)))
        paths = shuffled(rng, lines)
        yield from (Event("cut", zero + at, 85, name) for at, name in zip((48, 265), paths, strict=False))
        yield from (
            Event("congested", zero + at, 60, name) for at, name in zip((145, 350), paths[2:], strict=False)
        )
        yield from (
            Event("drifted", zero + at, 45, name) for at, name in zip((225, 330), paths[4:], strict=False)
        )
        switches = shuffled(rng, boxes)
        yield from (
            Event("hung", zero + at, 55, box.name) for at, box in zip((65, 290), switches, strict=False)
        )
        yield from (
            Event("flap", zero + at, 65, box.name) for at, box in zip((85, 310), switches[2:], strict=False)
        )
        yield from _each("dead", places[4:], zero, ((105, 65), (375, 40)))
        if world.shapers:
            yield Event("agent", zero + 125, 35, rng.choice(list(world.shapers)))
        yield from _each("crash", places[6:], zero, ((168, 45), (395, 25)))
        yield from _wave(rng, world, servers, zero + 205)


def _each(
    kind: str, machines: Sequence[Machine], zero: float, when: Sequence[tuple[float, float]]
) -> Iterator[Event]:
    for (start, length), machine in zip(when, machines, strict=False):
        yield Event(kind, zero + start, length, machine.name, f"{machine.device.site}/{machine.device.rack}")


def _wave(rng: random.Random, world: World, servers: Sequence[Machine], start: float) -> Iterator[Event]:
    """Up to three nodes of one site, deployed side by side; one of them comes no further than DHCP."""
    able = [one for one in servers if one.name in world.nodes]
    if not able:
        return
    site = rng.choice(able).device.site
    chosen = shuffled(rng, [one for one in able if one.device.site == site])[:3]
    for number, one in enumerate(chosen):
        yield Event("deploy", start + 3 * number, 270, one.name, "dhcp" if number == 2 else "")


def _hot(scene: Scene, event: Event) -> None:
    site, _, rack = event.other.partition("/")
    fall = 25.0
    level = ramp(scene.t, event.start, 40, event.start + event.length - fall, fall)
    scene.heat[site, rack] = max(scene.heat.get((site, rack), 0.0), 19.0 * level)


_APPLY: Mapping[str, Callable[[Scene, Event], None]] = {
    "hot": _hot,
    "fan": lambda scene, event: scene.fans.__setitem__(
        event.target, ramp(scene.t, event.start, 25, event.start + event.length, 1)
    ),
    "dead": lambda scene, event: scene.troubles.__setitem__(f"{Kind.SERVER}/{event.target}", DEAD),
    "hung": lambda scene, event: scene.troubles.__setitem__(f"{Kind.SWITCH}/{event.target}", _HUNG),
    "flap": lambda scene, event: scene.flapping.__setitem__(event.target, event),
    "dark": lambda scene, event: scene.dark.add(event.target),
    "cut": lambda scene, event: scene.cuts.add(event.target),
    "congested": lambda scene, event: scene.congested.add(event.target),
    "drifted": lambda scene, event: scene.drifted.add(event.target),
    "agent": lambda scene, event: scene.gone.add(event.target),
    "crash": lambda scene, event: scene.crashed.add(event.target),
    "deploy": lambda scene, event: scene.waves.__setitem__(event.target, event),
}
"""What an event makes of a scene, by kind."""
