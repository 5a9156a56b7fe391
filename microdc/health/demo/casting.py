"""Who plays what in the demo's story: the troubles that are there from the beginning. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from microdc.health.demo.building import Machine, World
from microdc.health.model import Kind, Trouble

T = TypeVar("T")

DEAD = Trouble(
    "unreachable",
    "no answer on port 443: connection timed out",
    hint="is its BMC plugged in? a cold start of the server resets it",
)
_REFUSED = Trouble(
    "refused",
    "the BMC refuses user microdc: 401 Unauthorized",
    hint="check `credentials` in the site's document",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is so from the beginning. troubles, unheard, maintenance: by the keys of devices.

    wrong: a switch with two cables that changed places; failed: a node whose deployment did; overlaid: a pair with a profile over it; dark: sites that are cut
    off now and then; resting: a site in maintenance; each "" where the fleet is too small for it. quiet: servers and sites to which nothing else happens.
    """

    troubles: Mapping[str, Trouble]
    unheard: frozenset[str]
    maintenance: Mapping[str, str]
    wrong: str
    failed: str
    overlaid: str
    dark: tuple[str, ...]
    resting: str
    quiet: frozenset[str]


def shuffled(rng: random.Random, items: Sequence[T]) -> list[T]:
    """The same in another order."""
    return rng.sample(items, len(items))


def cast(world: World, rng: random.Random) -> Standing:
    """Who plays what: of small fleets only what leaves something that is well."""
    sites = shuffled(rng, list(world.pops))
    resting = sites.pop() if len(world.pops) >= 8 else ""
    unheard = sites.pop() if len(world.pops) >= 10 else ""
    dark = tuple(sites.pop() for _ in range(2)) if len(world.pops) >= 6 else ()
    troubles: dict[str, Trouble] = {}
    silent: set[str] = set()
    maintenance: dict[str, str] = {}
    quiet = {resting, unheard, *dark} - {""}

    def pick(turn: int, index: int) -> Machine | None:
        """A server that plays no part yet, of the site whose turn it is."""
        site = sites[turn % len(sites)] if sites else ""
        free = [one for one in world.at_site(site) if one.name not in quiet]
        if len(free) < 2:  # whoever watches one server wants to see it alive
            return None
        quiet.add(free[index % len(free)].name)
        return free[index % len(free)]

    if dead := pick(0, 2):
        troubles[dead.device.key] = DEAD
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
