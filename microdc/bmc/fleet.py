"""The same work at many BMCs at once: a result for each as it comes, and none that waits for another."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Target
from microdc.errors import Exit, MicrodcError

T = TypeVar("T")
E = TypeVar("E")

AT_ONCE = 32
"""BMCs that are spoken to at the same time: waiting for them costs next to nothing, their TLS handshakes do."""
GRACE = 8.0
"""Seconds that those at work have to log out after an interruption: an answer that is under way and the logout, of a slow BMC."""


class StoppedError(Exception):
    """The work is to end: somebody interrupted it, or its time is over."""


class UnexpectedError(MicrodcError):
    """A mistake of the program while it worked at one target; `__cause__` has the traceback."""

    exit_code = Exit.FAILED


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of the work at one target: a value, or an error. driver: by which it was reached, "" where it was not; seconds: it took."""

    target: Target
    value: T | None = None
    error: MicrodcError | None = None
    notes: tuple[str, ...] = ()
    driver: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Task(Generic[E]):
    """The work at one target, as who does it sees it. notes, driver: to be filled in for the outcome."""

    target: Target
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


Work = Callable[[Task[E]], T]


def each(
    targets: Iterable[Target], work: Work[object, T], *, at_once: int = AT_ONCE, deadline: float | None = None
) -> Iterator[Outcome[T]]:
    """Does the work at each target and yields the outcomes as they come; as `run`, without what the work tells."""
    for event in run(targets, work, at_once=at_once, deadline=deadline):
        if isinstance(event, Outcome):
            yield event


def run(
    targets: Iterable[Target],
    work: Work[E, T],
    *,
    at_once: int = AT_ONCE,
    deadline: float | None = None,
    heard: Callable[[Outcome[T]], None] = lambda _: None,
) -> Iterator[E | Outcome[T]]:
    """Does the work at each target: yields what it tells, and one Outcome for each as it comes.

    Targets behind the same BMC are worked at one after the other, so that none is spoken to over two connections. deadline: seconds
    for one target; one that takes longer has an error as its outcome, and its thread is left behind. Closing the iterator, as Ctrl-C
    does, stops the work and waits up to GRACE seconds for what is open to be closed. heard: is told each outcome, also those that come
    while it is closed.
    """
    waiting = deque(_behind_one_bmc(targets))
    told: queue.SimpleQueue[tuple[_Job[E], E | Outcome[T]]] = queue.SimpleQueue()
    running: list[_Job[E]] = []
    event: E | Outcome[T]
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(_start(waiting.popleft(), work, told))
            late = _late(running, deadline)
            if late is not None:
                job, event = late, _unfinished(late, Cause.TIMEOUT, f"not done after {deadline:g} s")
                late.stop.set()
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
            _end(running)
        finally:  # also after a second Ctrl-C: what was asked of those at work has to be written down
            for outcome in _left_over(told, running, waiting):
                heard(outcome)


def _behind_one_bmc(targets: Iterable[Target]) -> list[list[Target]]:
    groups: dict[object, list[Target]] = {}
    for target in targets:
        groups.setdefault(address(target), []).append(target)
    return list(groups.values())


def address(target: Target) -> object:
    """What two targets share that are behind the same BMC: the host, port and namespace by which it is reached."""
    if target.redfish:
        url = urlsplit(target.redfish)
        return target.via, url.hostname, url.port or (80 if url.scheme == "http" else 443)
    return (target.via, target.ipmi.lower(), None) if target.ipmi else (target.via, target.name, target.where)


@dataclass(slots=True, eq=False)
class _Job(Generic[E]):
    """A thread that works at one target. rest: those behind the same BMC, whose turn comes after it."""

    task: Task[E]
    stop: threading.Event
    rest: list[Target]
    thread: threading.Thread | None = None


def _start(
    targets: Sequence[Target], work: Work[E, T], told: queue.SimpleQueue[tuple[_Job[E], E | Outcome[T]]]
) -> _Job[E]:
    """Begins with the first of the targets behind one BMC."""
    target, *rest = targets
    stop = threading.Event()
    job = _Job(Task[E](target, stop, lambda event: told.put((job, event))), stop, rest)
    # a daemon: one that hangs in a driver must not keep the process from ending
    job.thread = threading.Thread(
        target=lambda: told.put((job, _outcome(job.task, work))), name=f"bmc-{target.name}", daemon=True
    )
    job.thread.start()
    return job


def _outcome(task: Task[E], work: Work[E, T]) -> Outcome[T]:
    value: T | None = None
    error: MicrodcError | None = None
    try:
        value = work(task)
    except MicrodcError as problem:
        error = problem
    except StoppedError as stopped:
        what = ", ".join(["interrupted", *getattr(stopped, "__notes__", ())])
        error = BmcError(Cause.ENDED, what, where=task.target.where, sent=True)
    except Exception as problem:  # noqa: BLE001  a mistake at one target must not hide the others'
        error = UnexpectedError(f"{type(problem).__name__}: {problem}", where=task.target.where)
        error.__cause__ = problem
    return Outcome(task.target, value, error, task.notes, task.driver, task.now() - task.began)


def _left_over(
    told: queue.SimpleQueue[tuple[_Job[E], E | Outcome[T]]],
    running: Sequence[_Job[E]],
    waiting: Iterable[Sequence[Target]],
) -> Iterator[Outcome[T]]:
    """The outcomes that came while nobody asked any more; of those that are still at work, and of those whose turn did not come."""
    at_work = list(running)
    while not told.empty():
        job, event = told.get()
        if job in at_work and isinstance(event, Outcome):
            at_work.remove(job)
            yield event
    for job in at_work:
        yield _unfinished(job, Cause.ENDED, "interrupted, before it was known what came of it")
    for target in (target for rest in (*(job.rest for job in running), *waiting) for target in rest):
        what = "interrupted, before anything was asked of it"
        yield Outcome(target, error=BmcError(Cause.ENDED, what, where=target.where))


def _late(running: Sequence[_Job[E]], deadline: float | None) -> _Job[E] | None:
    """One whose time is over."""
    return None if deadline is None else next((job for job in running if _left(job, deadline) <= 0), None)


def _remaining(running: Sequence[_Job[E]], deadline: float | None) -> float | None:
    """Seconds until the time of the first is over; None where there is no end."""
    return None if deadline is None else max(0.0, min(_left(job, deadline) for job in running))


def _left(job: _Job[E], deadline: float) -> float:
    return job.task.began + deadline - job.task.now()


def _unfinished(job: _Job[E], cause: Cause, what: str) -> Outcome[Any]:
    """What is told of one whose thread is left behind."""
    task = job.task
    error = BmcError(
        cause,
        what,
        where=task.target.where,
        hint="what was asked of it may have been done all the same",
        sent=True,
    )
    return Outcome(task.target, None, error, task.notes, task.driver, task.now() - task.began)


def _end(running: Sequence[_Job[E]]) -> None:
    """Stops all and waits a little for their log-outs."""
    for job in running:
        job.stop.set()
    until = time.monotonic() + GRACE
    for job in running:
        if job.thread is not None:
            job.thread.join(max(0.0, until - time.monotonic()))
