"""A topology as what its links do to packets: the way between two PoPs, and what adds up along it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from microdc.documents.model import DocumentError, Problem
from microdc.errors import InputError
from microdc.impairment import Impairment
from microdc.topology.geo import light
from microdc.topology.model import Link, Topology
from microdc.topology.routes import Neighbours, Route, Tree, neighbours, shortest
from microdc.units import Delay, format_delay
from microdc.wan.compose import NOTHING, Sums, is_plain, joined, sums
from microdc.wan.direction import buffer_size

if TYPE_CHECKING:
    from microdc.wan.profile import Profile

Both = tuple[Impairment, Impairment]
"""What is done to packets there and back."""
Totals = tuple[Sums, Sums]
"""What adds up there and back."""


class NoWayError(InputError):
    """No links lead from the one PoP to the other."""


@dataclass(slots=True)
class Backbone:
    """A topology whose ways are asked for again and again. profiles: those that its links may name.

    The way is that of least delay there and back, as routing by delay would choose it.
    """

    topology: Topology
    profiles: Mapping[str, Profile]
    _links: dict[str, Both] = field(default_factory=dict)
    _parts: dict[str, Totals | None] = field(default_factory=dict)
    _trees: dict[str, Tree] = field(default_factory=dict)
    _totals: dict[str, Mapping[str, Totals | None]] = field(default_factory=dict)
    _around: Neighbours | None = None

    def link(self, link: Link) -> Both:
        """What a link does from its first PoP to its second, and back. Raises DocumentError for a profile that is none, or cannot be."""
        if link.name not in self._links:
            self._links[link.name] = self._of_profile(link) if link.profile else _of_values(link)
        return self._links[link.name]

    def _of_profile(self, link: Link) -> Both:
        try:
            profile = self.profiles[link.profile]
        except InputError as unknown:
            raise DocumentError([Problem(link.where, f"{link.name}: {unknown.what}", unknown.hint)]) from None
        floor = light(link.great_circle or 0, "radio")
        for side in (profile.up, profile.down):
            if side.owd < floor:
                what = (
                    f"profile {profile.name} has {format_delay(side.owd)} one way, and light takes {floor / 1e6:.3f}ms "
                    f"for the {link.great_circle:.0f} km between {link.a} and {link.b}"
                )
                hint = "no link is faster than light: another profile, or see `at` of both"
                raise DocumentError([Problem(link.where, what, hint)])
        return profile.up, profile.down

    def problems(self) -> list[Problem]:
        """What is wrong with the profiles that links name."""
        found: list[Problem] = []
        for link in self.topology.links.values():
            try:
                self.link(link)
            except DocumentError as error:
                found += error.problems
        return found

    def route(self, a: str, b: str) -> Route:
        """The way from one PoP to another; the same there and back. Raises NoWayError, InputError for an unknown PoP."""
        first, last = sorted((a, b))
        tree = self._tree(first)
        if not tree.reaches(last):
            raise NoWayError(
                f"no links lead from {a} to {b} in {self.topology.name}",
                where=str(self.topology.where),
                hint="it has several parts: join them, or let both sites hang on one",
            )
        return tree.to(last) if first == a else tree.to(last).reverse()

    def along(self, route: Route) -> list[tuple[Link, Both]]:
        """The links of a way, each with what it does onward and back."""
        return [
            (link, self.link(link) if link.a == near else self.link(link)[::-1])
            for near, link in zip(route.pops, route.links, strict=False)
        ]

    def nearest(self, a: Iterable[str], b: Iterable[str]) -> tuple[str, str]:
        """Of the PoPs of two sites the two with the way of least delay, the first named of equals. Raises NoWayError."""
        found = [(self._cost(x, y), n, x, y) for n, (x, y) in enumerate((x, y) for x in a for y in b)]
        costs = [entry for entry in found if entry[0] is not None]
        if not costs:
            _, _, x, y = found[0]
            self.route(x, y)  # raises
        _, _, x, y = min(costs)
        return x, y

    def _cost(self, a: str, b: str) -> int | None:
        first, last = sorted((a, b))
        return self._tree(first).costs.get(last)

    def totals(self, a: str, b: str) -> Totals | None:
        """What adds up from one PoP to another and back; None where a link on the way asks more than adds up.

        Raises NoWayError.
        """
        first, last = (a, b) if a <= b else (b, a)
        known = self._totals.get(first)
        if known is None:
            known = self._totals[first] = self._added_up(self._tree(first))
        if last not in known:
            self.route(a, b)  # raises
        found = known[last]
        return found if found is None or first == a else (found[1], found[0])

    def _added_up(self, tree: Tree) -> dict[str, Totals | None]:
        found: dict[str, Totals | None] = {tree.source: (NOTHING, NOTHING)}
        for pop, (before, link) in tree.before.items():
            so_far, more = found[before], self._plain(link)
            if so_far is None or more is None:
                found[pop] = None
                continue
            onward, return_ = more if link.a == before else (more[1], more[0])
            there = joined(so_far[0], onward)
            same = onward is return_ and so_far[0] is so_far[1]  # then the order makes no difference
            found[pop] = there, there if same else joined(return_, so_far[1])
        return found

    def _plain(self, link: Link) -> Totals | None:
        """What of a link adds up; None where it asks more."""
        if link.name not in self._parts:
            self._parts[link.name] = totals_of(*self.link(link))
        return self._parts[link.name]

    def _tree(self, pop: str) -> Tree:
        if pop not in self._trees:
            if self._around is None:
                self._around = neighbours(self.topology, self._weigh)
            self._trees[pop] = shortest(pop, self._around)
        return self._trees[pop]

    def _weigh(self, link: Link) -> int:
        there, back = self.link(link)
        return (there.owd + back.owd) // 2


def totals_of(there: Impairment, back: Impairment) -> Totals | None:
    """What adds up of two directions; None where one of them asks more than that."""
    if not (is_plain(there) and is_plain(back)):
        return None
    one = sums(there)
    return one, one if back is there else sums(back)


def _of_values(link: Link) -> Both:
    buffer = None if link.capacity is None else buffer_size(link.capacity, None)
    side = Impairment(link.owd or Delay(0), link.jitter, link.loss, link.capacity, buffer)
    return side, side
