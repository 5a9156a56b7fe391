"""A testbed of many sites, each joined to each: over a backbone of many PoPs, behind one emulator."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from itertools import combinations
from pathlib import Path

from microdc.documents.model import Where
from microdc.testbed.model import Emulator, PairWan, Reach, Site, Testbed, Uplink
from microdc.wan.profile import Library, library_of

TOPOLOGY = "intercontinental"
ACCESS = ("", "gpon", "lte")
"""The sites' access lines, in turns."""
MOST = 250
"""Sites: each has a /16 of 10.0.0.0/8."""


def library() -> Library:
    """What ships with microdc."""
    return library_of(Path(__file__).parent / "no-inventory")


def testbed(count: int, known: Library) -> Testbed:
    """Sites at PoPs spread over the backbone, with data networks of both kinds; every pair goes over the backbone."""
    pops = sorted(known.atlas[TOPOLOGY].pops)
    sites = {f"s{i}": _site(i, pops[i * len(pops) // count]) for i in range(count)}
    pairs = tuple(PairWan(a, b, topology=TOPOLOGY) for a, b in combinations(sites, 2))
    where = Where(Path("benchmark"), 1)
    emulators = {"wan1": Emulator("wan1", Reach("local"))}
    return Testbed("benchmark", "", sites, emulators, pairs, lambda *_: where, topology=TOPOLOGY)


def _site(number: int, pop: str) -> Site:
    networks = IPv4Network((10 << 24 | number << 16, 16)), IPv6Network((0xFD00 << 112 | number << 96, 32))
    return Site(
        f"s{number}",
        pops=(pop,),
        access=ACCESS[number % len(ACCESS)],
        uplink=Uplink("wan1", f"wan{number}"),
        networks={"data": networks},
    )
