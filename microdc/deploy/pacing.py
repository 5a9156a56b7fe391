"""How long a move still takes, as far as that can be said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from microdc.deploy.lifecycle import ORDER, phases
from microdc.deploy.model import NodeRecord, Phase, Progress
from microdc.events import Step

TYPICAL: Mapping[Phase, float] = {
    Phase.PREPARE: 5.0,
    Phase.POWER: 20.0,
    Phase.FIRMWARE: 60.0,
    Phase.DHCP: 5.0,
    Phase.LOADER: 5.0,
    Phase.KERNEL: 10.0,
    Phase.RAMDISK: 20.0,
    Phase.WORK: 60.0,
    Phase.CONFIGURE: 15.0,
    Phase.FIRST_BOOT: 90.0,
    Phase.VERIFY: 5.0,
}
"""Seconds that a phase takes before any was seen. A guess; those of the run's other nodes replace it."""


@dataclass(frozen=True, slots=True)
class Moved(Step):
    """A step of a node's move. node: its name; record: as it is now; eta: seconds until it is done, None where that cannot be said."""

    node: str = ""
    record: NodeRecord | None = None
    eta: float | None = None


def remaining(
    record: NodeRecord, progress: Progress | None, now: datetime, seen: Mapping[Phase, Sequence[float]]
) -> float | None:
    """Seconds until the move is done. seen: how long each phase took of others."""
    if record.phase is None or record.action is None or record.since is None:
        return None
    usual = {phase: median(seen[phase]) if seen.get(phase) else TYPICAL[phase] for phase in Phase}
    here = record.phase
    after = sum(usual[phase] for phase in phases(record.action) if ORDER[phase] > ORDER[here])
    if here is Phase.WORK and progress is not None and progress.rate:
        return after + max(0.0, (progress.total - progress.done) / progress.rate)
    spent = (now - record.since).total_seconds()
    return after + max(0.0, usual[here] - spent)
