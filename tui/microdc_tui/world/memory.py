"""What a child writes, kept in memory that is its own as well as ours: it goes on writing when we are gone. A pipe would break under it."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

LINE: Final = 64 * 1024
"""Bytes of the longest line; one without an end is cut."""


class Memory:
    """A file without a name. A context manager: at its end we let go of it, and it is gone when the child has, too."""

    def __init__(self, name: str) -> None:
        self.descriptor = os.memfd_create(name)
        self._at = 0
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)

    def whole(self, most: int) -> bytes:
        """All that was written, but for what lies behind so many bytes."""
        pieces: list[bytes] = []
        at = 0
        # By place: the open file is the child's, too, so to move in it would move where the child writes.
        while at < most and (piece := os.pread(self.descriptor, min(most - at, 1 << 20), at)):
            pieces.append(piece)
            at += len(piece)
        return b"".join(pieces)

    def lines(self, tell: Callable[[str], object], *, last: bool = False) -> None:
        """Tells the lines that were written since; last: also what stands behind the last line's end."""
        while piece := os.pread(self.descriptor, LINE, self._at):
            self._at += len(piece)
            *ended, self._rest = (self._rest + piece).split(b"\n")
            for line in ended:
                tell(text(line))
            if len(self._rest) > LINE:
                tell(text(self._rest))
                self._rest = b""
        if last and self._rest:
            tell(text(self._rest))
            self._rest = b""


def text(line: bytes) -> str:
    """A line as text, whatever is in it."""
    return line.decode("utf-8", "backslashreplace").rstrip("\r\n")
