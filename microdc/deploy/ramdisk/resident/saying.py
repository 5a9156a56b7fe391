"""What a person, and the controller, read on the serial console."""

from __future__ import annotations

import sys
import threading

_PREFIX = "microdc: "
_lock = threading.Lock()


def say(text: str) -> None:
    """Each line of it as a line of the console."""
    with _lock:
        for line in text.splitlines() or [""]:
            sys.stdout.write(f"{_PREFIX}{line}\n")
        sys.stdout.flush()
