"""What the runner tells of nodes: steps for whoever watches, and evidence for whoever asks later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from microdc.deploy.model import Phase
from microdc.deploy.pacing import Moved, remaining
from microdc.deploy.records import seen_row
from microdc.deploy.reporting import Ended
from microdc.deploy.tracking import Track
from microdc.events import Step
from microdc.store.nodes import Nodes


@dataclass(slots=True)
class Teller:
    """What is to be told next, and how long phases took."""

    testbed: str
    nodes: Nodes
    _steps: list[Step] = field(default_factory=list)
    _spent: dict[Phase, list[float]] = field(default_factory=lambda: defaultdict(list))

    def told(self) -> Iterator[Step]:
        """What was to be told, once."""
        while self._steps:
            yield self._steps.pop(0)

    def note(self, track: Track, kind: str, text: str, now: datetime, **data: object) -> None:
        """Keeps what the runner did or learned as evidence."""
        evidence = track.note(kind, text, now, data)
        self.nodes.add(self.testbed, [seen_row(evidence, track.record.site)])

    def spent(self, track: Track, now: datetime) -> None:
        """Learns how long the phase took that a node leaves."""
        record = track.record
        if record.phase is not None and record.since is not None:
            self._spent[record.phase].append((now - record.since).total_seconds())

    def step(
        self,
        track: Track,
        state: Literal["started", "progress"],
        detail: str,
        now: datetime,
        *,
        done: int | None = None,
        total: int | None = None,
    ) -> None:
        """Tells that a node is in its phase, and how far. done, total: bytes, where it is not the writing of its disk."""
        record, progress = track.record, track.sight.progress
        if done is None and progress is not None and record.phase is Phase.WORK:
            done, total = progress.done, progress.total
        step = Moved(
            f"{track.name}: {record.phase}",
            state,
            detail,
            done,
            total,
            "bytes" if total is not None else "",
            node=track.name,
            record=replace(record, progress=progress or record.progress),
            eta=remaining(record, progress, now, self._spent),
        )
        self._steps.append(step)

    def site(self, name: str, problem: str) -> None:
        """Tells what is wrong at a site."""
        self._steps.append(Step(name, "failed", problem))

    def end(self, track: Track, ended: Ended, what: str) -> None:
        """Ends the run of a node, and tells it."""
        track.ended, track.what = ended, what
        told = f"is {track.record.state}" + (f": {what}" if what else "")
        if ended == "left":
            told = f"goes on unwatched: {what}"
        state: Literal["done", "failed"] = "done" if ended == "done" else "failed"
        self._steps.append(Moved(track.name, state, told, node=track.name, record=track.record))
