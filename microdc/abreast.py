"""The same work at many things at once, in a thread each: a result for every one as it comes, and none that waits for another."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Generic, TypeVar

from microdc.errors import Exit, MicrodcError

K = TypeVar("K")
T = TypeVar("T")
E = TypeVar("E")


class StoppedError(Exception):
    """The work is to end: somebody interrupted it, or its time is over."""


class UnexpectedError(MicrodcError):
    """A mistake of the program while it worked at one thing; `__cause__` has the traceback."""

    exit_code = Exit.FAILED


class Lost(Enum):
    """Why there is no result of one. Of those left it is not known what came of it; those unbegun were asked nothing."""

    LATE = auto()
    STOPPED = auto()
    LEFT = auto()
    UNBEGUN = auto()


@dataclass(frozen=True, slots=True)
class Kind(Generic[K]):
    """What has to be known of the things that are worked at.

    name: of one's thread. where: how errors name one. lost: the error of one of which there is no result, from why and in words. behind: of those
    for which this is equal, one is worked at after the other. grace: seconds that those at work have to end after an interruption.
    """

    name: Callable[[K], str]
    where: Callable[[K], str]
    lost: Callable[[K, Lost, str], MicrodcError]
    behind: Callable[[K], object] = lambda _: object()
    grace: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome(Generic[K, T]):
    """What came of the work at one target: a value, or an error. driver: by which it was reached, "" where it was not; seconds: it took."""

    target: K
    value: T | None = None
    error: MicrodcError | None = None
    notes: tuple[str, ...] = ()
    driver: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Task(Generic[K, E]):
    """The work at one target, as who does it sees it. notes, driver: to be filled in for the outcome."""

    target: K
    stop: threading.Event
    tell: Callable[[E], None]
    notes: tuple[str, ...] = ()
    driver: str = ""
    began: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Seconds since some moment that never changes."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Returns after a time. Raises StoppedError as soon as the work is to end."""
        if self.stop.wait(seconds):
            raise StoppedError


Work = Callable[[Task[K, E]], T]


def run(
    targets: Iterable[K],
    work: Work[K, E, T],
    kind: Kind[K],
    *,
    at_once: int,
    deadline: float | None = None,
    heard: Callable[[Outcome[K, T]], None] = lambda _: None,
) -> Generator[E | Outcome[K, T], None, None]:
    """Does the work at each target: yields what it tells, and one Outcome for each as it comes.

    deadline: seconds for one target; one that takes longer has an error as its outcome, its thread is left behind, and another has its place.
    Closing the generator, as Ctrl-C does, stops the work and waits up to `kind.grace` for what is open to be closed. heard: is told each
    outcome, also those that come while it is closed.
    """
    waiting = deque(_behind_one(targets, kind))
    told: queue.SimpleQueue[tuple[_Job[K, E], E | Outcome[K, T]]] = queue.SimpleQueue()
    running: list[_Job[K, E]] = []
    event: E | Outcome[K, T]
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(_start(waiting.popleft(), work, kind, told))
            late = _late(running, deadline)
            if late is not None:
                job, event = late, _unfinished(late, kind, Lost.LATE, f"not done after {deadline:g} s")
                late.task.stop.set()
            else:
                try:
                    job, event = told.get(timeout=_remaining(running, deadline))
                except queue.Empty:
                    continue
            if job not in running:
                continue  # it was given up
            if isinstance(event, Outcome):
                heard(event)
                running.remove(job)
                if job.rest:
                    waiting.append(job.rest)
            yield event
    finally:
        try:
            _end(running, kind.grace)
        finally:  # also after a second Ctrl-C: what was asked of those at work has to be written down
            for outcome in _left_over(told, running, waiting, kind):
                heard(outcome)


def outcome(task: Task[K, E], work: Work[K, E, T], kind: Kind[K]) -> Outcome[K, T]:
    """What comes of the work at one target, done here and now; never raises."""
    value: T | None = None
    error: MicrodcError | None = None
    try:
        value = work(task)
    except MicrodcError as problem:
        error = problem
    except StoppedError as stopped:
        what = ", ".join(["interrupted", *getattr(stopped, "__notes__", ())])
        error = kind.lost(task.target, Lost.STOPPED, what)
    except Exception as problem:  # noqa: BLE001  a mistake at one target must not hide the others'
        error = UnexpectedError(f"{type(problem).__name__}: {problem}", where=kind.where(task.target))
        error.__cause__ = problem
    return Outcome(task.target, value, error, task.notes, task.driver, task.now() - task.began)


def _behind_one(targets: Iterable[K], kind: Kind[K]) -> list[list[K]]:
    groups: dict[object, list[K]] = {}
    for target in targets:
        groups.setdefault(kind.behind(target), []).append(target)
    return list(groups.values())


@dataclass(slots=True, eq=False)
class _Job(Generic[K, E]):
    """A thread that works at one target. rest: those whose turn comes after it."""

    task: Task[K, E]
    rest: list[K]
    thread: threading.Thread | None = None


def _start(
    targets: Sequence[K],
    work: Work[K, E, T],
    kind: Kind[K],
    told: queue.SimpleQueue[tuple[_Job[K, E], E | Outcome[K, T]]],
) -> _Job[K, E]:
    """Begins with the first of the targets."""
    target, *rest = targets
    job = _Job(Task[K, E](target, threading.Event(), lambda event: told.put((job, event))), rest)
    # a daemon: one that hangs in a driver must not keep the process from ending
    job.thread = threading.Thread(
        target=lambda: told.put((job, outcome(job.task, work, kind))), name=kind.name(target), daemon=True
    )
    job.thread.start()
    return job


def _left_over(
    told: queue.SimpleQueue[tuple[_Job[K, E], E | Outcome[K, T]]],
    running: Sequence[_Job[K, E]],
    waiting: Iterable[Sequence[K]],
    kind: Kind[K],
) -> Iterator[Outcome[K, T]]:
    """The outcomes that came while nobody asked any more; of those that are still at work, and of those whose turn did not come."""
    at_work = list(running)
    while not told.empty():
        job, event = told.get()
        if job in at_work and isinstance(event, Outcome):
            at_work.remove(job)
            yield event
    for job in at_work:
        yield _unfinished(job, kind, Lost.LEFT, "interrupted, before it was known what came of it")
    for target in (target for rest in (*(job.rest for job in running), *waiting) for target in rest):
        what = "interrupted, before anything was asked of it"
        yield Outcome(target, error=kind.lost(target, Lost.UNBEGUN, what))


def _late(running: Sequence[_Job[K, E]], deadline: float | None) -> _Job[K, E] | None:
    """One whose time is over."""
    return None if deadline is None else next((job for job in running if _left(job, deadline) <= 0), None)


def _remaining(running: Sequence[_Job[K, E]], deadline: float | None) -> float | None:
    """Seconds until the time of the first is over; None where there is no end."""
    return None if deadline is None else max(0.0, min(_left(job, deadline) for job in running))


def _left(job: _Job[K, E], deadline: float) -> float:
    return job.task.began + deadline - job.task.now()


def _unfinished(job: _Job[K, E], kind: Kind[K], why: Lost, what: str) -> Outcome[K, Any]:
    """What is told of one whose thread is left behind."""
    task = job.task
    error = kind.lost(task.target, why, what)
    return Outcome(task.target, None, error, task.notes, task.driver, task.now() - task.began)


def _end(running: Sequence[_Job[K, E]], grace: float) -> None:
    """Stops all and waits a little for their ends."""
    for job in running:
        job.task.stop.set()
    until = time.monotonic() + grace
    for job in running:
        if job.thread is not None:
            job.thread.join(max(0.0, until - time.monotonic()))
