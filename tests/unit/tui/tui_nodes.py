"""Nodes for tests of the TUI: devices, samples of their lives, and explanations as `microdc deploy explain` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from textual.pilot import Pilot
from tui_scripted import MOMENT, Scripted, fleet
from tui_snapshots import settle

from microdc.health.model import Device, Kind, Sample


def node(name: str, site: str = "here") -> Device:
    return Device(Kind.NODE, name, site, "r1")


def told(name: str, state: str, progress: float | None = None, at: float = MOMENT, **facts: Any) -> Sample:
    """What a poll of the store tells of a node."""
    figures = {} if progress is None else {"progress": progress}
    return Sample(f"node/{name}", at, figures=figures, facts={"state": state, "image": "base", **facts})


def failed(name: str, phase: str, cause: str, text: str) -> Sample:
    return told(name, "failed", phase=phase, failure={"cause": cause, "text": text, "advice": "look"})


def nodes(*samples: Sample, answers: dict[str, Any] | None = None) -> Scripted:
    """A world of the nodes that are told of."""
    names = dict.fromkeys(sample.device.partition("/")[2] for sample in samples)
    return Scripted(fleet(*map(node, names)), samples, answers)


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def line(text: str, at: float | None = MOMENT, source: str = "dhcp", **more: Any) -> dict[str, Any]:
    """A line of a timeline."""
    return {"at": None if at is None else iso(at), "source": source, "text": text, "times": 1, **more}


def cause(word: str, certainty: str, what: str, *commands: str) -> dict[str, Any]:
    tries = [{"what": f"try {number}", "command": command} for number, command in enumerate(commands, 1)]
    return {"cause": word, "certainty": certainty, "what": what, "because": ["it was seen"], "next": tries}


def explained(
    name: str, *causes: dict[str, Any], timeline: Sequence[dict[str, Any]] = (), **more: Any
) -> dict[str, Any]:
    """What `microdc deploy explain NAME -o json` prints."""
    return {
        "node": name,
        "status": f"{name} is where it is",
        "healthy": not causes,
        "diagnoses": list(causes),
        "timeline": list(timeline),
        "left_out": 0,
        "remarks": [],
        **more,
    }


async def leap(pilot: Pilot[int], seconds: float) -> None:
    """Lets the demo be so much later, without all that happened on the way: the last moments are enough for states."""
    world = pilot.app.world  # type: ignore[attr-defined]  # the app is ours
    world.moment += seconds - 3
    for _ in range(3):
        world.pass_time(1.0)
        await settle(pilot)
