"""What no single document can tell: names that refer to each other, and networks that must not overlap. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from microdc.documents.check import nearest
from microdc.documents.model import Problem, Where
from microdc.documents.site import SiteDocument
from microdc.testbed.edges import is_joined
from microdc.testbed.files import Files, Source
from microdc.testbed.model import Network


def check_sites(files: Files) -> Iterator[Problem]:
    """Each site is described once, and probed inside its own networks."""
    first: dict[str, Source[SiteDocument]] = {}
    for source in files.sites:
        name = source.record.site
        if name in first:
            yield Problem(
                source.where("site"),
                f"site {name!r} is described twice",
                f"first in {first[name].where('site')}",
            )
        first.setdefault(name, source)
        yield from _probe(source)


def _probe(source: Source[SiteDocument]) -> Iterator[Problem]:
    site = source.record
    data = site.networks.get("data", [])
    if is_joined(source) and not data:
        yield Problem(
            source.where("networks"),
            "a site in the WAN needs networks.data",
            "the WAN tells the sites' packets apart by it",
        )
    elif site.probe_ip is not None and not any(site.probe_ip in network for network in data):
        networks = ", ".join(map(str, data)) or "none"
        yield Problem(
            source.where("probe_ip"),
            f"{site.probe_ip} is in no data network of the site",
            f"its data networks: {networks}",
        )


def check_uplinks(files: Files) -> Iterator[Problem]:
    """Every uplink ends in an interface of a known emulator, its own, whose MTU is large enough."""
    if files.testbed is None:
        return
    emulators = files.testbed.record.emulators
    for name in emulators.keys() & files.site_names:
        yield Problem(
            files.testbed.where("emulators", name),
            f"{name!r} is the name of a site too",
            "rename one of them",
        )
    taken: dict[tuple[str, str], Source[SiteDocument]] = {}
    for source in files.sites:
        site, uplink = source.record, source.record.uplink
        if uplink is None:
            continue
        if uplink.emulator not in emulators:
            hint = nearest(uplink.emulator, emulators) or f"add it to {files.testbed.document.file.name}"
            yield Problem(source.where("uplink", "emulator"), f"unknown emulator {uplink.emulator!r}", hint)
            continue
        other = taken.setdefault((uplink.emulator, uplink.interface), source)
        if other is not source and other.record.site != site.site:
            what = f"interface {uplink.interface} of {uplink.emulator} is the uplink of {other.record.site} already"
            yield Problem(
                source.where("uplink", "interface"), what, f"see {other.where('uplink', 'interface')}"
            )
        mtu = emulators[uplink.emulator].mtu
        if site.mtu > mtu:
            what = f"the MTU of the site, {site.mtu}, is larger than that of its emulator {uplink.emulator}, {mtu}"
            yield Problem(
                source.where("mtu"), what, "larger packets would be lost: lower the one or raise the other"
            )


def check_pairs(files: Files) -> Iterator[Problem]:
    """Every pair joins two different, known sites of the WAN, and is named once."""
    if files.testbed is None:
        return
    apart = {source.record.site for source in files.sites if not is_joined(source)}
    first: dict[frozenset[str], int] = {}
    for index, pair in enumerate(files.testbed.record.wan.pairs):
        path = ("wan", "pairs", index, "between")
        where, key = files.testbed.where(*path), frozenset(pair.between)
        for end, name in enumerate(pair.between):
            yield from _pair_end(files, files.testbed.where(*path, end), name)
            if name in apart:
                yield Problem(
                    files.testbed.where(*path, end),
                    f"site {name!r} is not in the WAN",
                    "add `uplink` to it, or `edge` to its servers",
                )
        if len(key) == 1:
            yield Problem(where, f"the pair joins {pair.between[0]} with itself", "name two different sites")
        elif key in first:
            before = files.testbed.where("wan", "pairs", first[key])
            yield Problem(
                where, f"the pair {' - '.join(pair.between)} is named twice", f"first on line {before.line}"
            )
        first.setdefault(key, index)


def check_pops(files: Files) -> Iterator[Problem]:
    """Where both sites of a pair have PoPs, one topology has both."""
    if files.testbed is None or files.testbed.record.wan.topology:
        return
    named = {frozenset(pair.between) for pair in files.testbed.record.wan.pairs}
    joined = [source for source in files.sites if source.record.pop and is_joined(source)]
    told: set[frozenset[str]] = set()
    for one, other in combinations(joined, 2):
        homes = frozenset(pop.partition("/")[0] for s in (one, other) for pop in s.record.pop or ())
        if frozenset((one.record.site, other.record.site)) in named or len(homes) < 2 or homes in told:
            continue
        told.add(homes)
        first, second = sorted(homes)[:2]
        yield Problem(
            other.where("pop"),
            f"{one.record.site} and {other.record.site} hang on different topologies, {first} and {second}",
            "name one that includes both in testbed.yaml: wan: {topology: NAME}",
        )


def _pair_end(files: Files, where: Where, name: str) -> Iterator[Problem]:
    if name not in files.site_names:
        hint = nearest(name, files.site_names) or f"add sites/{name}.yaml"
        yield Problem(where, f"unknown site {name!r}", hint)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A network and the site and line that declare it."""

    network: Network
    source: Source[SiteDocument]
    purpose: str
    index: int

    @property
    def where(self) -> Where:
        return self.source.where("networks", self.purpose, self.index)

    @property
    def order(self) -> tuple[int, int, int]:
        return self.network.version, int(self.network.network_address), self.network.prefixlen

    def holds(self, other: _Placed) -> bool:
        """Whether the other one, which does not start before this one, lies in it."""
        same = self.network.version == other.network.version
        return same and int(other.network.network_address) <= int(self.network.broadcast_address)


def check_networks(files: Files) -> Iterator[Problem]:
    """No two networks of the testbed overlap.

    Networks overlap exactly where one holds the other, so in the order of their addresses it is enough to compare
    each one with the last that was not held by another.
    """
    placed = [
        _Placed(network, source, purpose, index)
        for source in files.sites
        for purpose, networks in source.record.networks.items()
        for index, network in enumerate(networks)
    ]
    outer: _Placed | None = None
    for inner in sorted(placed, key=lambda item: item.order):
        if outer is not None and outer.holds(inner):
            yield _overlap(*sorted((outer, inner), key=placed.index))
        else:
            outer = inner


def _overlap(first: _Placed, second: _Placed) -> Problem:
    owner = first.source.record.site
    whose = "the site's own" if first.source is second.source else f"{owner}'s"
    what = f"{second.network} of {second.source.record.site} overlaps {whose} {first.purpose} network {first.network}"
    return Problem(second.where, what, f"see {first.where}")
