"""Writing a document that a person keeps: as a whole or not at all, and never over what somebody wrote meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from microdc.errors import InputError


def store(changes: Iterable[tuple[Path, str, str]]) -> None:
    """Writes documents: (file, text that was read, text that it becomes).

    All are checked and written beside the old ones before the first takes its place, so that what can fail does so before anything is
    changed. A file that is a link stays one. Raises InputError, also where a file is not what was read any more.
    """
    wanted = [(file, file.resolve(), before, after) for file, before, after in changes if before != after]
    parts: list[tuple[Path, Path]] = []
    try:
        for file, place, before, after in wanted:
            part = place.with_name(f".{place.name}.part")
            parts.append((part, place))
            _write(file, place, part, before, after)
        for part, place in parts:
            part.replace(place)
    finally:
        for part, _ in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)


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
