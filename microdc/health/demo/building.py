"""What the demo consists of: sites, racks, servers, switches, the lines between the sites. Pure; the same seed builds the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from microdc.health.demo.places import Pop, pops
from microdc.health.model import Device, Fleet, Kind, Place
from microdc.topology.geo import great_circle

PER_RACK = 20
_UNITS = 42
_NODES = 10
"""Of a rack's first servers, those that compute have a deployed life."""
_SHAPERS = {"wan1": "europe", "wan2": "brazil"}
_ALL_PAIRS = 8
"""Sites up to which every two are a pair; beyond, each has its nearest."""
_MOST_PAIRS = 60
_SECONDS_PER_KM = 2 * 1.97 * 4.9e-6
"""There and back; 4.9 us for a km of fibre, 1.97 km of it for a km of great circle: docs/topologies.md."""
_LINES = (1e9, 500e6, 10e9, 1e9)
_MODELS = {
    "control": ("Supermicro", "SYS-110P-WTR", 90.0, 260.0),
    "compute": ("Dell Inc.", "PowerEdge R650", 120.0, 430.0),
    "storage": ("HPE", "ProLiant DL380 Gen11", 160.0, 390.0),
    "gpu": ("Lenovo", "ThinkSystem SR650 V3", 210.0, 980.0),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """A server as it was built. port: its number at both switches of its rack. idle, most: watts. phases: of its own ups and downs, 0..1."""

    device: Device
    port: int
    driver: str
    bmc: str
    maker: str
    model: str
    idle: float
    most: float
    phases: tuple[float, float, float]
    macs: tuple[str, str]

    @property
    def name(self) -> str:
        return self.device.name


@dataclass(frozen=True, slots=True)
class SwitchBox:
    """A switch and what hangs on it. wired: by port number. speed: bit/s of the servers' ports. uplinks: names of its own ports, with their far ends."""

    device: Device
    management: bool
    ports: tuple[str, ...]
    wired: Mapping[int, Machine]
    speed: int
    uplinks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A pair of sites, and the line of the backbone between them. rtt: seconds; forth, back: bit/s."""

    device: Device
    a: str
    b: str
    rtt: float
    forth: float
    back: float
    phases: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class World:
    """All of it, before anything happens. nodes: the servers that have a deployed life."""

    fleet: Fleet
    pops: Mapping[str, Pop]
    machines: Mapping[str, Machine]
    switches: Mapping[str, SwitchBox]
    lines: Mapping[str, Line]
    shapers: Mapping[str, tuple[str, ...]]
    nodes: Mapping[str, Machine]

    def at_site(self, site: str) -> list[Machine]:
        """The servers of a site."""
        return [one for one in self.machines.values() if one.device.site == site]


def build(sites: int, servers: int, seed: int) -> World:
    """A fleet of so many sites with so many servers each."""
    places = pops(sites)
    rng = random.Random(f"{seed}/build")  # noqa: S311  a fleet, no secret
    machines: dict[str, Machine] = {}
    switches: dict[str, SwitchBox] = {}
    for number, pop in enumerate(places, 1):
        for rack, first in enumerate(range(0, max(servers, 1), PER_RACK), 1):
            own = list(_rack(pop, number, rack, range(first, min(first + PER_RACK, servers)), rng))
            machines.update((one.name, one) for one in own)
            switches.update((box.device.name, box) for box in _boxes(pop, rack, own))
    lines = {line.device.name: line for line in _lines(places, rng)}
    shapers = _shapers(places)
    nodes = {
        name: one for name, one in machines.items() if one.device.role == "compute" and one.port <= _NODES
    }
    devices = [
        *(one.device for one in machines.values()),
        *(box.device for box in switches.values()),
        *(Device(Kind.SHAPER, name, role="emulator", labels={"region": _SHAPERS[name]}) for name in shapers),
        *(line.device for line in lines.values()),
        *(_node(one.device) for one in nodes.values()),
    ]
    by_name = {pop.name: pop for pop in places}
    return World(_fleet(places, devices), by_name, machines, switches, lines, shapers, nodes)


def _rack(pop: Pop, site: int, rack: int, numbers: range, rng: random.Random) -> Iterator[Machine]:
    unit = 1
    for port, number in enumerate(numbers, 1):
        role = _role(number)
        maker, model, idle, most = _MODELS[role]
        height = 2 if role in {"storage", "gpu"} else 1
        labels = {"role": role, "owner": ("edge", "cloud", "nren")[number % 3]}
        if number == 1:
            labels["contact"] = "فريق الشبكة"
        if number == 2:
            labels["note"] = "[bold]spare fan in the drawer[/] 🧰"
        name = f"{pop.code}-c{number + 1}"
        device = Device(Kind.SERVER, name, pop.name, f"r{rack}", unit, height, role, labels)
        unit += height
        address = f"10.{100 + site % 100}.{rack}.{10 + port}"
        driver = "ipmi" if number % 7 == 5 else "redfish"
        macs = (_mac(site, number, 1), _mac(site, number, 2))
        phases = (rng.random(), rng.random(), rng.random())
        bmc = f"https://{address}" if driver == "redfish" else address
        yield Machine(device, port, driver, bmc, maker, model, idle, most, phases, macs)


def _role(number: int) -> str:
    if number == 0:
        return "control"
    if number % 10 == 9:
        return "gpu"
    return "storage" if number % 5 == 4 else "compute"


def _mac(site: int, number: int, nic: int) -> str:
    return f"52:54:{nic:02x}:{site & 0xFF:02x}:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}"


def _boxes(pop: Pop, rack: int, own: Sequence[Machine]) -> Iterator[SwitchBox]:
    """A leaf for data and a switch for management, on top of the rack."""
    wired = {one.port: one for one in own}
    prefix = f"{pop.code}-sw{2 * rack - 1}"
    manager = f"{pop.code}-sw{2 * rack}"
    count = max(24, len(own) + 4)
    names = tuple(f"swp{number}" for number in range(1, count + 1))
    leaf = Device(Kind.SWITCH, prefix, pop.name, f"r{rack}", _UNITS, 1, "leaf", {"role": "leaf"})
    far: tuple[tuple[str, str], ...] = (
        ("swp23", f"{pop.code}-router:xe-0/0/{rack}"),
        ("swp24", f"{manager}:Gi1/0/24"),
    )
    yield SwitchBox(leaf, management=False, ports=names, wired=wired, speed=10_000_000_000, uplinks=far)
    names = tuple(f"Gi1/0/{number}" for number in range(1, count + 1))
    device = Device(
        Kind.SWITCH, manager, pop.name, f"r{rack}", _UNITS - 1, 1, "management", {"role": "management"}
    )
    far = (("Gi1/0/24", f"{prefix}:swp24"),)
    yield SwitchBox(device, management=True, ports=names, wired=wired, speed=1_000_000_000, uplinks=far)


def _lines(places: Sequence[Pop], rng: random.Random) -> Iterator[Line]:
    for a, b in _neighbours(places):
        km = great_circle(a.at, b.at)
        forth, back = _LINES[rng.randrange(4)], _LINES[rng.randrange(4)]
        device = Device(Kind.PAIR, f"{a.name}:{b.name}")
        rtt = round(0.0015 + km * _SECONDS_PER_KM, 5)
        phases = (rng.random(), rng.random(), rng.random())
        yield Line(device, a.name, b.name, rtt, forth, back, phases)


def _neighbours(places: Sequence[Pop]) -> list[tuple[Pop, Pop]]:
    """Every two of a few sites; of many, first what joins them all by the shortest lines, then the nearest that are left."""
    every = sorted(combinations(places, 2), key=lambda two: great_circle(two[0].at, two[1].at))
    if len(places) <= _ALL_PAIRS:
        return sorted(every, key=lambda two: (places.index(two[0]), places.index(two[1])))
    group = {pop: number for number, pop in enumerate(places)}
    chosen, rest = [], []
    for a, b in every:
        if group[a] != group[b]:
            old, new = group[a], group[b]
            group.update({pop: new for pop, number in group.items() if number == old})
            chosen.append((a, b))
        else:
            rest.append((a, b))
    degree = {pop: sum(pop in two for two in chosen) for pop in places}
    for a, b in rest:
        if len(chosen) >= max(_MOST_PAIRS, len(places)):
            break
        if (
            min(degree[a], degree[b]) < 3 or max(degree[a], degree[b]) < 5
        ):  # a second way, not a bundle of the near
            chosen.append((a, b))
            degree[a] += 1
            degree[b] += 1
    order = {pop: number for number, pop in enumerate(places)}
    ordered = [(a, b) if order[a] < order[b] else (b, a) for a, b in chosen]
    return sorted(ordered, key=lambda two: (order[two[0]], order[two[1]]))


def _shapers(places: Sequence[Pop]) -> dict[str, tuple[str, ...]]:
    """The emulators, each with the sites whose lines it shapes."""
    brazil = tuple(pop.name for pop in places if pop.at[0] < 0)
    europe = tuple(pop.name for pop in places if pop.at[0] >= 0)
    return {name: sites for name, sites in zip(_SHAPERS, (europe, brazil), strict=True) if sites}


def _node(server: Device) -> Device:
    """A server in its deployed life."""
    return Device(Kind.NODE, server.name, server.site, server.rack, role=server.role, labels=server.labels)


def _fleet(places: Sequence[Pop], devices: Sequence[Device]) -> Fleet:
    racks: dict[str, dict[str, int]] = {pop.name: {} for pop in places}
    for device in devices:
        if device.kind is Kind.SWITCH:
            racks[device.site][device.rack] = _UNITS
    sites = tuple(Place(pop.name, pop.title, pop.at, racks[pop.name]) for pop in places)
    return Fleet(sites, tuple(devices), "demo")
