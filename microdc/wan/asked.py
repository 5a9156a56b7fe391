"""What the inventory asks of each direction of each pair."""

from __future__ import annotations

from collections.abc import Collection

from microdc.testbed.model import PairWan, Testbed
from microdc.wan.model import AccessLine, Asked, Direction
from microdc.wan.paths import Path, Paths
from microdc.wan.profile import Library, Profile


def asked(testbed: Testbed, library: Library, cuts: Collection[str] = ()) -> dict[Direction, Asked]:
    """Every direction that the inventory says something about.

    A pair's profile holds end to end, as it is. A pair's backbone goes from PoP to PoP: both sites' access lines are
    added, the sender's up and the receiver's down. Where the way goes over a topology it is worked out, without the links that are
    cut. Raises InputError for an unknown profile or PoP, and where there is no way.
    """
    paths = Paths(testbed, library, cuts)
    return {direction: value for pair in testbed.pairs for direction, value in of_pair(paths, pair).items()}


def lines(testbed: Testbed, library: Library) -> dict[str, AccessLine]:
    """The access lines that have a rate, by site: of the sites with a pair that goes over them. Raises InputError for an unknown profile."""
    sharing = {name for pair in testbed.pairs if not pair.profile for name in (pair.a, pair.b)}
    found = {}
    for site in testbed.sites.values():
        if site.access and site.name in sharing:
            line = library[site.access]
            found[site.name] = AccessLine(line.up.rate, line.up.buffer, line.down.rate)
    return {name: line for name, line in found.items() if line != AccessLine()}


def of_pair(paths: Paths, pair: PairWan) -> dict[Direction, Asked]:
    """Both directions of a pair."""
    forth = Direction(pair.a, pair.b)
    if pair.topology:
        return paths.asked(pair)
    if pair.profile:
        return of_profile(paths.library[pair.profile], forth)
    path = paths.path(pair)
    return {
        forth: Asked(path.forth, _words(path), shared=True),
        forth.reverse: Asked(path.back, _words(path.reverse()), shared=True),
    }


def of_profile(profile: Profile, forth: Direction) -> dict[Direction, Asked]:
    """A profile laid on a pair: its up is the direction named, its down the other."""
    return {
        forth: Asked(profile.up, profile.name),
        forth.reverse: Asked(profile.down, profile.name),
    }


def _words(path: Path) -> str:
    return " + ".join(hop.name for hop in path.hops)
