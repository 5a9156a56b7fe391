"""The runner: takes nodes through their moves, many at once. One loop that decides and writes down; all that waits for somebody is done beside it.

What a node's row says is on the disk before an act is sent, and after each thing that was learned. So the loop can end anywhere, and another one
goes on from the rows, from what the sites noted meanwhile, and from what the BMCs say.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from microdc.deploy import kinds, lifecycle
from microdc.deploy.deciding import decide
from microdc.deploy.delegating import Engine
from microdc.deploy.errands import Errands
from microdc.deploy.lifecycle import ARMED
from microdc.deploy.model import NodeRecord, Phase
from microdc.deploy.ports import Payload
from microdc.deploy.records import record_of
from microdc.deploy.sites import Shop, SiteAtWork
from microdc.deploy.telling import Teller
from microdc.deploy.tracking import Track, shared
from microdc.deploy.views import Advance, Again, Ask, Decision, Done, Fail, Leave, Mark, Wait
from microdc.deploy.working import Happened
from microdc.errors import RefusedError
from microdc.events import Step
from microdc.store.nodes import SeenRow

_KEEP = timedelta(seconds=5)
"""How often progress is written down."""
_LONGEST = 0.5
"""Seconds for which the loop waits at most for something to happen."""
_SETTLE = timedelta(seconds=60)
"""How long a site is waited for at the end, so that no node stays armed there."""
_WORKS = frozenset({Phase.WORK, Phase.CONFIGURE})
_LOOKS = frozenset(Phase) - {Phase.PREPARE, Phase.POWER, Phase.VERIFY}
"""The phases in which the server is on its own, so that its power is looked at now and then."""


@dataclass(slots=True)
class Runner:
    """Nodes on their way, until each has come to an end. sites, engines: by name, those with boot services of ours and the others; tracks: by node.

    tell_presence: called again and again while it runs, with the time.
    """

    shop: Shop
    sites: Mapping[str, SiteAtWork]
    tracks: Mapping[str, Track]
    began: datetime
    engines: Mapping[str, Engine] = field(default_factory=dict)
    tell_presence: Callable[[datetime], None] = lambda _: None
    teller: Teller = field(init=False)
    errands: Errands = field(init=False)

    def __post_init__(self) -> None:
        self.teller = Teller(self.shop.testbed, self.shop.nodes)
        self.errands = Errands(self.shop, self.teller)

    def run(self) -> Generator[Step, None, None]:
        """Goes on until every node has come to an end. Closing it leaves all as it is."""
        try:
            yield from self._loop()
        finally:
            for site in self.sites.values():
                site.close()
            for engine in self.engines.values():
                engine.close()

    def _loop(self) -> Generator[Step, None, None]:
        for track in self.tracks.values():
            if track.record.state.moving:
                track.admitted = True
                track.recall(self.shop.hands.now())
                track.site.want(track.record)
        over_at: datetime | None = None
        while not self._over(over_at):
            now = self.shop.hands.now()
            self.tell_presence(now)
            self._admit(now)
            self._tick(now)
            for track in self.tracks.values():
                if track.site.name in self.sites:
                    self._drive(track)
            yield from self.teller.told()
            if over_at is None and all(track.ended for track in self.tracks.values()):
                over_at = now
            pauses = (site.due(now) for site in self.sites.values())
            happened = self.shop.hands.take(min((_LONGEST, *pauses)))
            while happened is not None:
                self._take(happened)
                happened = self.shop.hands.take(0.0)
        for site in self.sites.values():
            if not site.settled:
                what = "its boot services could not be told that the moves are over; the next run there does"
                self.teller.site(site.name, f"{what}: {site.trouble}")
        yield from self.teller.told()

    def _over(self, since: datetime | None) -> bool:
        """Whether every node has come to its end, and the sites know, or cannot be told."""
        if since is None:
            return False
        settled = all(site.settled for site in self.sites.values())
        return settled or self.shop.hands.now() >= since + _SETTLE

    def _tick(self, now: datetime) -> None:
        for site in self.sites.values():
            site.tick(now)
            site.bring(self._files(site), now)
        for engine in self.engines.values():
            engine.tick(self._at(engine.site), now)

    def _files(self, site: SiteAtWork) -> Sequence[Payload]:
        """What nodes of a site still have to find there: all, or the ramdisk, until that has said hello."""
        found: dict[Payload, None] = {}
        for track in self._at(site):
            if track.admitted and not track.ended and track.record.phase in ARMED:
                preparing = track.record.phase is Phase.PREPARE
                found |= dict.fromkeys(track.files(site.ramdisk) if preparing else shared(site.ramdisk))
        return list(found)

    def _at(self, site: SiteAtWork) -> list[Track]:
        return [track for track in self.tracks.values() if track.site is site]

    # -- nodes begin

    def _admit(self, now: datetime) -> None:
        """Begins with as many nodes of each site as may be at it at once."""
        for site in (*self.sites.values(), *(engine.site for engine in self.engines.values())):
            tracks = self._at(site)
            free = site.limit - sum(track.admitted and not track.ended for track in tracks)
            waiting = [track for track in tracks if not track.admitted and not track.ended]
            for track in waiting[: max(0, free)]:
                track.admitted = True
                self._begin(track, now)

    def _begin(self, track: Track, now: datetime) -> None:
        item = track.item
        try:
            record = lifecycle.begin(
                track.record,
                item.action,
                now,
                self.shop.patience,
                image=item.image.ref if item.image else None,
                wipe=item.wipe,
                attempts=item.attempts,
            )
            self._enter(track, record, now)
        except RefusedError as problem:
            self.teller.end(track, "refused", problem.what)

    # -- decisions

    def _drive(self, track: Track) -> None:
        """Decides and does what was decided, until there is something to wait for."""
        while track.admitted and not track.ended and not track.busy:
            now = self.shop.hands.now()
            try:
                if not self._apply(track, decide(track.view(now, self.began), self.shop.patience), now):
                    return
            except RefusedError as problem:
                self._lost(track, problem)

    def _lost(self, track: Track, problem: RefusedError) -> None:
        """Somebody else changed it. What he made of it its site is told by us as well: he may have been ended before he could."""
        row = self.shop.nodes.get(self.shop.testbed, [track.name]).get(track.name)
        if row is not None:
            track.record = record_of(row)
        if not track.record.state.moving:
            track.site.want(track.record)
        self.teller.end(track, "lost", problem.what)

    def _apply(self, track: Track, decision: Decision, now: datetime) -> bool:
        """Does what was decided; whether to decide again at once."""
        if isinstance(decision, Wait):
            self._wait(track, decision, now)
            return False
        if isinstance(decision, Ask):
            self.errands.run(track, decision, now)
            return False
        if isinstance(decision, Mark):
            track.put(track.marked(self.shop.nodes.last(self.shop.testbed)), now)
            track.begin_afresh()
        elif isinstance(decision, Advance):
            self.teller.spent(track, now)
            record = lifecycle.enter(track.learned(), decision.phase, now, self.shop.patience)
            self._enter(track, replace(record, asked="unsure") if decision.unsure else record, now)
        elif isinstance(decision, Again):
            self._again(track, decision, now)
        else:
            self._end(track, decision, now)
        return True

    def _enter(self, track: Track, record: NodeRecord, now: datetime) -> None:
        track.put(record, now)
        track.mine, track.checked = False, None
        track.look_at = now + timedelta(seconds=self.shop.patience.look)
        told = {"phase": record.phase, "state": record.state, "attempt": record.attempt}
        self.teller.note(track, kinds.ENTERED, str(record.phase), now, **told)
        again = f"attempt {record.attempt}: {record.note}" if record.attempt > 1 else ""
        self.teller.step(track, "started", again, now)

    def _again(self, track: Track, decision: Again, now: datetime) -> None:
        why = decision.failure.text
        record = lifecycle.again(track.record, why, now, self.shop.patience, counts=decision.counts)
        self.teller.note(track, kinds.DECIDED, f"begins anew, since {why}", now)
        track.begin_afresh()
        self._enter(track, record, now)

    def _end(self, track: Track, decision: Fail | Done | Leave, now: datetime) -> None:
        if isinstance(decision, Leave):
            self.teller.end(track, "left", decision.why)
        elif isinstance(decision, Fail):
            failure = decision.failure
            told = {"phase": failure.phase, "cause": failure.cause}
            self.teller.note(track, kinds.GAVE_UP, failure.text, now, **told)
            track.put(lifecycle.fail(track.learned(), failure), now)
            self.teller.end(track, "failed", failure.text)
        else:
            track.put(lifecycle.end(track.learned(), decision.note), now)
            state = track.record.state
            self.teller.note(track, kinds.ENTERED, str(state), now, state=state)
            self.teller.end(track, "done", decision.note)

    def _wait(self, track: Track, decision: Wait, now: datetime) -> None:
        phase, life = track.record.phase, track.sight.life
        quiet = life is None or now - life >= timedelta(seconds=self.shop.patience.look)
        due = track.look_at is None or now >= track.look_at
        if phase in _LOOKS and due and (quiet or phase not in _WORKS):
            self.errands.look(track, now)
        if decision.why and decision.why != track.said:
            track.said = decision.why
            self.teller.step(track, "progress", decision.why, now)

    # -- what happened

    def _take(self, happened: Happened) -> None:
        now = self.shop.hands.now()
        kind, name, what = happened.key
        if kind == "site":
            self._noted(self._at(self.sites[name]), self.sites[name].happened(what, happened, now), now)
        elif kind == "file":
            self.sites[name].pushed(what, happened, now)
            self._brought(self.sites[name], what, now)
        elif kind == "engine" and happened.over:
            self._moved(self.engines[name], self.tracks[what], happened, now)
        elif kind == "node" and happened.over:
            self.errands.happened(self.tracks[name], what, happened, now)

    def _noted(self, tracks: Iterable[Track], rows: Sequence[SeenRow], now: datetime) -> None:
        """Takes in what a site noted. How far the writing is, is told, and written down now and then."""
        for track in tracks:
            heard = [row for row in rows if not track.ended and track.hear(row, now)]
            progress = track.sight.progress
            if not heard or progress == track.record.progress or track.record.phase is not Phase.WORK:
                continue
            self.teller.step(track, "progress", track.sight.said, now)
            if track.kept_at is None or now - track.kept_at >= _KEEP:
                try:
                    track.put(track.learned(), now)
                except RefusedError as problem:
                    self._lost(track, problem)

    def _brought(self, site: SiteAtWork, digest: str, now: datetime) -> None:
        """Tells how far a file is on its way to a site, to each node that waits for it."""
        for track in self._at(site):
            file = next((file for file in track.files(site.ramdisk) if file.digest == digest), None)
            if file is not None and track.record.phase is Phase.PREPARE and not track.ended:
                done = site.under_way.get(digest, file.size if digest in site.there else 0)
                text = f"{file.path.name} to {site.name}"
                self.teller.step(track, "progress", text, now, done=done, total=file.size)

    def _moved(self, engine: Engine, track: Track, happened: Happened, now: datetime) -> None:
        """Takes in how far another engine is with a node."""
        if track.ended:
            return
        try:
            came = engine.happened(track, happened, now)
            if came.record is not None:
                track.put(came.record, now)
        except RefusedError as problem:
            self._lost(track, problem)
            return
        if came.ended:
            self.teller.end(track, came.ended, came.what)
        elif came.record is not None or came.what:
            self.teller.step(track, "progress", came.what, now)
