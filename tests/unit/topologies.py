"""Small topologies for tests: files written from text; and what their lengths alone say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from microdc.topology.model import Topology

RING = """
topology: ring
description: Four PoPs in a ring, a fifth behind one of them
source: made up
sources: {survey: a survey}
route_factor: 1.2
pops:
  north: {at: [50, 0], title: North}
  east: {at: [48, 4]}
  south: {at: [46, 0]}
  west: {at: [48, -4]}
  lone: {at: [44, 0]}
links:
  - {between: [north, east], rtt: 8ms, capacity: 10gbit, source: survey}
  - {between: [east, south], rtt: 8ms, capacity: 1gbit}
  - {between: [south, west], rtt: 8ms, capacity: 10gbit}
  - {between: [west, north], rtt: 9ms, capacity: 10gbit, loss: 1%, jitter: 1ms}
  - {between: [south, lone]}
"""


def write(directory: Path, *texts: str, **changes: str) -> Path:
    """Topology documents in the directory `topologies` of an inventory. changes: what is replaced in each text, by what."""
    place = directory / "topologies"
    place.mkdir(exist_ok=True)
    for text in texts or (RING,):
        for old, new in changes.items():
            text = text.replace(old, new)  # noqa: PLW2901
        name = dedent(text).split("topology: ", 1)[1].split()[0]
        (place / f"{name}.yaml").write_text(dedent(text).lstrip("\n"), "utf-8")
    return place


def lengths_only(topology: Topology) -> Topology:
    """The same with measured delays left out wherever one can be derived."""
    links = {
        name: replace(link, measured=None) if link.derived is not None else link
        for name, link in topology.links.items()
    }
    return replace(topology, links=links)
