"""The programs that a measurement runs at the probes: all of them end when it ends, however it ends."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from microdc.errors import UnreachableError
from microdc.host.model import Host, Process

_LEASH = ("timeout", "--foreground", "900")
"""A server on a machine that has lost its connection to this one ends by itself, after so many seconds."""


class Program:
    """A running program whose output is collected line by line while it runs."""

    def __init__(self, host: Host, argv: Sequence[str]) -> None:
        self.name = argv[0]
        self.where = str(host.address)
        self._process: Process = host.start([*_LEASH, *argv])
        self._lines: list[bytes] = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, name=f"{self.name}-output", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            for line in self._process.stdout:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        except (OSError, ValueError):
            pass  # closed under the reader: nothing more will come
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    @property
    def output(self) -> bytes:
        """What it has written to standard output so far."""
        with self._changed:
            return b"".join(self._lines)

    @property
    def running(self) -> bool:
        """Whether its output is still open."""
        with self._changed:
            return not self._ended

    def wait_for(self, enough: Callable[[Sequence[bytes]], bool], timeout: float) -> bool:
        """Waits until its lines are enough; false if it ended before that, or after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: enough(self._lines) or self._ended, timeout)
            return enough(self._lines)

    def finish(self, timeout: float) -> int:
        """Waits for its end and returns its status. Raises UnreachableError where it takes longer than `timeout` s."""
        self._reader.join(timeout)
        if self._reader.is_alive():
            self.kill()
            raise UnreachableError(f"{self.name} did not end within {timeout:g} s", where=self.where)
        return self._process.wait(10.0)

    def complaint(self) -> str:
        """The last line that it wrote to standard error; empty for none."""
        return (self._process.stderr_tail().splitlines() or [""])[-1].strip()

    def kill(self) -> None:
        """Ends it; idempotent."""
        self._process.kill()
        self._reader.join(5.0)


class Programs:
    """All programs of one run; a context manager that ends those still running."""

    def __init__(self) -> None:
        self._running: set[Program] = set()
        self._lock = threading.Lock()
        self._closed = False

    @contextlib.contextmanager
    def running(self, host: Host, argv: Sequence[str]) -> Iterator[Program]:
        """A program that ends with the block. Raises UnreachableError where it cannot be started."""
        if self._closed:
            raise UnreachableError("the measurement was ended", where=str(host.address))
        program = Program(host, argv)
        try:
            with self._lock:
                self._running.add(program)
                late = self._closed
            if late:  # it was closed while this one started, and does not know of it
                raise UnreachableError("the measurement was ended", where=str(host.address))
            yield program
        finally:
            program.kill()
            with self._lock:
                self._running.discard(program)

    def close(self) -> None:
        """Ends all that run and lets none start any more; threads that wait for one of them go on at once."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for program in running:
            program.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
