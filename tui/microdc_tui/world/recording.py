"""A world that keeps all that it is fed in a file, to be shown again by `--replay`."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Lock
from typing import TextIO, cast

from microdc.errors import InputError, MicrodcError
from microdc.health.stream import Record, encode
from microdc_tui.world.ports import Answer, Put, Say, World


class RecordingWorld:
    """Another world, written down. path: a new file; with the ending `.gz` it is compressed. Raises InputError where it cannot be made."""

    def __init__(self, world: World, path: Path) -> None:
        self._world = world
        self._path = path
        self._lock = Lock()
        self._failure = ""
        self.title = f"{world.title}, recorded in {path.name}"
        self.readonly, self.shared, self.farewell = world.readonly, world.shared, world.farewell
        try:
            self._file: TextIO | None = _opened(path)
        except FileExistsError:
            raise InputError("there is a file already", where=str(path), hint="name another one") from None
        except OSError as problem:
            raise InputError(f"cannot be written: {problem.strerror}", where=str(path)) from None

    @property
    def trouble(self) -> str:
        return self._failure or self._world.trouble

    def now(self) -> float:
        return self._world.now()

    def start(self, put: Put, say: Say) -> None:
        def both(records: Sequence[Record]) -> None:
            self._write(records, say)
            put(records)

        self._world.start(both, say)

    def hold(self, held: bool) -> None:  # noqa: FBT001
        self._world.hold(held)

    def ask(self, argv: Sequence[str], stop: Event) -> Answer:
        return self._world.ask(argv, stop)

    def plan(self, argv: Sequence[str], stop: Event) -> Answer:
        return self._world.plan(argv, stop)

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        return self._world.act(argv, tell, stop)

    def end(self) -> None:
        self._world.end()

    def close(self) -> None:
        self._world.close()
        with self._lock:
            self._end()

    def _write(self, records: Sequence[Record], say: Say) -> None:
        with self._lock:
            if self._file is None:
                return
            try:
                self._file.writelines(f"{encode(record)}\n" for record in records)
                self._file.flush()
            except (OSError, MicrodcError) as problem:  # a full disk ends the recording, not the watching
                self._failure = f"the recording ended: {self._path}: {problem}"
                say(self._failure)
                self._end()

    def _end(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as problem:
                self._failure = f"the end of the recording is missing: {self._path}: {problem}"


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "xt", encoding="ascii"))
    return path.open("x", encoding="ascii")
