"""The command line as a child process: told by words, answering with a JSON document, interrupted as by Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import IO, Any, Final

from microdc_tui.world.ports import Answer

PROGRAM: Final = (sys.executable, "-P", "-m", "microdc.cli")
LONGEST: Final = 64 * 2**20
"""Bytes of an answer that are read: a child that floods is not to fill the memory."""
LINE: Final = 64 * 1024
PATIENCE: Final = 5.0
"""Seconds that an interrupted question has to end by itself; an act has all the time that it needs to put things back."""


WIDTH: Final = "100"
"""Columns of the tables that a plan is told in."""


def start(argv: Sequence[str]) -> subprocess.Popen[bytes]:
    """Starts `microdc ARGV` in a session of its own: it never reads our terminal, and no key that is typed there interrupts it."""
    return subprocess.Popen(
        (*PROGRAM, *argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "COLUMNS": WIDTH, "NO_COLOR": "1"},
    )


def run(
    argv: Sequence[str],
    tell: Callable[[str], None],
    stop: Event,
    *,
    patience: float | None = None,
    spoken: bool = False,
) -> Answer:
    """Runs a command to its end. tell: gets each line of its narration. patience: seconds from the interrupt until it is killed, None never.

    spoken: what it prints is for people too, and stands at the end of the narration.
    """
    child = start(argv)
    told: list[str] = []
    printed: list[str] = []
    data: list[bytes] = []

    def hear(line: str) -> None:
        told.append(line)
        tell(line)

    readers = [
        Thread(target=narrate, args=(child.stderr, hear), daemon=True),
        Thread(target=narrate, args=(child.stdout, printed.append), daemon=True)
        if spoken
        else Thread(target=_collect, args=(child.stdout, data), daemon=True),
    ]
    for reader in readers:
        reader.start()
    code = _wait(child, stop, patience)
    for reader in readers:
        reader.join(2.0)  # a grandchild may hold the pipe open
    return Answer(_document(b"".join(data)), code, tuple((told + printed)[-1_000:]))


def narrate(pipe: IO[bytes] | None, tell: Callable[[str], object]) -> None:
    """Reads lines to the end of the pipe; one without an end is cut."""
    if pipe is None:
        return
    with pipe:
        while line := pipe.readline(LINE):
            tell(line.decode("utf-8", "backslashreplace").rstrip("\r\n"))


def end(child: subprocess.Popen[bytes], patience: float = PATIENCE) -> None:
    """Asks a child to end, and ends it."""
    with suppress(ProcessLookupError):
        child.send_signal(signal.SIGINT)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _wait(child: subprocess.Popen[bytes], stop: Event, patience: float | None) -> int:
    while True:
        try:
            return child.wait(0.1)
        except subprocess.TimeoutExpired:
            if not stop.is_set():
                continue
        if patience is not None:
            end(child, patience)
        else:
            child.send_signal(signal.SIGINT)
        return child.wait()


def _collect(pipe: IO[bytes] | None, data: list[bytes]) -> None:
    if pipe is None:
        return
    size = 0
    with pipe:
        while piece := pipe.read1(65_536):  # type: ignore[attr-defined]  # a BufferedReader, as subprocess makes them
            size += len(piece)
            if size <= LONGEST:
                data.append(piece)


def _document(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
