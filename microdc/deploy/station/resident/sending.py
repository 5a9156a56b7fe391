"""A file as an answer: whole, or the part that was asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from . import files
from .serving import FileAnswer, Reply
from .wire import Answer, Request


class DeniedError(Exception):
    """A request that is refused. reason: as it is noted."""

    def __init__(self, reason: str, status: int = 403) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


def file_answer(path: Path, request: Request, tag: str, done: Callable[[int, int], None]) -> Reply:
    """A file or the part that is asked for. Raises DeniedError where it is not there."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        raise DeniedError("no-such-file", 404) from None
    size = os.fstat(handle).st_size
    headers = {"Accept-Ranges": "bytes", **({"ETag": tag} if tag else {})}
    wanted = request.headers.get("range", "")
    if tag and request.headers.get("if-range", tag) != tag:
        wanted = ""
    part = files.part(wanted, size)
    if part is None:
        os.close(handle)
        done(0, size)
        return Answer(416, headers={"Content-Range": f"bytes */{size}"})
    begin, end = part
    partial = (begin, end) != (0, size)
    if partial:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    answer = Answer(206 if partial else 200, kind="application/octet-stream", headers=headers)
    return FileAnswer(answer, handle, begin, end, lambda sent: done(sent, size))
