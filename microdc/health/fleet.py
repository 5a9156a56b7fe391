"""From the inventory to what is watched. Of documents with mistakes, all that could be read. Pure, but for topologies that are read when they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from microdc.errors import MicrodcError
from microdc.health.model import Device, Fleet, Kind, Place
from microdc.health.reducing import sites_of
from microdc.testbed.model import Server, Site, Switch, Testbed
from microdc.testbed.servers import servers
from microdc.testbed.shapers import shapers
from microdc.topology.model import Topology


def fleet_of(
    testbed: Testbed | None,
    *,
    atlas: Mapping[str, Topology] | None = None,
    nodes: Collection[str] | None = None,
    origin: str = "",
    problems: Iterable[str] = (),
) -> Fleet:
    """The sites and devices of a testbed; None: nothing could be read of it, and `problems` says why.

    atlas: the topologies, which tell where sites are. nodes: the names of those that are watched; None: all servers that declare how they are
    deployed. origin: where the inventory is, for people.
    """
    if testbed is None:
        return Fleet(origin=origin, problems=tuple(problems))
    places = tuple(
        Place(
            site.name,
            site.title,
            _position(site, atlas or {}),
            {name: rack.height for name, rack in site.racks.items()},
        )
        for site in testbed.sites.values()
    )
    return Fleet(places, tuple(_devices(testbed, nodes)), origin, tuple(problems))


def _position(site: Site, atlas: Mapping[str, Topology]) -> tuple[float, float] | None:
    """Of the first of its PoPs whose place is known."""
    for pop in site.pops:
        try:
            found = atlas[pop.partition("/")[0]].pops.get(pop)
        except (MicrodcError, KeyError):
            continue
        if found is not None and found.at is not None:
            return found.at
    return None


def _devices(testbed: Testbed, nodes: Collection[str] | None) -> Iterator[Device]:
    every = list(servers(testbed))
    for site in testbed.sites.values():
        for rack in site.racks.values():
            yield from (_mounted(Kind.SWITCH, switch) for switch in rack.switches.values())
            yield from (_mounted(Kind.SERVER, server) for server in rack.servers.values())
    for server in every:
        if server.name in nodes if nodes is not None else server.deploy is not None:
            yield _mounted(Kind.NODE, server)
    homes = {server.name: server.site for server in every}
    for shaper in shapers(testbed):
        yield Device(Kind.SHAPER, shaper.name, "" if shaper.name in testbed.emulators else homes[shaper.name])
    for pair in testbed.pairs:
        if all(name in testbed.sites and testbed.sites[name].joined for name in (pair.a, pair.b)):
            yield Device(Kind.PAIR, f"{pair.a}:{pair.b}")


def _mounted(kind: Kind, device: Server | Switch) -> Device:
    return Device(
        kind, device.name, device.site, device.rack, device.unit, device.height, device.role, device.labels
    )


def fleet_with(fleet: Fleet, devices: Collection[str]) -> Fleet:
    """The same with these devices only, by their keys, and the sites that they count for."""
    kept = tuple(one for one in fleet.devices if one.key in devices)
    names = {site for one in kept for site in sites_of(one)}
    return replace(fleet, sites=tuple(one for one in fleet.sites if one.name in names), devices=kept)
