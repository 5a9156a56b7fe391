"""What local and remote processes share: the tail of standard error."""

from __future__ import annotations

import threading
from collections import deque
from typing import IO

from microdc.errors import UnreachableError


class Tail:
    """Reads a stream to its end in a thread of its own, and keeps the last lines."""

    def __init__(self, stream: IO[bytes], *, lines: int = 20) -> None:
        self._stream = stream
        self._lines: deque[bytes] = deque(maxlen=lines)
        self._thread = threading.Thread(target=self._read, name="stderr-tail", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            self._lines.extend(self._stream)
        except (
            OSError,
            ValueError,
            UnreachableError,
        ):  # closed or lost under the reader: nothing more will come
            return

    def text(self, *, settle: float = 0.5) -> str:
        """The last lines; waits up to `settle` seconds for the end of the stream, which follows that of the program."""
        self._thread.join(settle)
        return b"".join(self._lines.copy()).decode(errors="replace").strip()
