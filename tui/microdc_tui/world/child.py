"""The command line as a child process: told by words, answering with a JSON document, interrupted as by Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import IO, Any, Final

from microdc_tui.world.memory import LINE, Memory, text
from microdc_tui.world.ports import Answer

PROGRAM: Final = (sys.executable, "-P", "-m", "microdc.cli")
LONGEST: Final = 64 * 2**20
"""Bytes of an answer that are read: a child that floods is not to fill the memory."""
LINES: Final = 1_000
"""Lines of narration that are kept, the newest."""
PATIENCE: Final = 5.0
"""Seconds that an interrupted question has to end by itself; an act has all the time that it needs to put things back."""
_LOOK: Final = 0.1
"""Seconds from look to look whether a child has ended, is to be interrupted, or has told something."""


WIDTH: Final = "100"
"""Columns of the tables that a plan is told in."""


def start(
    argv: Sequence[str], stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Starts `microdc ARGV` in a session of its own: it never reads our terminal, and no key that is typed there interrupts it."""
    return subprocess.Popen(
        (*PROGRAM, *argv),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        env={**os.environ, "COLUMNS": WIDTH, "NO_COLOR": "1"},
    )


def run(argv: Sequence[str], stop: Event, *, spoken: bool = False) -> Answer:
    """Asks a question to its end. spoken: what it prints is for people too, and stands at the end of the narration.

    It ends with us: its words go into pipes.
    """
    child = start(argv)
    told: deque[str] = deque(maxlen=LINES)
    printed: deque[str] = deque(maxlen=LINES)
    data: list[bytes] = []
    readers = [
        Thread(target=narrate, args=(child.stderr, told.append), daemon=True),
        Thread(target=narrate, args=(child.stdout, printed.append), daemon=True)
        if spoken
        else Thread(target=_collect, args=(child.stdout, data), daemon=True),
    ]
    for reader in readers:
        reader.start()
    while (code := _ended(child)) is None:
        if stop.is_set():
            end(child)
    for reader in readers:
        reader.join(2.0)  # a grandchild may hold the pipe open
    return Answer(_document(b"".join(data)), code, (*told, *printed)[-LINES:])


def act(argv: Sequence[str], tell: Callable[[str], None], stop: Event) -> Answer:
    """Acts, to the end. tell: gets each line of its narration. Setting `stop` interrupts it once, and it has all the time that it needs.

    Where we end before, also by a signal or with our terminal, it does not notice: half an act may be worse than all of it or nothing.
    """
    told: deque[str] = deque(maxlen=LINES)

    def hear(line: str) -> None:
        told.append(line)
        tell(line)

    interrupted = False
    with Memory("narration") as narration, Memory("answer") as answer:
        child = start(argv, answer.descriptor, narration.descriptor)
        while (code := _ended(child)) is None:
            narration.lines(hear)
            if stop.is_set() and not interrupted:
                interrupted = True
                interrupt(child)
        narration.lines(hear, last=True)
        return Answer(_document(answer.whole(LONGEST)), code, tuple(told))


def narrate(pipe: IO[bytes] | None, tell: Callable[[str], object]) -> None:
    """Reads lines to the end of the pipe; one without an end is cut."""
    if pipe is None:
        return
    with pipe:
        while line := pipe.readline(LINE):
            tell(text(line))


def interrupt(child: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does. Once is enough: the second would interrupt what a child does to end well."""
    with suppress(ProcessLookupError):
        child.send_signal(signal.SIGINT)


def end(child: subprocess.Popen[bytes], patience: float = PATIENCE) -> None:
    """Asks a child to end, and ends it."""
    interrupt(child)
    until_ended(child, patience)


def until_ended(child: subprocess.Popen[bytes], patience: float) -> None:
    """Waits for the end of a child that was interrupted; kills it where that takes longer, or we are interrupted ourselves."""
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _ended(child: subprocess.Popen[bytes]) -> int | None:
    """Waits a moment; the exit code of a child that has ended by then."""
    try:
        return child.wait(_LOOK)
    except subprocess.TimeoutExpired:
        return None


def _collect(pipe: IO[bytes] | None, data: list[bytes]) -> None:
    if pipe is None:
        return
    size = 0
    with pipe:
        while piece := pipe.read1(65_536):  # type: ignore[attr-defined]  # a BufferedReader, as subprocess makes them
            size += len(piece)
            if size <= LONGEST:
                data.append(piece)


def _document(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return None
