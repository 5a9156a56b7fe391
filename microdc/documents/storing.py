"""Writing a document that a person keeps: as a whole or not at all, and never over what somebody wrote meanwhile."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from microdc.errors import InputError


def store(changes: Iterable[tuple[Path, str, str]]) -> None:
    """Writes documents: (file, text that was read, text that it becomes).

    All are checked and written beside the old ones before the first takes its place, so that what can fail does so before anything is
    changed. A file that is a link stays one. Raises InputError, also where a file is not what was read any more.
    """
    wanted = [(file, file.resolve(), before, after) for file, before, after in changes if before != after]
    parts: list[tuple[Path, Path, Path]] = []
    with ExitStack() as stack:
        for directory in sorted({place.parent for _, place, _, _ in wanted}):
            stack.enter_context(_alone_in(directory))
        try:
            for file, place, before, after in wanted:
                part = place.with_name(f".{place.name}.part")
                parts.append((file, part, place))
                _write(file, place, part, before, after)
            for file, part, place in parts:
                _take_place(file, part, place)
        finally:
            for _, part, _ in parts:
                with suppress(OSError):
                    part.unlink(missing_ok=True)


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Waits until no other store is at work in a directory: two that write at once would each find the file as it was."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:  # what is to be written there tells the reason
        yield
        return
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _take_place(file: Path, part: Path, place: Path) -> None:
    try:
        part.replace(place)
    except OSError as error:
        raise InputError(f"cannot replace this file: {error.strerror}", where=str(file)) from error


def _write(file: Path, place: Path, part: Path, before: str, after: str) -> None:
    try:
        if place.read_bytes().decode() != before:
            hint = "run the command again"
            raise InputError(
                "somebody changed this file meanwhile; nothing was written", where=str(file), hint=hint
            )
        with part.open("wb") as stream:
            stream.write(after.encode())
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copystat(place, part)
        with suppress(PermissionError):  # another user's file, in a directory where we may write
            os.chown(part, place.stat().st_uid, place.stat().st_gid)
    except OSError as error:
        raise InputError(
            f"cannot write this file: {error.strerror}; nothing was written", where=str(file)
        ) from error
