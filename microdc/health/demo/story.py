"""What happens in the demo: troubles that are there from the beginning, and a round of events, one every twenty seconds, without end. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from microdc.health.demo.building import Machine, World
from microdc.health.demo.waves import ramp
from microdc.health.model import Kind, Trouble

T = TypeVar("T")

AGAIN = 110.0
"""Seconds after which somebody tries again what failed in a wave of deployments."""
ROUND = 420.0
"""Seconds after which the events come again, to others."""

_DEAD = Trouble(
    "unreachable",
    "no answer on port 443: connection timed out",
    hint="is its BMC plugged in? a cold start of the server resets it",
)
_REFUSED = Trouble(
    "refused",
    "the BMC refuses user microdc: 401 Unauthorized",
    hint="check `credentials` in the site's document",
)
_HUNG = Trouble("late", "its SNMP agent gave no answer within 5 s", hint="it answers ping: the agent hangs")
_DARK = Trouble("unreachable", "no route to host", hint="nothing of this site answers: is its uplink up?")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that begins `start` seconds after the demo did, and is over after `length`. kind: see `ROUND_OF`. target: a name."""

    kind: str
    start: float
    length: float
    target: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is so from the beginning: by device key, or by name. wrong: a switch with two cables that changed places. failed: a node."""

    troubles: Mapping[str, Trouble]
    unheard: frozenset[str]
    maintenance: Mapping[str, str]
    wrong: str
    failed: str
    overlaid: str
    dark: tuple[str, ...]
    resting: str
    quiet: frozenset[str]


@dataclass(slots=True)
class Scene:
    """What holds at one moment. t: seconds since the demo began. heat: degrees above the usual by (site, rack); fans: 0..1, how far one of a

    server's has gone; flapping: since when a switch's port does; crashed: servers that went off by themselves; waves: nodes that are being deployed, with
    their event. deployed nodes that stop in a phase have `other` in their event.
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
        self.standing = _standing(world, random.Random(f"{seed}/cast"))  # noqa: S311  a story, no secret
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
        places = _shuffled(rng, servers)
        yield from _wave(rng, world, servers, zero + 4)
        yield from _each("fan", places, zero, ((12, 150), (235, 150)))
        dark = standing.dark[int(zero // ROUND) % len(standing.dark)] if standing.dark else ""
        if dark:
            yield Event("dark", zero + 20, 50, dark)
        yield from _each("hot", places[::-1], zero, ((32, 140), (245, 140)))
        shuffled = _shuffled(rng, lines)
        yield from (Event("cut", zero + at, 85, name) for at, name in zip((48, 265), shuffled, strict=False))
        yield from (
            Event("congested", zero + at, 60, name)
            for at, name in zip((145, 350), shuffled[2:], strict=False)
        )
        yield from (
            Event("drifted", zero + at, 45, name) for at, name in zip((225, 330), shuffled[4:], strict=False)
        )
        switches = _shuffled(rng, boxes)
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
    chosen = _shuffled(rng, [one for one in able if one.device.site == site])[:3]
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
    "dead": lambda scene, event: scene.troubles.__setitem__(f"{Kind.SERVER}/{event.target}", _DEAD),
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

DARK = _DARK
"""The trouble of all that stands at a site that is cut off."""


def _shuffled(rng: random.Random, items: Sequence[T]) -> list[T]:
    return rng.sample(items, len(items))


def _standing(world: World, rng: random.Random) -> Standing:
    sites = _shuffled(rng, list(world.pops))
    resting = sites.pop() if len(world.pops) >= 8 else ""
    unheard = sites.pop() if len(world.pops) >= 10 else ""
    dark = tuple(sites.pop() for _ in range(2)) if len(world.pops) >= 6 else ()
    troubles: dict[str, Trouble] = {}
    silent: set[str] = set()
    maintenance: dict[str, str] = {}
    quiet = {resting, unheard, *dark} - {""}

    def pick(turn: int, index: int) -> Machine | None:
        """A server that plays no part yet, of the site whose turn it is."""
        free = (
            [one for one in world.at_site(sites[turn % len(sites)]) if one.name not in quiet] if sites else []
        )
        if len(free) < 2:  # whoever watches one server wants to see it alive
            return None
        quiet.add(free[index % len(free)].name)
        return free[index % len(free)]

    if dead := pick(0, 2):
        troubles[dead.device.key] = _DEAD
    if refused := pick(1, 6):
        troubles[refused.device.key] = _REFUSED
    if mended := pick(2, 3):
        maintenance[mended.device.key] = "its fan 2 is being replaced"
        maintenance[f"{Kind.NODE}/{mended.name}"] = "its fan 2 is being replaced"
    if never := pick(2, 8):
        silent.add(never.device.key)
    nodes = [n for n in world.nodes if n not in quiet and world.nodes[n].device.site not in quiet]
    failed = rng.choice(nodes) if nodes else ""
    boxes = [
        b
        for b in world.switches.values()
        if not b.management and b.device.site not in quiet and len(b.wired) > 2
    ]
    wrong = rng.choice(boxes).device.name if boxes else ""
    overlaid = rng.choice(list(world.lines)) if world.lines else ""
    for device in world.fleet.devices:
        if device.site and device.site == resting:
            maintenance[device.key] = "its power feed B is being replaced"
        if unheard and unheard in {device.site, *device.name.split(":")}:
            silent.add(device.key)
    quiet |= {failed} - {""}
    return Standing(
        troubles, frozenset(silent), maintenance, wrong, failed, overlaid, dark, resting, frozenset(quiet)
    )
