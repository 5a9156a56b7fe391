"""A lab of twenty sites that stands still: every state is somewhere in it, and nothing in it comes from chance."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from tui_scripted import MOMENT, Scripted

from microdc.health.model import Device, Fleet, Kind, Place, Reason, Sample, Trouble

TOWNS: tuple[tuple[str, tuple[float, float]], ...] = (
    ("amsterdam", (52.37, 4.90)),
    ("barcelona", (41.39, 2.17)),
    ("berlin", (52.52, 13.40)),
    ("bologna", (44.49, 11.34)),
    ("bremen", (53.08, 8.81)),
    ("campinas", (-22.91, -47.06)),
    ("fortaleza", (-3.73, -38.53)),
    ("geneva", (46.20, 6.14)),
    ("granada", (37.18, -3.60)),
    ("krakow", (50.06, 19.94)),
    ("lisbon", (38.72, -9.14)),
    ("london", (51.51, -0.13)),
    ("lyon", (45.76, 4.84)),
    ("madrid", (40.42, -3.70)),
    ("natal", (-5.79, -35.21)),
    ("oslo", (59.91, 10.75)),
    ("paris", (48.86, 2.35)),
    ("recife", (-8.05, -34.88)),
    ("rennes", (48.12, -1.68)),
    ("zurich", (47.38, 8.54)),
)
SERVERS = 6


def lab(sites: int = 20) -> Scripted:
    """barcelona is degraded by a server, lisbon down, oslo unknown, natal in maintenance; paris deploys, rennes failed to. The pair campinas:recife is cut,

    geneva:lyon loses too much.
    """
    towns = TOWNS[:sites]
    places = tuple(Place(name, f"{name.title()} micro-DC", at, {"r1": 12}) for name, at in towns)
    names = [name for name, _ in towns]
    devices = [device for name in names for device in _site(name)]
    devices += [Device(Kind.PAIR, f"{a}:{b}") for a, b in combinations(names, 2)]
    samples = [sample for device in devices for sample in _told(device)]
    return Scripted(Fleet(places, tuple(devices), "scripted"), samples)


def pair(name: str, *reasons: Reason, facts: dict[str, Any] | None = None, **figures: float) -> Sample:
    """A sample of a pair that is asked for 20 ms, 1 Gbit/s and no loss, and has it."""
    a, _, b = name.partition(":")
    usual = {
        "rtt_asked": 0.02, "rtt_measured": 0.0203, "rate_asked_ab": 1e9, "rate_asked_ba": 1e9, "rate_ab": 120e6,
        "rate_ba": 80e6, "loss_asked_ab": 0.0, "loss_asked_ba": 0.0, "loss_ab": 0.0, "loss_ba": 0.0, "way": 1.0,
    }  # fmt: skip
    told = {"a": a, "b": b, "origin": "backbone geant", "overlay": None, "cut": False, "ways": f"{a}, {b}"}
    return Sample(f"pair/{name}", MOMENT, 0.1, 10.0, None, reasons, usual | figures, told | (facts or {}))


def _site(name: str) -> list[Device]:
    code = name[:3]
    servers = [
        Device(Kind.SERVER, f"{code}-c{n}", name, "r1", n, 1, "compute") for n in range(1, SERVERS + 1)
    ]
    nodes = [Device(Kind.NODE, one.name, name, "r1", one.unit, 1, "compute") for one in servers[:2]]
    return [*servers, Device(Kind.SWITCH, f"{code}-sw1", name, "r1", 12, 1, "leaf"), *nodes]


def _told(device: Device) -> list[Sample]:
    """What a poll tells of a device of this lab; nothing for one of which nobody ever heard."""
    if device.site == "oslo" or "oslo" in device.name.split(":"):
        return []
    if device.site == "lisbon" and device.kind in {Kind.SERVER, Kind.SWITCH}:
        dead = Trouble("unreachable", "no answer from 192.0.2.7")
        return [Sample(device.key, MOMENT - 1, 1.0, 10.0, dead), Sample(device.key, MOMENT, 1.0, 10.0, dead)]
    kept = "the racks are moved" if device.site == "natal" else ""
    match device.kind:
        case Kind.SERVER:
            figures = {
                "power_state": 1.0,
                "draw_watts": 200.0 + 5.0 * len(device.site),
                "inlet_celsius": 24.0,
            }
            hot = device.name == "bar-c3"
            reasons = (Reason("degraded", "inlet at 41 °C, warning above 35 °C", "Inlet"),) if hot else ()
            return [Sample(device.key, MOMENT, 0.1, 10.0, None, reasons, figures, {"power": "on"}, kept)]
        case Kind.SWITCH:
            return [
                Sample(
                    device.key,
                    MOMENT,
                    0.1,
                    10.0,
                    figures={"in_bits": 3.2e9, "ports_up": 8.0},
                    maintenance=kept,
                )
            ]
        case Kind.NODE:
            return [_node(device, kept)]
        case _:
            return [_pair(device.name)]


def _node(device: Device, kept: str) -> Sample:
    figures, facts = {"progress": 1.0, "attempt": 1.0}, {"state": "active", "phase": ""}
    reasons: tuple[Reason, ...] = ()
    if device.name == "par-c1":
        figures, facts = {"progress": 0.37, "attempt": 1.0}, {"state": "deploying", "phase": "work"}
    elif device.name == "ren-c2":
        facts = {"state": "failed", "phase": "dhcp"}
        reasons = (Reason("degraded", "no answer to DHCP: the cable of nic1 is in the wrong port", "dhcp"),)
    return Sample(device.key, MOMENT, 0.01, 2.0, None, reasons, figures, facts, kept)


def _pair(name: str) -> Sample:
    if name == "campinas:recife":
        cut = Reason("down", "all its ways are cut")
        return pair(
            name,
            cut,
            facts={"cut": True, "ways": "none", "overlay": "cut-7"},
            way=0.0,
            loss_ab=1.0,
            loss_ba=1.0,
        )
    if name == "geneva:lyon":
        lossy = Reason("degraded", "2.1 % is lost where 0.1 % is asked", "loss geneva to lyon")
        return pair(
            name, lossy, facts={"overlay": "lte-3"}, loss_asked_ab=0.001, loss_ab=0.021, rate_ab=970e6
        )
    return pair(name)
