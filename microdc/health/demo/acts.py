"""What whoever plays with the demo did to it: power, overlays, cuts, deployments, leases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from microdc.health.demo.nodes import Move

ME = "you"
"""Whose acts they are."""
OFF_AFTER, ON_AFTER, BACK_AFTER = 4.0, 3.0, 8.0
"""Seconds from the act until a server is off, is on, and is on again."""


@dataclass(frozen=True, slots=True)
class Laid:
    """An overlay. pairs, cuts: names of pairs; profile "" where it is a cut. Times are Unix seconds; until None: it stays until it is taken away."""

    ident: str
    owner: str
    reason: str
    pairs: tuple[str, ...]
    profile: str
    cuts: tuple[str, ...]
    made: float
    until: float | None
    ended: float | None = None

    def holds(self, at: float) -> bool:
        return (
            self.made <= at
            and (self.until is None or at < self.until)
            and (self.ended is None or at < self.ended)
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A lease. maintenance: of which kind. Times are Unix seconds."""

    ident: int
    resource: str
    holder: str
    reason: str
    begins: float
    ends: float
    taken: float
    maintenance: bool = False
    ended_by: str = ""
    released: float | None = None

    def state(self, at: float) -> str:
        """In the words of the store."""
        if self.released is not None and at >= self.released:
            return "released" if self.ended_by in {"", self.holder} else "forced"
        if at < self.begins:
            return "planned"
        return "held" if at < self.ends else "expired"


class Acts:
    """All that was done, in order. Whoever calls it holds the demo's lock."""

    def __init__(self) -> None:
        self.laid: list[Laid] = []
        self.held: list[Held] = []
        self._powers: dict[str, list[tuple[float, str]]] = {}
        self._moves: dict[str, list[Move]] = {}
        self._kept: dict[str, list[tuple[float, str]]] = {}
        self._boots: dict[str, list[tuple[float, str]]] = {}
        self._numbers = 100
        self.changes = 0
        """Grows with each act that changes what is sampled."""
        self.touched: set[str] = set()
        """Servers whose boot was set, or that were deployed."""

    def number(self) -> int:
        """One that was not used yet."""
        self._numbers += 1
        return self._numbers

    # -- power and boot

    def power(self, name: str, act: str, at: float) -> None:
        """on, off, cycle or reset; what the BMC says follows some seconds later."""
        self.changes += 1
        steps = self._powers.setdefault(name, [])
        if act == "on":
            steps += [(at, "powering on"), (at + ON_AFTER, "on")]
        elif act == "off":
            steps += [(at, "powering off"), (at + OFF_AFTER, "off")]
        elif act == "cycle":
            steps += [(at, "powering off"), (at + OFF_AFTER, "off"), (at + BACK_AFTER, "on")]

    def powers(self, at: float) -> dict[str, str]:
        """The power states that acts led to, by server."""
        every = {name: _last(steps, at) for name, steps in self._powers.items()}
        return {name: power for name, power in every.items() if power}

    def boot(self, name: str, target: str, at: float) -> None:
        """Sets what a server boots from next; `none` takes it away."""
        self.changes += 1
        self.touched.add(name)
        self._boots.setdefault(name, []).append((at, target))

    def boot_of(self, name: str, at: float) -> str:
        """The override that was set, "" where none was."""
        return _last(self._boots[name], at) if name in self._boots else ""

    # -- nodes

    def move(self, name: str, at: float) -> Move:
        """Begins a deployment."""
        self.changes += 1
        self.touched.add(name)
        earlier = self._moves.setdefault(name, [])
        earlier.append(Move(at, self.number(), len(earlier) + 1))
        return earlier[-1]

    def move_of(self, name: str, at: float) -> Move | None:
        """The deployment that was begun last."""
        if name not in self._moves:
            return None
        return next((one for one in reversed(self._moves[name]) if one.began <= at), None)

    def abort(self, name: str, move: Move, at: float) -> None:
        """Ends a deployment, whoever began it."""
        self._moves.setdefault(name, []).append(replace(move, aborted=at))

    def keep(self, key: str, why: str, at: float) -> None:
        """Takes a node (by its device's key) out; back where `why` is "-"."""
        self._kept.setdefault(key, []).append((at, why))

    def kept(self, key: str, at: float) -> str:
        """Why a node was taken out; "-" where it was taken back, "" where nobody did anything."""
        return _last(self._kept[key], at) if key in self._kept else ""

    # -- the WAN

    def lay(self, laid: Laid) -> Laid:
        """Puts an overlay on top; gives it its name."""
        named = replace(laid, ident=f"o{len(self.laid) + 1}")
        self.laid.append(named)
        self.changes += 1
        return named

    def take_away(self, ident: str, at: float) -> bool:
        """Whether there was one that held."""
        for index, one in enumerate(self.laid):
            if one.ident == ident and one.holds(at):
                self.laid[index] = replace(one, ended=at)
                self.changes += 1
                return True
        return False

    def holding(self, at: float) -> list[Laid]:
        """The overlays that hold, the topmost last."""
        return [one for one in self.laid if one.holds(at)]

    # -- leases

    def hold(self, held: Held) -> Held:
        """Takes a lease; gives it its number."""
        numbered = replace(held, ident=len(self.held) + 1)
        self.held.append(numbered)
        return numbered

    def release(self, resources: Sequence[str], by: str, at: float) -> list[Held]:
        """Ends leases; all of `by` where no resource is named."""
        ended = []
        for index, one in enumerate(self.held):
            meant = one.resource in resources if resources else one.holder == by
            if meant and one.state(at) in {"held", "planned"}:
                self.held[index] = replace(one, released=at, ended_by=by)
                ended.append(self.held[index])
        return ended


def _last(steps: Sequence[tuple[float, str]], at: float) -> str:
    return next((what for when, what in reversed(steps) if when <= at), "")
