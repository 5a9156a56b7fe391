"""What the demo is at one moment: the world as it was built, its story, and what was done to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from microdc.errors import InputError
from microdc.health.demo import servers, switches, wan
from microdc.health.demo.acts import Acts, Held, Laid
from microdc.health.demo.building import Line, Machine, SwitchBox, World
from microdc.health.demo.journal import Journal
from microdc.health.demo.nodes import Move, phase_at
from microdc.health.demo.story import AGAIN, DARK, Scene, Story
from microdc.health.model import Device, Trouble

_EARLY = frozenset({"prepare", "power", "firmware", "dhcp", "loader", "kernel", "ramdisk"})


@dataclass(frozen=True, slots=True)
class Moment:
    """What holds at one moment. off: the servers that are; powers: what acts made of the power of servers. touched: servers that are not as

    usual, but for the heat of their racks. overlays: the topmost last.
    """

    scene: Scene
    powers: Mapping[str, str]
    off: frozenset[str]
    touched: frozenset[str]
    overlays: tuple[Laid, ...]
    cuts: frozenset[str]


class State:
    """begun: Unix seconds. Asked for a moment, it works out what holds; nothing in it moves by itself."""

    def __init__(self, world: World, seed: int, begun: float) -> None:
        self.world = world
        self.begun = begun
        self.story = Story(world, seed)
        self.standing = self.story.standing
        self.acts = Acts()
        self.journal = Journal(self.story, begun)
        self._moment: tuple[float, int, Moment] | None = None
        self._spares = frozenset(
            name for name, one in world.machines.items() if name not in world.nodes and one.phases[0] > 0.93
        )
        self._old = {name: self._before(name, one) for name, one in world.nodes.items()}
        prepare(self)

    def moment(self, at: float) -> Moment:
        """What holds. The last one is kept: all devices ask for the same."""
        kept, done = self._moment, self.acts.changes
        if kept is not None and kept[0] == at and kept[1] == done:
            return kept[2]
        scene = self.story.at(max(0.0, at - self.begun))
        powers = self.acts.powers(at)
        dead = {name for name in (self._spares | scene.crashed) if name not in powers}
        off = dead | {name for name, power in powers.items() if power == "off"}
        overlays = tuple(self.acts.holding(at))
        cuts = scene.cuts.union(*(one.cuts for one in overlays))
        touched = frozenset(off.union(powers, scene.fans, scene.waves, self.acts.touched))
        found = Moment(scene, powers, frozenset(off), touched, overlays, frozenset(cuts))
        self._moment = (at, done, found)
        return found

    def trouble(self, key: str, site: str, at: float) -> Trouble | None:
        """Why a device does not answer."""
        scene = self.moment(at).scene
        if site in scene.dark:
            return DARK
        return scene.troubles.get(key) or self.standing.troubles.get(key)

    def maintenance(self, key: str, at: float) -> str:
        """Why nobody is to be alarmed by a device."""
        done = self.acts.kept(key, at)
        if done:
            return "" if done == "-" else done
        return self.standing.maintenance.get(key, "")

    def server(self, machine: Machine, at: float) -> servers.Mood:
        """What is done to a server."""
        now, name = self.moment(at), machine.name
        scene = now.scene
        if name not in now.touched and not scene.heat:
            return servers.USUAL
        power = now.powers.get(name) or ("off" if name in now.off else "on")
        crashed = power == "off" and name in scene.crashed and name not in now.powers
        boot = self.acts.boot_of(name, at)
        if not boot and (name in scene.waves or (name in self._old and self.acts.move_of(name, at))):
            boot = "pxe" if phase_at(self.move(name, at), at)[0] in _EARLY else ""
        heat = scene.heat.get((machine.device.site, machine.device.rack), 0.0) if scene.heat else 0.0
        return servers.Mood(power, heat, scene.fans.get(name, 0.0), crashed, boot or "none")

    def switch(self, box: SwitchBox, at: float) -> switches.Mood:
        """What is done to a switch."""
        now, name = self.moment(at), box.device.name
        event = now.scene.flapping.get(name)
        off = [] if box.management else [n for n, machine in box.wired.items() if machine.name in now.off]
        flapping = None if event is None else now.scene.t - event.start
        return switches.Mood(flapping, name == self.standing.wrong, frozenset(off))

    def line(self, line: Line, at: float, without: Collection[str] = ()) -> wan.Mood:
        """What is done to a pair. without: lines that are cut besides."""
        now, name = self.moment(at), line.device.name
        cuts = now.cuts.union(without) if without else now.cuts
        scene = now.scene
        top = next((one for one in reversed(now.overlays) if name in one.pairs or name in one.cuts), None)
        ways: tuple[str, ...] | None = ()
        rtt = line.rtt
        if name in cuts or line.a in scene.dark or line.b in scene.dark:
            ways, rtt = wan.way(self.world, line.a, line.b, cuts, scene.dark) or (None, 0.0)
        return wan.Mood(
            ways,
            rtt,
            top.profile if top else "",
            top.ident if top else "",
            name in scene.congested,
            name in scene.drifted,
        )

    def move(self, name: str, at: float) -> Move:
        """The deployment that made a node what it is, or does so now."""
        done = self.acts.move_of(name, at)
        event = self.moment(at).scene.waves.get(name)
        if event is None:
            return done or self._old[name]
        began, number = self.begun + event.start, 40 + int(event.start)
        told = Move(began, number, 1, event.other)
        if event.other and at >= began + AGAIN:
            told = Move(began + AGAIN, number + 1, 2)
        return done if done is not None and done.began >= told.began else told

    def _before(self, name: str, machine: Machine) -> Move:
        """The deployment that ended before anybody looked."""
        if name == self.standing.failed:
            return Move(self.begun - 400.0, 31, 1, "dhcp")
        return Move(self.begun - 86_400.0 * (2 + 30 * round(machine.phases[1], 2)), 1 + machine.port)

    # -- names. Each raises InputError for one that there is not.

    def machines(self, name: str) -> list[Machine]:
        """The servers of this name, path, rack or site."""
        return _meant(self.world.machines, name, "server")

    def boxes(self, name: str) -> list[SwitchBox]:
        """The switches of this name, path, rack or site."""
        return _meant(self.world.switches, name, "switch")

    def nodes(self, name: str) -> list[Machine]:
        """The nodes of this name, path, rack or site."""
        return _meant(self.world.nodes, name, "node")

    def pair(self, name: str) -> Line:
        """A pair `a:b`, or `b:a`."""
        a, _, b = name.partition(":")
        found = self.world.lines.get(name) or self.world.lines.get(f"{b}:{a}")
        if found is None:
            raise InputError(f"no line of the demo joins {name!r}", hint=_such(self.world.lines))
        return found


class _Mounted(Protocol):
    """Something in a rack."""

    @property
    def device(self) -> Device: ...


M = TypeVar("M", bound=_Mounted)


def _meant(among: Mapping[str, M], name: str, kind: str) -> list[M]:
    if name in among:
        return [among[name]]
    site, _, rest = name.partition("/")
    rack, _, last = rest.partition("/")
    found = [
        one
        for one in among.values()
        if one.device.site == site and rack in {"", one.device.rack} and last in {"", one.device.name}
    ]
    if not found:
        raise InputError(f"there is no {kind} {name!r} in the demo", hint=_such(among))
    return found


def _such(among: Mapping[str, object]) -> str:
    return f"such as {next(iter(among), 'none')}"


def prepare(state: State) -> None:
    """What was laid and taken before anybody looked."""
    begun, acts, standing, journal = state.begun, state.acts, state.standing, state.journal
    if standing.resting:
        where, early = f"site:{standing.resting}", begun - 90_000.0
        why = "new power feed B"
        acts.hold(Held(0, where, "joão", why, begun - 1800.0, begun + 10_800.0, early, maintenance=True))
        journal.note("lease", f"maintenance of {where}", early, "joão")
    if standing.overlaid:
        made = begun - 5400.0
        pairs = (standing.overlaid,)
        acts.lay(Laid("", "ana", "fog on a phone network", pairs, "lte", (), made, begun + 7200.0))
        journal.note("apply", f"lte over {standing.overlaid}", made, "ana", seconds=1.9)
    first = next(iter(state.world.pops))
    rack = f"rack:{first}/r1"
    acts.hold(Held(0, rack, "ci", "acceptance run 1184", begun - 600.0, begun + 3000.0, begun - 600.0))
    journal.note("lease", f"{rack} taken for 1 h", begun - 600.0, "ci")
    if standing.failed:
        journal.note(
            "deploy", f"deploy {standing.failed}", begun - 400.0, "ana", seconds=44.0, outcome="failed"
        )
