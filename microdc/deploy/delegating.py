"""A site whose nodes another engine takes through their moves: it is told what to do, and looked at until it is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from microdc.deploy import lifecycle
from microdc.deploy.model import Failure, NodeRecord, Phase
from microdc.deploy.ports import Backend, Glimpse, Job
from microdc.deploy.records import seen_row
from microdc.deploy.reporting import Ended
from microdc.deploy.sites import SiteAtWork
from microdc.deploy.tracking import Track
from microdc.deploy.working import Happened, Tell
from microdc.errors import MicrodcError, UnreachableError

_BETWEEN = timedelta(seconds=3)
"""Between two looks at a node."""


@dataclass(frozen=True, slots=True)
class Came:
    """What a look came to. record: to be kept, None where nothing is new; ended: how the move ended, and what: in words."""

    record: NodeRecord | None = None
    ended: Ended | None = None
    what: str = ""


@dataclass(slots=True)
class Engine:
    """Another engine while the runner is at it. began: when the run did."""

    site: SiteAtWork
    backend: Backend
    began: datetime
    _next: dict[str, datetime] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _answered: dict[str, datetime] = field(default_factory=dict)

    def tick(self, tracks: Iterable[Track], now: datetime) -> None:
        """Has each node looked at whose time has come."""
        for track in tracks:
            if (
                track.admitted
                and not track.ended
                and not track.busy
                and now >= self._next.get(track.name, now)
            ):
                track.busy = "engine"
                begin = track.name not in self._begun
                work = partial(self._look, job_of(track), begin)
                self.site.shop.hands.give(("engine", self.site.name, track.name), work)

    def _look(self, job: Job, begin: bool, _: Tell) -> Glimpse:  # noqa: FBT001  a piece of work is called with its arguments in a row
        if begin:
            self.backend.begin(job)
        return self.backend.look(job)

    def happened(self, track: Track, happened: Happened, now: datetime) -> Came:
        """Takes in what a look told."""
        track.busy = ""
        self._next[track.name] = now + _BETWEEN
        if happened.error is not None:
            return self._failed(track, happened.error, now)
        self._begun.add(track.name)
        self._answered[track.name] = now
        glimpse: Glimpse = happened.value
        shop = self.site.shop
        if glimpse.evidence:
            shop.nodes.add(shop.testbed, [seen_row(item, self.site.name) for item in glimpse.evidence])
        return judged(track.learned(), glimpse, now, shop.patience)

    def _failed(self, track: Track, error: MicrodcError, now: datetime) -> Came:
        """An engine that cannot be reached may be again; one that says no has said so."""
        if not isinstance(error, UnreachableError):
            phase = track.record.phase or Phase.PREPARE
            failure = Failure(phase, "backend", str(error), f"microdc deploy explain {track.name}")
            return Came(lifecycle.fail(track.record, failure), "failed", failure.text)
        since = self._answered.get(track.name, self.began)
        if now >= since + timedelta(seconds=self.site.shop.patience.silence):
            return Came(None, "left", str(error))
        return Came(what=str(error))

    def close(self) -> None:
        """Lets go of the engine; it goes on."""
        self.backend.close()


def job_of(track: Track) -> Job:
    """What the engine is to do with a node."""
    record = track.record
    if record.action is None:
        raise MicrodcError("nothing is to be done with it", where=record.name)
    return Job(track.item.spec, record.move, record.action, track.item.image, record.wipe)


def judged(record: NodeRecord, glimpse: Glimpse, now: datetime, patience: lifecycle.Patience) -> Came:
    """What a glimpse means for a node's record. Pure."""
    if glimpse.failure is not None:
        return Came(lifecycle.fail(record, glimpse.failure), "failed", glimpse.failure.text)
    known = replace(
        record,
        host_keys=glimpse.host_keys or record.host_keys,
        hardware=glimpse.hardware or record.hardware,
        progress=glimpse.progress or record.progress,
    )
    if glimpse.done:
        return Came(lifecycle.end(known, glimpse.text), "done", glimpse.text)
    if glimpse.phase is not None and glimpse.phase is not record.phase:
        return Came(lifecycle.enter(known, glimpse.phase, now, patience), what=glimpse.text)
    return Came(known if known != record else None, what=glimpse.text)
