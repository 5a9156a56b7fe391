"""Takes all of a lab away, whatever state a crash left it in: what to take is derived from names alone."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from microdc import locations
from microdc.errors import RefusedError, UnreachableError
from microdc.events import Step
from microdc.host import namespaces
from microdc.lab import names

GRACE = 2.0
"""Seconds between asking the processes of a lab to end and killing them."""


def exists(lab: str) -> bool:
    """Whether anything is left of the lab."""
    return bool(names.namespaces_of(lab) or names.lab_dir(lab).exists() or names.agent_dirs(lab))


def clear(lab: str) -> Iterator[Step]:
    """Ends the lab's processes, then its namespaces with all links in them, then its files.

    Raises RefusedError where it would end the shell in which it runs itself.
    """
    what = f"Taking the lab {lab} down"
    yield Step(what, "started")
    inside = _processes(lab)
    if os.getpid() in inside:
        raise RefusedError("this command runs inside the lab", where=lab, hint="leave the lab's shell first")
    if inside:
        yield Step(what, "progress", "ending processes", 0, len(inside), "processes")
        _end(inside)
    while owned := names.namespaces_of(
        lab
    ):  # one that is being made while we look is found in the next round
        for namespace in owned:
            yield Step(what, "progress", namespace)
            namespaces.delete(namespace)
    _remove_files(lab)
    yield Step(what, "done")


def _processes(lab: str) -> list[int]:
    """Processes in the lab's namespaces, and guests of it, which have its directory on their command line."""
    owned = {pid for name in names.namespaces_of(lab) for pid in namespaces.pids(name)}
    return sorted(owned | set(guest_processes(names.lab_dir(lab))))


def guest_processes(directory: Path) -> Iterator[int]:
    """QEMU processes that have something below the directory on their command line."""
    below = os.fsencode(f"{directory}/")
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            command = (entry / "cmdline").read_bytes()
            if b"qemu-system" in command.partition(b"\0")[0] and below in command:
                yield int(entry.name)


def _end(pids: Iterable[int]) -> None:
    """Asks the processes to end, and kills those that have not when GRACE is over."""
    handles: dict[int, int] = {}
    try:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                handles[os.pidfd_open(pid)] = pid
        for number, seconds in ((signal.SIGTERM, GRACE), (signal.SIGKILL, 10.0)):
            for handle in handles:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, number)
            _wait(handles, seconds)
        if handles:
            raise UnreachableError(f"processes do not end: {', '.join(map(str, handles.values()))}")
    finally:
        for handle in handles:
            os.close(handle)


def _wait(handles: dict[int, int], seconds: float) -> None:
    """Waits until all have ended, at most so long, and takes those that have out of `handles`."""
    deadline = time.monotonic() + seconds
    while handles and (left := deadline - time.monotonic()) > 0:
        for ended in select.select(list(handles), [], [], left)[0]:
            handles.pop(ended)
            os.close(ended)


def _leave(lab: str) -> None:
    """The lab is no longer the one in use; of those that still stand, the one that came up last is."""
    current = locations.current_lab_file()
    with contextlib.suppress(OSError):
        if not Path(current.read_text("utf-8").strip()).is_relative_to(names.lab_dir(lab)):
            return
        others = [file for file in names.labs_dir().glob("*/lab.yaml") if file.parent != names.lab_dir(lab)]
        if others:
            newest = max(others, key=lambda file: file.stat().st_mtime)
            current.write_text(f"{newest.parent / 'inventory'}\n", "utf-8")
        else:
            current.unlink()


def _remove_files(lab: str) -> None:
    _leave(lab)
    for directory in (*names.agent_dirs(lab), names.lab_dir(lab)):
        shutil.rmtree(directory, ignore_errors=True)
    for directory in (names.agents_dir(), names.labs_dir(), locations.state_dir()):
        with contextlib.suppress(OSError):  # other labs are there, or it never was
            directory.rmdir()
