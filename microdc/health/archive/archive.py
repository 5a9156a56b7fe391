"""Keeps what the poller tells in the store, beside the polling: whatever the store does, no sample waits for it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import inf
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from microdc.errors import MicrodcError, RefusedError
from microdc.health.archive.minutes import Minutes
from microdc.health.board import Alert, Board
from microdc.health.model import Sample, State
from microdc.health.stream import Record
from microdc.store.health import HealthHistory
from microdc.store.healthrows import ChangeRow, Hold, PointRow
from microdc.store.model import Actor

EVERY: Final = 5.0
"""Seconds between two transactions at least."""
BEAT: Final = 30.0
"""Seconds after which the keeper tells that he is there, whether there is something to keep or not."""
LATE: Final = 2.0
"""Seconds that a minute waits for what a poll at its end told."""
CHANGES: Final = 10_000
POINTS: Final = 50_000
"""That wait for a store that does not take them; of more the oldest are dropped. Some 40 MB; 100 devices make as many in eight hours."""
CLOSING: Final = 15.0
"""Seconds for the last transaction: longer than a writer waits for another one."""
PRUNING: Final = 600.0
"""Seconds from one removal of what is old to the next: it looks at each device."""

Row = TypeVar("Row")


class _Waiting(Generic[Row]):
    """Rows in their order, of which the oldest are dropped where there are too many."""

    def __init__(self, most: int) -> None:
        self._rows: deque[Row] = deque(maxlen=most)
        self.dropped = 0

    def add(self, rows: list[Row]) -> None:
        self.dropped += max(0, len(self._rows) + len(rows) - (self._rows.maxlen or 0))
        self._rows.extend(rows)

    def take(self) -> list[Row]:
        taken = list(self._rows)
        self._rows.clear()
        return taken

    def put_back(self, rows: list[Row]) -> None:
        """What was taken, before what came since."""
        self.add([*rows, *self.take()])


class Archive:
    """Keeps the health of a testbed until its end. A context manager: at its end what waits is written.

    keep_for: seconds after which what was kept is removed. tell: gets a line where the store fails, and one where it is back; called by a thread of
    the archive's own. clock: Unix seconds. Raises RefusedError where somebody keeps already, and what the store raises.
    """

    def __init__(
        self,
        history: HealthHistory,
        testbed: str,
        actor: Actor,
        keep_for: float,
        tell: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.time,
        every: float = EVERY,
    ) -> None:
        self._history, self._testbed = history, testbed
        self._keep_for, self._tell, self._clock, self._every = keep_for, tell, clock, every
        self._hold: Hold = history.take(testbed, actor)
        self._board = Board(points=0, said=_states(history.states(testbed)))
        self._newest: Alert | None = None
        self._lock = threading.Lock()
        self._minutes = Minutes()
        self._changes: _Waiting[ChangeRow] = _Waiting(CHANGES)
        self._points: _Waiting[PointRow] = _Waiting(POINTS)
        self._told, self._pruned = time.monotonic(), -inf
        self._failed = self._lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="archive", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(CLOSING)
        if self._thread.is_alive():
            self._tell("the store takes too long: the last that was seen of health is not kept")

    def put(self, record: Record) -> None:
        """Takes a record in. Never waits for the store."""
        now = self._clock()
        with self._lock:
            if self._lost:
                return
            self._board.apply((record,), now)
            self._changes.add(self._news())
            if isinstance(record, Sample) and record.figures and record.device in self._board:
                self._points.add(self._minutes.add(record.device, record.at, record.figures))

    def _news(self) -> list[ChangeRow]:
        """Changes of states since it was asked last."""
        new: list[Alert] = []
        for alert in self._board.alerts:
            if alert is self._newest:
                break
            new.append(alert)
        if new:
            self._newest = new[0]
        return [
            ChangeRow(datetime.fromtimestamp(one.at, UTC), one.device, one.before, one.after, one.why)
            for one in reversed(new)
        ]

    # -- in the thread

    def _work(self) -> None:
        while not self._ended.wait(self._every):
            if not self._flush(self._clock() - LATE):
                return
        if self._flush(inf):
            try:
                self._history.release(self._hold)
            except MicrodcError as error:
                self._fail(error)

    def _flush(self, over: float) -> bool:
        """Writes what waits, the minutes that were over by then among it. Whether the archive is still ours."""
        with self._lock:
            self._points.add(self._minutes.take(over))
            changes, points = self._changes.take(), self._points.take()
        if not (changes or points or time.monotonic() - self._told >= BEAT):
            return True
        try:
            self._history.put(self._hold, changes, points)
        except RefusedError as lost:
            self._lost = True
            self._tell(f"health is kept here no longer: {lost}")
            return False
        except Exception as error:  # noqa: BLE001  whatever it is, the polling goes on, and so does the keeping
            self._fail(error)
            with self._lock:
                self._changes.put_back(changes)
                self._points.put_back(points)
            return True
        self._told = time.monotonic()
        self._well()
        if self._told - self._pruned >= PRUNING:
            self._prune()
        return True

    def _prune(self) -> None:
        """Removes what is old, or some of it: the rest goes with the next transaction."""
        before = datetime.fromtimestamp(self._clock(), UTC) - timedelta(seconds=self._keep_for)
        with suppress(MicrodcError):  # it is tried again; a store that fails is told by who writes
            if not self._history.prune(self._testbed, before):
                self._pruned = time.monotonic()

    def _fail(self, error: Exception) -> None:
        if not self._failed:
            self._failed = True
            self._tell(f"health is not kept, and waits for the store: {error}")

    def _well(self) -> None:
        if not self._failed:
            return
        self._failed = False
        with self._lock:
            changes, self._changes.dropped = self._changes.dropped, 0
            points, self._points.dropped = self._points.dropped, 0
        lost = f"; dropped meanwhile: {changes:,} changes, {points:,} points" if changes or points else ""
        self._tell(f"health is kept again{lost}")


def _states(kept: Mapping[str, str]) -> dict[str, State]:
    """Those that this microdc knows."""
    return {device: State(state) for device, state in kept.items() if state in set(State)}
