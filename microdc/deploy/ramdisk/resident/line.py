"""A line of threads that hand blocks on to each other. The first that fails ends them all."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

from .device import aligned


class StoppedError(Exception):
    """Another thread of the line failed."""


@dataclass(slots=True)
class Block:
    """length: bytes of the view that are used; offset: where they belong."""

    view: memoryview
    length: int = 0
    offset: int = 0

    @property
    def data(self) -> memoryview:
        return self.view[: self.length]


class Line:
    """Threads that live and die together. A context manager: at its end no thread is left."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.failure: BaseException | None = None
        self._running = 0
        self._threads: list[threading.Thread] = []
        self._stops: list[Callable[[], None]] = []

    def start(self, name: str, work: Callable[[], None]) -> None:
        with self.condition:
            self._running += 1
        thread = threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits for the line has to learn of it
            self.fail(error)
        finally:
            with self.condition:
                self._running -= 1
                self.condition.notify_all()

    def on_stop(self, stop: Callable[[], None]) -> None:
        """What ends a thread that waits for something outside; called once, when the line fails."""
        with self.condition:
            self._stops.append(stop)
            failed = self.failure is not None
        if failed:
            stop()

    def fail(self, error: BaseException) -> None:
        with self.condition:
            if self.failure is not None:
                return
            self.failure = error
            stops = list(self._stops)
            self.condition.notify_all()
        for stop in stops:
            stop()

    def wait(self, seconds: float) -> bool:
        """Whether all threads have ended, waiting so long at most."""
        with self.condition:
            return self.condition.wait_for(lambda: not self._running, seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if error[1] is not None:
            self.fail(StoppedError())
        for thread in self._threads:
            thread.join()


class Channel:
    """Blocks on their way from one thread to the next."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._blocks: deque[Block | None] = deque()

    def put(self, block: Block | None) -> None:
        """None: no more come."""
        with self._line.condition:
            self._blocks.append(block)
            self._line.condition.notify_all()

    def get(self) -> Block | None:
        """Waits for one. Raises StoppedError where the line has failed."""
        with self._line.condition:
            self._line.condition.wait_for(lambda: self._blocks or self._line.failure)
            if self._line.failure:
                raise StoppedError
            return self._blocks.popleft()

    def __iter__(self) -> Iterator[Block]:
        while (block := self.get()) is not None:
            yield block


def pool(line: Line, blocks: int, size: int) -> Channel:
    """Empty blocks, which come back to it: they bound what is on its way."""
    free = Channel(line)
    for _ in range(blocks):
        free.put(Block(aligned(size)))
    return free


def taken(free: Channel) -> Block:
    """An empty block."""
    block = free.get()
    assert block is not None  # nobody ends a pool
    return block
